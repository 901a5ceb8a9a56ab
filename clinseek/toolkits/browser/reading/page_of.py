"""Which reader an answer needs, by its bytes first and its declared type second."""

from __future__ import annotations

import re

from clinseek.errors import Refusal
from clinseek.toolkits.browser.hits import Fetched
from clinseek.toolkits.browser.page import Page, clean, page_of_text
from clinseek.toolkits.browser.reading.charset import decoded

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = re.compile(r"text/|application/(?:.*\+)?(?:json|xml)$")
_MARKUP = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_UNKNOWN = frozenset({"", "application/octet-stream", "binary/octet-stream"})


def page_of(fetched: Fetched) -> Page:
    """The page that `fetched` shows; Refusal with a sentence where it cannot be read."""
    mime = fetched.mime.partition(";")[0].strip().lower()
    head = fetched.body[:1024]
    if not fetched.body.strip():
        raise Refusal(f"the page {fetched.url} is empty; open another result")
    if b"%PDF-" in head:
        from clinseek.toolkits.browser.reading.pdf import page_of_pdf

        return page_of_pdf(fetched)
    if mime in _HTML or _MARKUP.match(head):
        from clinseek.toolkits.browser.reading.html import page_of_html

        return page_of_html(decoded(fetched.body, fetched.mime), fetched)
    if mime == "application/pdf":
        raise Refusal(f"{fetched.url} says that it is a PDF but is none; open another result")
    if _TEXT.match(mime) or (mime in _UNKNOWN and b"\0" not in head):
        return page_of_plain(fetched)
    raise Refusal(
        f"{fetched.url} is {mime or 'of an unknown type'}; only HTML, PDF and text can be read"
    )


def page_of_plain(fetched: Fetched) -> Page:
    """Plain text, line by line as it stands."""
    text = _lines(decoded(fetched.body, fetched.mime))
    return page_of_text(text, url=fetched.url, title=clean(fetched.title))


def source_of(fetched: Fetched) -> Page:
    """The bytes of an answer as text, unread; Refusal for what is not text."""
    if b"%PDF-" in fetched.body[:1024] or b"\0" in fetched.body[:1024]:
        raise Refusal(f"{fetched.url} is not text, so its source cannot be viewed; open it instead")
    text = _lines(decoded(fetched.body, fetched.mime))
    return page_of_text(text, url=f"view-source:{fetched.url}", title=clean(fetched.title))


def _lines(text: str) -> str:
    return clean(text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)).strip("\n")
