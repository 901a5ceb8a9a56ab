"""The text of a PDF, page by page."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clinseek.errors import Refusal
from clinseek.toolkits.browser.hits import Fetched
from clinseek.toolkits.browser.page import Page, clean, page_of_text

if TYPE_CHECKING:
    from pypdf import PdfReader

MOST_PAGES = 300
"""Later pages are named, not read: a page takes some 30 ms."""


def page_of_pdf(fetched: Fetched) -> Page:
    """A PDF as a page, `[page 3 of 12]` before each of its own; Refusal where it has no text."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    _quietly()
    try:
        reader = PdfReader(io.BytesIO(fetched.body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refusal(f"the PDF {fetched.url} asks for a password; open another result")
        title = _title(reader) or fetched.title
        text = "\n".join(_pages(reader))
    except Refusal:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError,
            RecursionError, ArithmeticError, ImportError) as error:  # fmt: skip
        # A broken file fails wherever the library happens to stand.
        raise Refusal(
            f"{fetched.url} says that it is a PDF but cannot be read as one "
            f"({type(error).__name__}); open another result"
        ) from error
    return page_of_text(text, url=fetched.url, title=clean(title))


def _title(reader: PdfReader) -> str:
    said = reader.metadata.title if reader.metadata else None
    return str(said or "").strip()


def _pages(reader: PdfReader) -> Iterator[str]:
    count = len(reader.pages)
    spoke = False
    for number, page in enumerate(reader.pages[:MOST_PAGES], start=1):
        text = clean(page.extract_text()).strip()
        spoke = spoke or bool(text)
        yield f"[page {number} of {count}]\n{text}\n"
    if not spoke:
        raise Refusal("this PDF holds pictures of pages and no text; open another result")
    if count > MOST_PAGES:
        yield f"[pages {MOST_PAGES + 1} to {count} are not shown]"


def _quietly() -> None:
    """Keep the library's warnings about broken files from the terminal; handlers still get them."""
    logger = logging.getLogger("pypdf")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
