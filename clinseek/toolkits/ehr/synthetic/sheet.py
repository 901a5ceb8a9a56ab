"""The rows of one patient while they are being written down."""

from __future__ import annotations

Cell = int | float | str | None
Row = dict[str, Cell]


class Sheet:
    """All rows of one patient by table; a cell that is not given is NULL."""

    def __init__(self, subject_id: int) -> None:
        self.subject_id = subject_id
        self.rows: dict[str, list[Row]] = {}

    def add(self, table: str, /, **cells: Cell) -> Row:
        """Append a row of `table`; the patient's subject_id is set here."""
        cells["subject_id"] = self.subject_id
        rows = self.rows.get(table)
        if rows is None:
            rows = self.rows[table] = []
        rows.append(cells)
        return cells

    def of(self, table: str) -> list[Row]:
        """The rows of `table` so far."""
        return self.rows.get(table, [])


def plain(number: float, digits: int) -> str:
    """A number as MIMIC writes it: rounded, without needless zeros.

    >>> plain(1.04, 1), plain(138.0, 0), plain(0.25, 2)
    ('1', '138', '0.25')
    """
    return f"{round(number, digits):.10g}"
