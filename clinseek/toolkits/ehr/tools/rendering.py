"""Rows as text that a model reads: an aligned table, long texts below it, nothing cut unsaid.

    labevents: rows 1-2 of 2, by charttime

    row  charttime            label       valuenum  comments
    ---  -------------------  ----------  --------  --------
    17   2150-03-05 07:50:00  Creatinine  1.4       -
    21   2150-03-05 07:50:00  Potassium   4.1       [below]

    comments of row 21:
        Hemolysed specimen: ...

Cells stand as they are stored, so that they can be searched for; the dashes mark where each
column begins and ends. NULL is `-`; a text that is a dash or empty stands in quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

MOST_CHARACTERS = 98_000
"""No text is longer: harnesses cut tool results at 100,000 characters, silently."""

LONGEST_CELL = 200
BELOW = "[below]"

Row = tuple[Any, ...]


class Grid(NamedTuple):
    """Rows to show. `cited` is True when the first column is the row id that answers cite."""

    columns: tuple[str, ...]
    rows: Sequence[Row]
    cited: bool = True


class Shown(NamedTuple):
    """A rendered grid: `text`, how many rows of it fit, the empty columns left out of it."""

    text: str
    rows: int


def show(grid: Grid, *, room: int, fold_empty: bool = True) -> Shown:
    """As many rows of `grid` as fit into `room` characters, at least one.

    Columns that are NULL in every shown row are named below the table instead of shown where
    `fold_empty`. A single row with more text than `room` shows the beginning of its longest cell
    and says where to go on.
    """
    count = len(grid.rows)
    while True:
        text = _rendered(grid._replace(rows=grid.rows[:count]), room, fold_empty=fold_empty)
        if len(text) <= room or count <= 1:
            return Shown(text, count)
        # Rows differ in length, so aim a little lower than proportion says.
        count = max(1, min(count - 1, int(count * room / len(text) * 0.97)))


def cell(value: object) -> str:
    """One value as it stands in a table.

    >>> cell(49.9999988), cell(7.25), cell(3.0), cell(None), cell(123456.789)
    ('50', '7.25', '3', '-', '123456.79')
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        text = value.rstrip()
        return text if text not in _AMBIGUOUS else f"'{value}'"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return str(value)


_AMBIGUOUS = frozenset({"", "-", BELOW})


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if 1e5 <= abs(value) < 1e15:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.6g}"


class _Column(NamedTuple):
    """One column as text: its cells, each distinct one once, and how wide it is."""

    name: str
    cells: list[str]
    width: int

    @property
    def lines(self) -> list[str]:
        """The cells filled up to the column's width, under its name and its dashes."""
        filled = {text: text.ljust(self.width) for text in set(self.cells)}
        head = [self.name.ljust(self.width), "-" * self.width]
        return head + [filled[text] for text in self.cells]


def _rendered(grid: Grid, room: int, *, fold_empty: bool) -> str:
    columns: list[_Column] = []
    empty: list[str] = []
    texts: list[tuple[int, str, str]] = []
    for name, values in zip(grid.columns, zip(*grid.rows, strict=True), strict=True):
        if fold_empty and values.count(None) == len(values):
            empty.append(name)
        else:
            columns.append(_column(name, values, texts))
    parts = [_aligned(columns)] if columns else []
    if empty:
        parts.append(f"empty here: {', '.join(empty)}")
    parts.extend(_blocks(grid, texts, room - sum(map(len, parts))))
    return "\n\n".join(parts)


def _column(name: str, values: Sequence[Any], texts: list[tuple[int, str, str]]) -> _Column:
    # A column repeats itself (codes, units, times of one draw), so each value is written once.
    written = {value: cell(value) for value in set(values)}
    cells = [written[value] for value in values]
    longest = len(max(written.values(), key=len))
    if longest > LONGEST_CELL or not "".join(written.values()).isprintable():
        for at, text in enumerate(cells):
            if len(text) > LONGEST_CELL or len(text.splitlines()) > 1:
                texts.append((at, name, text))
                cells[at] = BELOW
        longest = len(max(cells, key=len))
    return _Column(name, cells, max(len(name), longest))


def _aligned(columns: Sequence[_Column]) -> str:
    rows = zip(*(column.lines for column in columns), strict=True)
    return "\n".join(["  ".join(row).rstrip() for row in rows])


def _blocks(grid: Grid, texts: list[tuple[int, str, str]], room: int) -> list[str]:
    if len(grid.rows) == 1:
        return [_block(grid, *text, room // len(texts)) for text in texts]
    return [_block(grid, *text, None) for text in sorted(texts)]


def _block(grid: Grid, at: int, name: str, text: str, room: int | None) -> str:
    which = f"row {grid.rows[at][0]}" if grid.cited else f"line {at + 1}"
    indented = _indented(text)
    if room is None or len(indented) + 200 <= room:
        return f"{name} of {which}:\n{indented}"
    part = text
    while len(_indented(part)) + 200 > room and part:
        part = part[: int(len(part) * 0.95)]
    where = (
        f"{name} of {which}, characters 1-{len(part):,} of {len(text):,}; read on with "
        f"ehr.run_sql_query and substr({name}, {len(part) + 1})"
    )
    return f"{where}:\n{_indented(part)}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
