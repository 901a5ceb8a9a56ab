"""The text of an observation, taken apart again: what is a table, and what is prose.

A tool's table is aligned text with a line of dashes under its header; the dashes say where each
column begins and ends. What cannot be read so stays prose: nothing of the text is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

ROW_COLUMN = "row"
"""The first column of a table whose rows can be cited."""

_DASHES = re.compile(r"-+(  +-+)*")


class Prose(NamedTuple):
    """Lines that are no table."""

    text: str


class Grid(NamedTuple):
    """A table: its column names and its cells as they stood in the text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_cited(self) -> bool:
        """True when the first column is the row id that answers cite."""
        return self.columns[0] == ROW_COLUMN


def parts_of(text: str) -> list[Prose | Grid]:
    r"""The parts of an observation's text, in order.

    >>> parts_of("labs: rows 1-1 of 1\n\nrow  value\n---  -----\n17   4.1")
    [Prose(text='labs: rows 1-1 of 1'), Grid(columns=('row', 'value'), rows=(('17', '4.1'),))]
    """
    return list(_parts(text.split("\n")))


def _parts(lines: list[str]) -> Iterator[Prose | Grid]:
    prose: list[str] = []
    at = 0
    while at < len(lines):
        if not _is_header(lines, at):
            prose.append(lines[at])
            at += 1
            continue
        if "".join(prose).strip():
            yield Prose("\n".join(prose).strip("\n"))
        prose = []
        end = next((n for n in range(at + 2, len(lines)) if not lines[n].strip()), len(lines))
        yield _grid(lines[at:end])
        at = end
    if "".join(prose).strip():
        yield Prose("\n".join(prose).strip("\n"))


def _is_header(lines: list[str], at: int) -> bool:
    if at + 1 >= len(lines) or not lines[at].strip():
        return False
    dashes = lines[at + 1]
    return dashes.startswith("-") and _DASHES.fullmatch(dashes) is not None


def _grid(lines: list[str]) -> Grid:
    header, dashes, *rows = lines
    starts = [run.start() for run in re.finditer(r"-+", dashes)]
    ends = [*starts[1:], None]
    bounds = list(zip(starts, ends, strict=True))

    def cells(line: str) -> tuple[str, ...]:
        return tuple(line[start:end].strip() for start, end in bounds)

    return Grid(cells(header), tuple(cells(row) for row in rows))
