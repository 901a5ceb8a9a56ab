"""New numbers for the ids whose gaps would count hidden rows, in the order of first knowledge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from clinseek.validity.oracle.model import Cell, Moment, RawRow


class Number(NamedTuple):
    """The new id of one row: its number and, where ids are texts, the text made of it."""

    n: int
    text: str


class Numbered(NamedTuple):
    """How a table's ids are made: the raw key, where each part is shown, and what n counts in."""

    key: str
    number_column: str
    text_column: str | None
    counted_within: str | None = None


NUMBERED: dict[str, Numbered] = {
    "labevents": Numbered("labevent_id", "labevent_id", None),
    "microbiologyevents": Numbered("microevent_id", "microevent_id", None),
    "poe": Numbered("poe_id", "poe_seq", "poe_id"),
    "emar": Numbered("emar_id", "emar_seq", "emar_id"),
    "discharge": Numbered("note_id", "note_seq", "note_id", counted_within="note_type"),
    "radiology": Numbered("note_id", "note_seq", "note_id", counted_within="note_type"),
}


class Reference(NamedTuple):
    """A cell that names a row of a re-numbered table: that table, and the cell that holds the id.

    `as_number` where the cell shows the number alone.
    """

    table: str
    key: str
    as_number: bool = False


REFERENCES: dict[str, dict[str, Reference]] = {
    "poe": {
        "discontinue_of_poe_id": Reference("poe", "discontinue_of_poe_id"),
        "discontinued_by_poe_id": Reference("poe", "discontinued_by_poe_id"),
    },
    "poe_detail": {
        "poe_id": Reference("poe", "poe_id"),
        "poe_seq": Reference("poe", "poe_id", as_number=True),
    },
    "pharmacy": {"poe_id": Reference("poe", "poe_id")},
    "prescriptions": {
        "poe_id": Reference("poe", "poe_id"),
        "poe_seq": Reference("poe", "poe_id", as_number=True),
    },
    "emar": {"poe_id": Reference("poe", "poe_id")},
    "emar_detail": {
        "emar_id": Reference("emar", "emar_id"),
        "emar_seq": Reference("emar", "emar_id", as_number=True),
    },
    "discharge_detail": {"note_id": Reference("discharge", "note_id")},
    "radiology_detail": {"note_id": Reference("radiology", "note_id")},
}
"""Cells that name a re-numbered row, by table and column."""


def numbers_of(table: str, rows: Sequence[RawRow], known: Sequence[Moment]) -> list[Number | None]:
    """The new id of each row: 1, 2, ... as rows become known, ties by the raw key.

    A row that is never known has none.
    """
    how = NUMBERED[table]
    counts: dict[Cell, int] = {}
    numbers: list[Number | None] = [None] * len(rows)
    for place in _in_order(rows, known, lambda row: row[how.key]):
        row = rows[place]
        group = row[how.counted_within] if how.counted_within else None
        n = counts[group] = counts.get(group, 0) + 1
        infix = f"-{group}" if how.counted_within else ""
        numbers[place] = Number(n, f"{row['subject_id']}{infix}-{n}")
    return numbers


def numbers_by_id(
    table: str, rows: Sequence[RawRow], numbers: Sequence[Number | None]
) -> dict[Cell, Number]:
    """The new id by the raw one; where a raw id names two rows, the lower number stands for it."""
    key = NUMBERED[table].key
    found: dict[Cell, Number] = {}
    for row, number in zip(rows, numbers, strict=True):
        if number is None or row[key] is None:
            continue
        if row[key] not in found or number.n < found[row[key]].n:
            found[row[key]] = number
    return found


def ranks_of_tests(rows: Sequence[RawRow], known: Sequence[Moment]) -> list[int | None]:
    """test_seq anew: the rank of the raw value among those of the same micro_specimen_id.

    Values rank by the first known moment of a row that has them, then by themselves, so a value
    known later never changes the rank of one known before.
    """
    ranks: dict[Cell, dict[Cell, int]] = {}
    found: list[int | None] = [None] * len(rows)
    for place in _in_order(rows, known, lambda row: row["test_seq"]):
        value = rows[place]["test_seq"]
        if value is None:
            continue
        of_specimen = ranks.setdefault(rows[place]["micro_specimen_id"], {})
        found[place] = of_specimen.setdefault(value, len(of_specimen) + 1)
    return found


def _in_order(
    rows: Sequence[RawRow], known: Sequence[Moment], key_of: Callable[[RawRow], Cell]
) -> list[int]:
    """The places of the rows that are ever known, by known moment, then by key (empty last)."""

    def order(place: int) -> tuple[Moment, bool, Cell, int]:
        key = key_of(rows[place])
        return known[place], key is None, key if key is not None else "", place

    return sorted((place for place, moment in enumerate(known) if moment is not None), key=order)
