"""What must hold before a version is given out: `python -m release`, or `make release-check`."""
