"""HTML to lines: headings, lists, tables and links kept, what is not to be seen left out."""

from __future__ import annotations

import re
from typing import Any

from clinseek.errors import Refusal
from clinseek.toolkits.browser.guards.hidden import drop_hidden
from clinseek.toolkits.browser.hits import Fetched
from clinseek.toolkits.browser.page import Page, clean, domain_of, page_of_text
from clinseek.toolkits.browser.reading.content import content_of
from clinseek.toolkits.browser.reading.links import Links
from clinseek.toolkits.browser.reading.writer import written

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_TOO_DEEP = "lies too deep in nested elements"


def page_of_html(html: str, fetched: Fetched) -> Page:
    """The page that `html` shows; Refusal where it shows no text at all."""
    from lxml import etree

    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    markup = _DECLARATION.sub("", html).replace("\0", "").encode("utf-8", "replace")
    root = etree.fromstring(markup, parser=parser) if markup.strip() else None
    cut = bool(parser.error_log.filter_types(etree.ErrorTypes.ERR_RESOURCE_LIMIT))
    text = title = ""
    if root is not None:
        title = _title(root) or fetched.title or domain_of(fetched.url)
        links = Links(fetched.url, _base(root))
        drop_hidden(root)
        text = written(content_of(root), links)
    if cut and not text:
        raise Refusal(f"the page {fetched.url} {_TOO_DEEP} to be read; open another result")
    if cut:
        text = f"{text}\n\n[the rest of this page {_TOO_DEEP} to be read]"
    if not text:
        raise Refusal(
            f"the page {fetched.url} shows no text without running its scripts; open another result"
        )
    return page_of_text(text, url=fetched.url, title=clean(title), links=links.urls)


def _title(root: Any) -> str:
    for path in ("head/title", ".//title", ".//h1"):
        element = root.find(path)
        if element is not None and (text := " ".join("".join(element.itertext()).split())):
            return text
    return ""


def _base(root: Any) -> str:
    base = root.find(".//base[@href]")
    return "" if base is None else str(base.get("href"))
