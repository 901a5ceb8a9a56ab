"""Rows as they are shown once everything in them is known: re-numbered ids in place of raw ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clinseek.validity.oracle.model import Cell, Moment, RawRow
from clinseek.validity.oracle.notes import OTHER_NOTE_FIELDS
from clinseek.validity.oracle.surrogates import NUMBERED, REFERENCES, Number, ranks_of_tests


def shown_rows(
    table: str,
    rows: Sequence[RawRow],
    known: Sequence[Moment],
    *,
    numbers: Sequence[Number | None] | None,
    by_id: Mapping[str, Mapping[Cell, Number]],
) -> list[RawRow]:
    """The rows of one table with new ids: the raw row itself where it carries none.

    `numbers` are the new ids of the table's own rows (None for a table without), `by_id` those of
    the rows that others name, by table and raw id.
    """
    shown = list(rows)
    if numbers is not None:
        shown = [_renumbered(table, row, n) for row, n in zip(rows, numbers, strict=True)]
    if table == "microbiologyevents":
        ranks = ranks_of_tests(rows, known)
        shown = [row | {"test_seq": rank} for row, rank in zip(shown, ranks, strict=True)]
    if table in REFERENCES:
        shown = [out | _references(table, row, by_id) for row, out in zip(rows, shown, strict=True)]
    if table == "radiology_detail":
        shown = [_with_other_note(row, by_id.get("radiology", {})) for row in shown]
    return shown


def _renumbered(table: str, row: RawRow, number: Number | None) -> RawRow:
    if number is None:
        return row
    how = NUMBERED[table]
    row = row | {how.number_column: number.n}
    if how.text_column is not None:
        row[how.text_column] = number.text
    return row


def _references(table: str, row: RawRow, by_id: Mapping[str, Mapping[Cell, Number]]) -> RawRow:
    """The cells that name re-numbered rows; empty where that row is never known."""
    cells: RawRow = {}
    for column, (named, key, as_number) in REFERENCES[table].items():
        number = by_id.get(named, {}).get(row[key])
        if row[column] is None or number is None:
            cells[column] = None
        else:
            cells[column] = number.n if as_number else number.text
    return cells


def _with_other_note(row: RawRow, notes: Mapping[Cell, Number]) -> RawRow:
    if row["field_name"] not in OTHER_NOTE_FIELDS:
        return row
    number = notes.get(row["field_value"])
    return row | {"field_value": number.text if number else None}
