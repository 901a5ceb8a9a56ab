"""Reading what a tool said: the aligned table of an observation, back into cells.

    labevents: rows 1-2 of 2, by charttime

    row  charttime            valuenum
    ---  -------------------  --------
    17   2150-03-05 07:50:00  1.4

Only the text is read: the line of dashes says where each column begins. `-` is an empty cell, a
dash in quotes is a dash, and `[below]` stands for a text that follows the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

Line = Mapping[str, str | None]

_DASHES = re.compile(r"-+(?: {2}-+)*")
_EXTENT = re.compile(r"\brows? (\d[\d,]*)(?:-(\d[\d,]*))? of (\d[\d,]*)")
_BLOCK = re.compile(r"^(\w+) of (row|line) (\d+)[^\n]*:\n((?:    .*\n?|\n(?=    ))+)", re.MULTILINE)
_QUOTED = {"''": "", "'-'": "-", "'[below]'": "[below]"}
_BELOW = "[below]"
_LEFT_OUT = "[... "
"""How a line begins that stands for others which were left out of a long observation."""

_ROW_NAMES = ("row", "row_id")


@dataclass(frozen=True)
class Sheet:
    """The lines of one table, each a mapping of column names to cells (None where empty).

    `last` and `total` are the place of the last row and how many rows there are in all, where the
    text says so ("rows 1-200 of 4,312").
    """

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    last: int | None = None
    total: int | None = None

    @property
    def goes_on(self) -> bool:
        """True when the text says that rows follow which it does not show."""
        return self.last is not None and self.total is not None and self.total > self.last


def read_sheet(text: str) -> Sheet | None:
    r"""The first aligned table of `text`; None when it holds none.

    >>> sheet = read_sheet("x: rows 1-1 of 4\n\nrow  value\n---  -----\n17   -")
    >>> sheet.columns, dict(sheet.lines[0]), sheet.total
    (('row', 'value'), {'row': '17', 'value': None}, 4)
    """
    written = text.split("\n")
    at = next((n for n, line in enumerate(written) if n and _DASHES.fullmatch(line.rstrip())), None)
    if at is None:
        return None
    spans = _spans(written[at])
    columns = tuple(_cut(written[at - 1], spans))
    texts = _blocks(text)
    lines = [
        _line(dict(zip(columns, _cut(line, spans), strict=True)), place, texts)
        for place, line in enumerate(_until_blank(written[at + 1 :]), start=1)
    ]
    extent = _EXTENT.search("\n".join(written[: at - 1]))
    last, total = (_whole(extent[2] or extent[1]), _whole(extent[3])) if extent else (None, None)
    return Sheet(columns, tuple(lines), last, total)


def number(cell: str | None) -> float | None:
    """The number that a cell holds; None where it holds none.

    >>> number("1,203.5"), number("POS"), number(None)
    (1203.5, None, None)
    """
    try:
        return float(cell.replace(",", "")) if cell else None
    except ValueError:
        return None


def moment(cell: str | None) -> datetime | None:
    """The time or date that a cell holds; None where it holds none."""
    try:
        return datetime.fromisoformat(cell) if cell else None
    except ValueError:
        return None


def row_of(line: Line) -> int | None:
    """The row number by which an answer cites a line; None where it has none."""
    cited = next((line[name] for name in _ROW_NAMES if name in line), None)
    return int(cited) if cited and cited.isdigit() else None


def _whole(written: str) -> int:
    return int(written.replace(",", ""))


def _spans(dashes: str) -> list[tuple[int, int | None]]:
    starts = [match.start() for match in re.finditer("-+", dashes)]
    ends: list[int | None] = [*starts[1:], None]
    return list(zip(starts, ends, strict=True))


def _cut(line: str, spans: list[tuple[int, int | None]]) -> Iterator[str]:
    return (line[start:end].strip() for start, end in spans)


def _until_blank(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip():
            return
        if not line.startswith(_LEFT_OUT):
            yield line


def _cell(text: str) -> str | None:
    if text in ("-", ""):
        return None
    return _QUOTED.get(text, text)


def _blocks(text: str) -> dict[tuple[str, str, int], str]:
    """The texts that follow a table, by column, by what numbers them, and by that number."""
    return {
        (match[1], match[2], int(match[3])): "\n".join(
            line.removeprefix("    ") for line in match[4].rstrip("\n").split("\n")
        )
        for match in _BLOCK.finditer(text)
    }


def _line(
    written: Mapping[str, str], place: int, texts: Mapping[tuple[str, str, int], str]
) -> dict[str, str | None]:
    """The cells of a line as they are meant; a text from below is found by row, else by line."""
    row = row_of(written)
    return {
        name: _cell(cell)
        if cell != _BELOW
        else texts.get((name, "row", row or 0)) or texts.get((name, "line", place))
        for name, cell in written.items()
    }
