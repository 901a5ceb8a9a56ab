"""What one case must satisfy by itself, and what a later one owes to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.file_bytes import holds_only_its_rows
from clinseek.validity.audit.findings import Check, Violation
from clinseek.validity.audit.shown import Shown, ShownTable
from clinseek.validity.audit.sight import Look, Sight
from clinseek.validity.oracle import AGEING, PLANNED, Cell

_IDS_OF_STAYS = ("subject_id", "hadm_id", "stay_id", "transfer_id")
_BEGIN_WITH_PATIENT = (
    "poe_id", "emar_id", "note_id", "discontinue_of_poe_id", "discontinued_by_poe_id",
)  # fmt: skip
"""Ids whose first part is the patient's subject_id."""


def ahead_of_cutoff(shown: Shown, sight: Sight) -> list[Violation]:
    """Cells that carry a moment after the cutoff and are no plan."""
    return [
        _violation("ahead", look, held, row_id, column, _carries(cell))
        for table, held in shown.items()
        for look in [Look(table, sight)]
        for place, column in enumerate(held.columns)
        if (table, column) not in PLANNED and _is_moment(table, column)
        for row_id, cells in held.rows.items()
        if isinstance(cell := cells[place], str) and cell > sight.cutoff
    ]


def growth(earlier: Shown, later: Shown, sight: Sight) -> list[Violation]:
    """Rows of the earlier case that the later one lacks or tells otherwise, by row_id.

    `sight` is that of the later case.
    """
    return [
        violation
        for table, held in earlier.items()
        for violation in _table_growth(table, held, later[table].rows, sight)
    ]


def _table_growth(
    table: str, held: ShownTable, after: dict[int, tuple[Cell, ...]], sight: Sight
) -> Iterator[Violation]:
    look = Look(table, sight)
    for row_id, cells in held.rows.items():
        now = after.get(row_id)
        if now is None:
            yield _violation("growth", look, held, row_id, None, "was visible before, is gone")
        elif now != cells:
            for column, cell, cell_now in zip(held.columns, cells, now, strict=True):
                if cell is None or cell == cell_now or (table, column) in AGEING:
                    continue
                what = f"was {cell!r} at an earlier cutoff, is {cell_now!r} under the same row_id"
                yield _violation("growth", look, held, row_id, column, what)


def strangers(path: Path, shown: Shown, sight: Sight) -> list[Violation]:
    """Ids and rows of anyone else: in cells, in free pages, between cells."""
    own = {column: _ids(sight, column) for column in _IDS_OF_STAYS}
    found = [
        _violation("strangers", look, held, row_id, column, _is_no_id(cell))
        for table, held in shown.items()
        for look in [Look(table, sight)]
        for place, column in enumerate(held.columns)
        if column in own or column in _BEGIN_WITH_PATIENT
        for row_id, cells in held.rows.items()
        if (cell := cells[place]) is not None
        and not (cell in own[column] if column in own else _is_own(cell, sight))
    ]
    if not holds_only_its_rows(path):
        what = "holds more than its rows: made again from them it has other bytes"
        here = (sight.subject_id, sight.cutoff, "file")
        found.append(Violation("strangers", *here, None, "-", None, what))
    return found


def _carries(cell: Cell) -> str:
    return f"carries {cell}, after the cutoff"


def _is_no_id(cell: Cell) -> str:
    return f"{cell!r} is no id of this patient"


def _ids(sight: Sight, column: str) -> set[Cell]:
    return {sight.subject_id} | {
        row[column] for rows in sight.record.values() for row in rows if column in row
    }


def _is_own(cell: Cell, sight: Sight) -> bool:
    return str(cell).split("-")[0] == str(sight.subject_id)


def _is_moment(table: str, column: str) -> bool:
    schema = TABLES[table]
    return column in schema.column_names and schema.type_of(column) in ("time", "date")


def _violation(
    check: Check, look: Look, held: ShownTable, row_id: int, column: str | None, what: str
) -> Violation:
    """A violation in one shown row, told by the raw row that it is."""
    schema = TABLES[look.table].column_names
    told = look.of_shown(
        check, column if column in schema else None, held.cells(row_id, schema), what
    )
    return told._replace(column=column)
