"""Runs opened in a browser: an index by byte offsets, pages made here, a local server."""
