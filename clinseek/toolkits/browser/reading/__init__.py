"""From the bytes of an answer to a page of lines: HTML, PDF and plain text."""

from clinseek.toolkits.browser.reading.page_of import page_of, source_of

__all__ = ["page_of", "source_of"]
