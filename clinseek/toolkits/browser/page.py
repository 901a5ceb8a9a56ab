"""A page as a model reads it: numbered lines of at most 80 columns, and links by their number.

    【3†Potassium†www.nlm.nih.gov】    link 3 of the page, its text, the host that it leads to

The brackets of links are ours alone: in a page's own text they are written 〖 〗.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

COLUMNS = 80
LONGEST_TITLE = 200

_GREEDY = re.compile(rf"(.{{1,{COLUMNS}}})(?:[ \t]+|$)|(.{{{COLUMNS}}})")
_LINK = re.compile(r"【\d+†([^†】]*)((?:†[^†】]*)?)】")
_OWN_MARKS = str.maketrans({"【": "〖", "】": "〗"})
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)


@dataclass(frozen=True)
class Page:
    """What a URL, a search or a look-up in a page shows.

    `links` are URLs by link number; `spots` are, by link number too, the lines of the linked page
    at which to open it (empty where a link opens at its beginning).
    """

    url: str
    title: str
    lines: tuple[str, ...]
    links: tuple[str, ...] = ()
    spots: tuple[int, ...] = ()

    @cached_property
    def plain_lines(self) -> tuple[str, ...]:
        """The lines with links as their text alone, numbered as `lines` are."""
        joined = "\n".join(self.lines)
        return tuple(without_links(joined).split("\n")) if "【" in joined else self.lines

    @cached_property
    def searchable(self) -> str:
        """The plain lines in lower case, one after the other with a line feed between them."""
        return without_links("\n".join(self.lines)).lower()


def page_of_text(
    text: str, *, url: str, title: str, links: Iterable[str] = (), spots: Iterable[int] = ()
) -> Page:
    """A page of `text`, wrapped; a page is never without lines."""
    shown = " ".join(title.split()) or domain_of(url)
    if len(shown) > LONGEST_TITLE:
        shown = f"{shown[: LONGEST_TITLE - 3]}..."
    return Page(url, shown, wrapped(text) or ("",), tuple(links), tuple(spots))


def wrapped(text: str) -> tuple[str, ...]:
    """`text` in lines of at most 80 columns, broken at spaces where there are any.

    >>> wrapped("potassium " * 9)
    ('potassium potassium potassium potassium potassium potassium potassium potassium', 'potassium')
    """
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= COLUMNS:
            lines.append(line.rstrip())
        else:
            lines.extend((found[1] or found[2]).rstrip() for found in _GREEDY.finditer(line))
    return tuple(lines)


def without_links(text: str) -> str:
    """`text` with each link replaced by its words; no line feed is lost.

    >>> without_links("see 【3†the guideline†nih.gov】 first")
    'see the guideline first'
    """
    if "【" not in text:
        return text
    return _LINK.sub(lambda found: found[1] + "\n" * found[2].count("\n"), text)


def clean(text: str) -> str:
    r"""Text of others without what cannot be seen, and without the brackets that are ours.

    >>> clean("give\u200b 【1†now】")
    'give 〖1†now〗'
    """
    if text.isascii():
        return _CONTROL.sub(" ", text) if not text.isprintable() else text
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text)).translate(_OWN_MARKS)


def link_mark(number: int, text: str, *, domain: str, here: str) -> str:
    """The mark of a link; the host is left out where it is the page's own."""
    text = text.replace("†", "‡")
    return f"【{number}†{text}】" if domain in ("", here) else f"【{number}†{text}†{domain}】"


def domain_of(url: str) -> str:
    """The host of a URL, in lower case; an empty text where there is none.

    >>> domain_of("https://www.nlm.nih.gov/medlineplus/a1c.html")
    'www.nlm.nih.gov'
    """
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def packed(page: Page) -> bytes:
    """A page as bytes that are the same wherever they are made."""
    held = {"url": page.url, "title": page.title, "lines": page.lines, "links": page.links}
    return json.dumps(held, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def unpacked(held: bytes) -> Page:
    """The page that `packed` made these bytes of."""
    read: Mapping[str, Any] = json.loads(held)
    return Page(read["url"], read["title"], tuple(read["lines"]), tuple(read["links"]))


def digest(content: bytes) -> str:
    """The SHA-256 of `content` as 64 hexadecimal digits: its address in an archive."""
    return hashlib.sha256(content).hexdigest()
