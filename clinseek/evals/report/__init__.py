"""Records as pictures and pages."""
