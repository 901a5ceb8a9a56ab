"""Runs written for other tools: a table of runs, and a log for Inspect."""
