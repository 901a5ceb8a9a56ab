"""A tree of HTML elements written as text.

    # heading                      * item              1. item of a numbered list
    | cell | cell |                10^{9}/L, H_{2}O    【3†link†host】

Written by the events of a walk, not by recursion: pages may be nested as deep as lxml reads them.
"""

from __future__ import annotations

import re
from typing import Any

from clinseek.toolkits.browser.page import clean
from clinseek.toolkits.browser.reading.links import Links
from clinseek.toolkits.browser.reading.tables import is_grid, rows_of

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup",
    "html", "legend", "main", "nav", "p", "section", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr",
})  # fmt: skip
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_LISTS = frozenset({"ul", "ol", "menu"})
_SPACED = frozenset({"p", "table", "blockquote", "dl"})
_SCRIPTS = {"sup": "^{", "sub": "_{"}
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_DEEPEST_INDENT = 4


def written(tree: Any, links: Links) -> str:
    """The text of `tree`, blocks parted by empty lines; `links` numbers the links met."""
    writer = _Writer(links)
    writer.walk(tree)
    return writer.text()


class _Writer:
    def __init__(self, links: Links) -> None:
        self._links = links
        self._blocks: list[str] = []
        self._inline: list[str] = []
        self._prefix = ""
        self._lists: list[list[Any]] = []
        self._open_links: list[tuple[str, int]] = []
        self._verbatim = 0

    def text(self) -> str:
        self._flush()
        joined = "\n".join(self._blocks)
        return re.sub(r"\n{3,}", "\n\n", joined).strip("\n")

    def walk(self, tree: Any) -> None:
        from lxml import etree

        skipped: Any = None
        for event, element in etree.iterwalk(tree, events=("start", "end")):
            if skipped is not None:
                if event == "end" and element is skipped:
                    skipped = None
                    self._say(element.tail if element is not tree else None)
                continue
            if event == "start":
                if element.tag == "table" and is_grid(element):
                    self._grid(element)
                    skipped = element
                    continue
                self._start(element)
                self._say(element.text)
            else:
                self._end(element)
                self._say(element.tail if element is not tree else None)

    def _say(self, text: str | None) -> None:
        if text:
            self._inline.append(clean(text))

    def _start(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush(space=tag in _SPACED)
        elif tag in _HEADINGS:
            self._flush(space=True)
            self._prefix = f"{_HEADINGS[tag]} "
        elif tag in _LISTS:
            self._flush(space=not self._lists)
            self._lists.append([tag == "ol", 0])
        elif tag == "li":
            self._flush()
            self._prefix = self._bullet()
        elif tag in ("pre", "hr"):
            self._flush(space=True)
            self._verbatim += tag == "pre"
        elif tag == "a":
            self._open_links.append((element.get("href") or "", len(self._inline)))
        else:
            self._inline.extend(_inline(element))

    def _end(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS or tag == "li":
            self._flush(space=tag in _SPACED)
        elif tag in _HEADINGS:
            self._flush(space=True)
        elif tag in _LISTS:
            self._flush(space=len(self._lists) == 1)
            self._lists.pop()
        elif tag == "pre":
            self._flush(space=True)
            self._verbatim -= 1
        elif tag == "a" and self._open_links:
            self._link(*self._open_links.pop())
        elif tag in _SCRIPTS:
            self._inline.append("}")
            self._drop_empty_script()

    def _bullet(self) -> str:
        if not self._lists:
            return "  * "
        indent = "  " * min(len(self._lists), _DEEPEST_INDENT)
        numbered, count = self._lists[-1]
        self._lists[-1][1] = count + 1
        return f"{indent}{count + 1}. " if numbered else f"{indent}* "

    def _drop_empty_script(self) -> None:
        """A raised or lowered link has a mark of its own; one with nothing in it has no mark."""
        opened = [at for at, part in enumerate(self._inline) if part in _SCRIPTS.values()]
        if not opened:  # a block inside has been written by then, with the opening bracket
            return
        at = opened[-1]
        inside = "".join(self._inline[at + 1 : -1]).strip()
        if not inside or inside.startswith("【"):
            self._inline[at:] = [inside]

    def _link(self, target: str, start: int) -> None:
        words = _folded("".join(self._inline[start:]))
        if not words or "【" in words:  # links do not stand in links
            return
        self._inline[start:] = [_edge(self._inline[start:], 0), self._links.mark(target, words)]

    def _mark_open_link(self) -> None:
        """A link around blocks is the first of them that says something."""
        if not self._open_links:
            return
        self._link(*self._open_links[-1])
        spent = bool("".join(self._inline).strip())
        self._open_links = [("" if spent else target, 0) for target, _ in self._open_links]

    def _flush(self, *, space: bool = False) -> None:
        self._mark_open_link()
        parts, self._inline = self._inline, []
        if parts:
            said = "".join(parts)
            lines = said.split("\n") if self._verbatim else _folded_lines(said, parts)
            if any(lines):
                lead = self._prefix
                rest = " " * len(lead) if lead.startswith(" ") else ""
                self._blocks.append("\n".join((lead if n == 0 else rest) + line
                                              for n, line in enumerate(lines)))  # fmt: skip
                self._prefix = ""
        if space and self._blocks and self._blocks[-1]:
            self._blocks.append("")

    def _grid(self, table: Any) -> None:
        self._flush(space=True)
        for cells in rows_of(table, self._cell):
            self._blocks.append(f"| {' | '.join(cells)} |")
        self._blocks.append("")

    def _cell(self, cell: Any) -> str:
        if not len(cell):
            return _folded(clean(cell.text or "")).replace("|", "/")
        inner = _Writer(self._links)
        inner.walk(cell)
        return " ".join(inner.text().split()).replace("|", "/")


def _inline(element: Any) -> list[str]:
    """What an element inside a line begins with."""
    if element.tag in _SCRIPTS:
        return [_SCRIPTS[element.tag]]
    if element.tag == "br":
        return ["\n"]
    if element.tag == "img":
        alt = _folded(clean(element.get("alt") or element.get("title") or ""))
        return [f"[Image: {alt}]"] if alt else []
    return []


def _edge(parts: list[str], at: int) -> str:
    return " " if parts and parts[at][:1].isspace() else ""


def _folded(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _folded_lines(said: str, parts: list[str]) -> list[str]:
    """Lines broken only where the page breaks them: a line feed in its source is a space."""
    if "\n" not in parts:
        folded = _folded(said)
        return [folded] if folded else []
    lines: list[list[str]] = [[]]
    for part in parts:
        if part == "\n":
            lines.append([])
        else:
            lines[-1].append(part)
    folded_lines = [_folded("".join(line)) for line in lines]
    while folded_lines and not folded_lines[-1]:
        folded_lines.pop()
    while folded_lines and not folded_lines[0]:
        folded_lines.pop(0)
    return folded_lines
