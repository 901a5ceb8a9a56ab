"""The evidence of a run, joined: each observation with its text, its parts and the cited rows.

Works on a record as a JSON object, so that a record read from a file serves as well as a new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from clinseek.evals.transcripts.observation_text import Grid, Prose, parts_of

_CITATION = re.compile(r"(?P<evidence>E\d+)(?:#(?P<row>\d+|L\d+(?:-L\d+)?))?")
_LINES = re.compile(r"L(\d+)(?:-L(\d+))?")
_NUMBERED = re.compile(r"L(\d+): ")


@dataclass(frozen=True)
class Observation:
    """One entry of the ledger with the text that the model read.

    `cited` is True when the answer points at it; `cited_rows` are the rows that it points at, or
    the parts of an image, and `cited_lines` the lines of a page.
    """

    entry: Mapping[str, Any]
    text: str
    cited: bool
    cited_rows: frozenset[str]
    cited_lines: frozenset[int] = frozenset()

    @property
    def id(self) -> str:
        """`E3`, the number by which it is cited."""
        return str(self.entry["id"])

    @cached_property
    def parts(self) -> list[Prose | Grid]:
        """Its text as prose and tables."""
        return parts_of(self.text)

    @property
    def web(self) -> Mapping[str, Any] | None:
        """The page whose lines it shows: cursor, url, title, first, last, retrieved, sha256."""
        return self.entry.get("web")

    @property
    def image(self) -> Mapping[str, Any] | None:
        """The image that it is about: path, sha256 and boxes."""
        return self.entry.get("image")

    @cached_property
    def page_lines(self) -> list[tuple[int | None, str]]:
        """Its text line by line, with the number that the page gives to each of its own."""
        lines: list[tuple[int | None, str]] = []
        for line in self.text.splitlines():
            numbered = _NUMBERED.match(line) if self.web is not None else None
            lines.append((int(numbered[1]) if numbered else None, line))
        return lines

    def shows_line(self, line: int) -> bool:
        """True when its text shows this line of a page."""
        return any(number == line for number, _ in self.page_lines)

    def names_part(self, number: str) -> bool:
        """True when it names a part of its image under this number."""
        boxes = (self.image or {}).get("boxes") or ()
        return number.isdecimal() and 1 <= int(number) <= len(boxes)

    def holds_row(self, row: str) -> bool:
        """True when a table of the text shows `row`."""
        return any(
            cells[0] == row
            for part in self.parts
            if isinstance(part, Grid) and part.is_cited
            for cells in part.rows
        )

    def rows_cited(self) -> list[Grid]:
        """Its tables with only the cited rows, without the columns that say nothing of them."""
        return [
            _without_empty_columns(part._replace(rows=kept))
            for part in self.parts
            if isinstance(part, Grid)
            and part.is_cited
            and (kept := tuple(cells for cells in part.rows if cells[0] in self.cited_rows))
        ]


def observations_of(record: Mapping[str, Any]) -> list[Observation]:
    """The observations of a record in the order of their numbers."""
    texts = {
        str(message["tool_call_id"]): text_of(message.get("content"))
        for message in record["messages"]
        if message["role"] == "tool"
    }
    cited = [citation_parts(citation) for item in record["citations"] for citation in item]
    return [
        Observation(
            entry=entry,
            text=texts.get(str(entry["call_id"]), ""),
            cited=any(evidence == entry["id"] for evidence, _ in cited),
            cited_rows=frozenset(row for evidence, row in cited if evidence == entry["id"] and row),
            cited_lines=frozenset(
                line
                for evidence, lines in cited
                if evidence == entry["id"]
                for line in lines_of(lines)
            ),
        )
        for entry in record["evidence"]
    ]


def lines_of(cited: str | None) -> range:
    """The lines that the second part of a citation names; none for a row.

    >>> lines_of("L12-L15"), lines_of("17")
    (range(12, 16), range(0, 0))
    """
    matched = _LINES.fullmatch(cited or "")
    return range(int(matched[1]), int(matched[2] or matched[1]) + 1) if matched else range(0)


def citation_parts(citation: str) -> tuple[str, str | None]:
    """The evidence and the row or lines of a citation; text that is none stands as it is.

    >>> citation_parts("E3#17"), citation_parts("E7#L12-L15"), citation_parts("the chart")
    (('E3', '17'), ('E7', 'L12-L15'), ('the chart', None))
    """
    matched = _CITATION.fullmatch(citation.strip())
    return (matched["evidence"], matched["row"]) if matched else (citation, None)


def text_of(content: Any) -> str:
    """The text of a message's content, which is a string or a list of parts.

    >>> text_of([{"type": "text", "text": "4.1"}, {"type": "image_url", "image_url": "..."}])
    '4.1'
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts: Iterable[Any] = content
    return "\n".join(
        part if isinstance(part, str) else str(part["text"])
        for part in parts
        if isinstance(part, str) or "text" in part
    )


def _without_empty_columns(grid: Grid) -> Grid:
    kept = [
        at
        for at in range(len(grid.columns))
        if at == 0 or any(cells[at] not in {"-", ""} for cells in grid.rows)
    ]
    return Grid(
        tuple(grid.columns[at] for at in kept),
        tuple(tuple(cells[at] for at in kept) for cells in grid.rows),
    )
