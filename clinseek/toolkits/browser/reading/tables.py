"""Tables of values: which tables are such, and their cells row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_LONGEST_CELL = 1_000
_MOST_SPANNED = 50
_MOST_COPIES = 5_000
"""A small page must not become a large one by what its cells say that they span."""


def is_grid(table: Any) -> bool:
    """Whether a table holds values, and is not there to lay a page out."""
    rows = list(_rows(table))
    if not rows or next(table.iterdescendants("table"), None) is not None:
        return False
    if max(len(_cells(row)) for row in rows) < 2:
        return False
    return all(
        len("".join(cell.itertext())) <= _LONGEST_CELL for row in rows for cell in _cells(row)
    )


def rows_of(table: Any, write: Callable[[Any], str]) -> Iterator[list[str]]:
    """The cells of each row as text; a cell that spans rows or columns stands in each of them.

    A row read by itself then says all that it says in the table. The caption comes first, alone.
    """
    for caption in table.iterchildren("caption"):
        if text := write(caption):
            yield [text]
    spanning: dict[int, tuple[int, str]] = {}
    copies = _MOST_COPIES
    for row in _rows(table):
        cells: list[str] = []
        for cell in _cells(row):
            _take_spanning(cells, spanning)
            text = write(cell)
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            copies -= down * across - 1
            if copies < 0:
                down = across = 1
            for _ in range(across):
                if down > 1:
                    spanning[len(cells)] = (down - 1, text)
                cells.append(text)
        _take_spanning(cells, spanning)
        if any(cells):
            yield cells


def _take_spanning(cells: list[str], spanning: dict[int, tuple[int, str]]) -> None:
    while (held := spanning.pop(len(cells), None)) is not None:
        left, text = held
        if left > 1:
            spanning[len(cells)] = (left - 1, text)
        cells.append(text)


def _rows(table: Any) -> Iterator[Any]:
    return iter(table.iter("tr"))


def _cells(row: Any) -> list[Any]:
    return list(row.iterchildren("td", "th"))


def _span(cell: Any, name: str) -> int:
    said = cell.get(name) or "1"
    return min(max(int(said), 1), _MOST_SPANNED) if said.isascii() and said.isdigit() else 1
