"""Figures as SVG and tables, written here from numbers alone; no library, no script."""
