"""Citations as models write them, and what they point at in the ledger. Pure.

E3#17            row 17 of evidence 3
E3               evidence 3 as a whole
E7#L12-L15       lines 12 to 15 of the page that evidence 7 shows
【4†L12-L15】     the same, where evidence 7 is what the run's browser shows under cursor 4
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from clinseek.records import EvidenceEntry, WebShown
from clinseek.toolkits.browser import Cited, cited_in

_EVIDENCE = r"E(\d+)(?:#(?:L(\d{1,6})(?:-L?(\d{1,6}))?|(\d+)))?"
_CITATION = re.compile(rf"\b{_EVIDENCE}\b")
_WEB_MARK = re.compile(r"【\d{1,4}†L[^】]{1,80}】")
_ANY = re.compile(rf"\b{_EVIDENCE}\b|{_WEB_MARK.pattern}")
_PART = re.compile(rf"{_WEB_MARK.pattern}|[^\s,;【]+")
_SPACES = re.compile(r"[ \t]+")


class Citation(NamedTuple):
    """A row of an observation, lines of the page that it shows, or (both None) the whole of it."""

    evidence: int
    row: int | None
    lines: tuple[int, int] | None = None

    def __str__(self) -> str:
        if self.row is not None:
            return f"E{self.evidence}#{self.row}"
        return f"E{self.evidence}{_lines_mark(*self.lines)}" if self.lines else f"E{self.evidence}"


def read_citation(text: str) -> Citation | Cited | None:
    """The citation that `text` is, or None; a page by its cursor is not placed in a ledger yet.

    >>> str(read_citation(" [e3#17] ")), str(read_citation("E7#L15-L12"))
    ('E3#17', 'E7#L12-L15')
    >>> read_citation("【4†L12】")
    Cited(cursor=4, first=12, last=12)
    """
    said = text.strip()
    if _WEB_MARK.fullmatch(said):
        return next(iter(cited_in(said)), None)
    found = _CITATION.fullmatch(said.strip("[]()").strip().upper())
    return None if found is None else _of_evidence(*found.groups())


def citations_in(text: str) -> list[str]:
    """Every citation in a text, in its order, each as it is written plainly.

    >>> citations_in("4.1 [E3#17], which is normal 【4†L12-L15】")
    ['E3#17', '【4†L12-L15】']
    """
    return list(_citations_in(text))


def parted(text: str) -> list[str]:
    """The parts of a list of citations that was written as one text.

    >>> parted("E3#17, E4;【4†L12 - L15】【5†L3】")
    ['E3#17', 'E4', '【4†L12 - L15】', '【5†L3】']
    """
    return _PART.findall(text)


def without_web_marks(text: str) -> str:
    """An item of an answer without the citations of pages in it.

    >>> without_web_marks("mild hypokalaemia 【4†L12】.")
    'mild hypokalaemia.'
    """
    if "【" not in text:
        return text
    bare = _SPACES.sub(" ", _WEB_MARK.sub("", text))
    return re.sub(r" ([.,;:])", r"\1", bare).strip()


def placed(cited: Cited, ledger: Mapping[int, EvidenceEntry]) -> Citation | str:
    """The evidence that shows lines cited by their cursor; a sentence where none does."""
    shown = {entry["web"]["cursor"]: entry for entry in ledger.values() if _web_of(entry)}
    entry = shown.get(cited.cursor)
    if entry is None:
        known = f"the cursors are {min(shown)} to {max(shown)}" if shown else "none was opened"
        return f"no page was shown under cursor {cited.cursor} ({known})"
    page = shown[cited.cursor]["web"]
    windows = (entry, *(other for other in shown.values() if _same_page(other["web"], page)))
    there = (each for each in windows if _shows(each["web"], cited.first))
    return Citation(next(there, entry)["number"], None, (cited.first, cited.last))


def unseen(citation: Citation, ledger: Mapping[int, EvidenceEntry]) -> str | None:
    """Why the lines of a citation cannot be cited, as a sentence; None where they were shown."""
    entry = ledger[citation.evidence]
    page = _web_of(entry)
    if citation.lines is None:
        if page is not None and citation.row is not None:
            return f"{entry['id']} shows lines of a page; write {entry['id']}#L{citation.row}"
        return None
    if page is None:
        return f"{entry['id']} ({entry['tool']}) shows no page"
    seen = {
        line
        for other in ledger.values()
        if (window := _web_of(other)) is not None and _same_page(window, page)
        for line in range(window["first"], window["last"] + 1)
    }
    first, last = citation.lines
    if seen.issuperset((first, last)) and all(line in seen for line in range(first, last)):
        return None
    return (
        f"{entry['id']} shows lines {page['first']} to {page['last']} of that page, and "
        f"{_lines_mark(first, last)[1:]} was not shown"
    )


def _web_of(entry: EvidenceEntry) -> WebShown | None:
    return entry.get("web") if not entry["refused"] else None


def _shows(window: WebShown, line: int) -> bool:
    return window["first"] <= line <= window["last"]


def _same_page(one: WebShown, other: WebShown) -> bool:
    return all(one[name] == other[name] for name in ("kind", "sha256", "pattern"))


def _citations_in(text: str) -> Iterator[str]:
    for found in _ANY.finditer(text):
        if found[1] is not None:
            yield str(_of_evidence(*found.groups()))
        else:
            yield from (
                f"【{page}†{_lines_mark(*lines)[1:]}】" for page, *lines in cited_in(found[0])
            )


def _of_evidence(number: str, first: str | None, last: str | None, row: str | None) -> Citation:
    if first is not None:
        ends = sorted((int(first), int(last or first)))
        return Citation(int(number), None, (ends[0], ends[1]))
    return Citation(int(number), int(row) if row is not None else None)


def _lines_mark(first: int, last: int) -> str:
    return f"#L{first}" if first == last else f"#L{first}-L{last}"
