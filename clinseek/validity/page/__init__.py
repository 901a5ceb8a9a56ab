"""docs/validity.md: how the claim is checked, and the measured size of the published leak."""
