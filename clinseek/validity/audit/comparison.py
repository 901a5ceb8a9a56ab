"""The case against the second reading: every row and cell, both ways."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.findings import Violation
from clinseek.validity.audit.shown import Shown, ShownTable
from clinseek.validity.audit.sight import Cells, Look, Sight
from clinseek.validity.oracle import Cell, RawRow
from clinseek.validity.oracle.surrogates import NUMBERED, REFERENCES

_TOLD_ROWS = 20
"""Rows of one table at one cutoff that are told one by one; the rest are counted."""
_LOOKED_AT = 200
"""Rows too many among which those are looked for that should not be there at all."""


def differences(shown: Shown, sight: Sight) -> list[Violation]:
    """Every row or cell in which the case is not what the second reading expects of it."""
    what = "a table that the patient's record does not have"
    here = (sight.subject_id, sight.cutoff)
    beside = [
        Violation("record", *here, table, None, "-", None, what)
        for table in shown
        if table not in sight.record
    ]
    return beside + [
        violation
        for table in sight.record
        for violation in table_differences(table, shown.get(table), sight)
    ]


def table_differences(table: str, shown: ShownTable | None, sight: Sight) -> list[Violation]:
    """The same for one table; `shown` is None where the case lacks it."""
    look = Look(table, sight)
    expected = sight.expected[table]
    if shown is None:
        return [look.violation("completeness", None, -1, "the case lacks the table")]
    schema = TABLES[table].column_names
    found = [
        look.violation("record", column, -1, "a column that the table does not have")
        for column in shown.columns
        if column not in schema
    ]
    found += [
        look.violation("completeness", column, -1, "the case lacks the column")
        for column in schema
        if column not in shown.columns
    ]
    there = Counter(shown.in_order(schema))
    wanted = Counter(tuple(row.values()) for _, row in expected)
    if dict(there) != dict(wanted):  # that of Counter is slow
        extra, missing = there - wanted, wanted - there
        counting = counted_otherwise(table, extra, missing)
        if counting:
            found.append(_order(look, counting, extra.total()))
        else:
            found += _pairs(look, extra, missing, expected)
    return found


def counted_otherwise(table: str, some: Counter[Cells], others: Counter[Cells]) -> tuple[str, ...]:
    """The columns of new numbers by which alone the rows differ, each with the same numbers in all.

    Then the rows, or those that they refer to, stand in another order. Else none.
    """
    numbered, references = NUMBERED.get(table), REFERENCES.get(table, {})
    columns = {*references, *((numbered.number_column, numbered.text_column) if numbered else ())}
    places = [at for at, name in enumerate(TABLES[table].column_names) if name in columns]
    if not places or any(_column(some, at) != _column(others, at) for at in places):
        return ()
    if _without(some, places) != _without(others, places):
        return ()
    return tuple(TABLES[table].column_names[at] for at in places)


def _column(rows: Counter[Cells], at: int) -> Counter[Cell]:
    return Counter(row[at] for row in rows.elements())


def _without(rows: Counter[Cells], places: Collection[int]) -> Counter[Cells]:
    """The rows with what is numbered anew told apart only by whether it is there."""
    return Counter(
        tuple(cell is None if at in places else cell for at, cell in enumerate(row))
        for row in rows.elements()
    )


def _order(look: Look, columns: Sequence[str], rows: int) -> Violation:
    what = f"stands in another order than that of first knowledge: {rows:,} rows have other numbers"
    return look.violation("record", columns[0], -1, what)


def _pairs(
    look: Look,
    extra: Counter[Cells],
    missing: Counter[Cells],
    expected: list[tuple[int, RawRow]],
) -> Iterator[Violation]:
    """Each row too many and each row too few, the two matched where they are one raw row."""
    lacking: dict[int, Cells] = {}
    still = Counter(missing)
    for index, row in expected:
        cells = tuple(row.values())
        if still[cells] > 0:
            still[cells] -= 1
            lacking[index] = cells
    surplus = [
        (look.raw_row_of(cells, prefer=lacking), cells)
        for cells in itertools.islice(extra.elements(), _LOOKED_AT)
    ]
    there = {index for index, _ in expected}
    surplus.sort(key=lambda pair: pair[0] in there)  # rows that should not be there come first
    for index, cells in surplus[:_TOLD_ROWS]:
        yield from _too_much(look, cells, index, lacking.pop(index, None))
    if extra.total() > _TOLD_ROWS:
        left = extra.total() - _TOLD_ROWS
        yield look.violation(
            "record",
            None,
            -1,
            f"{left} more rows shown that are early, or other than they should be",
        )
        return
    for index in list(lacking)[:_TOLD_ROWS]:
        yield look.violation("completeness", None, index, "a row known by then is not there")
    if len(lacking) > _TOLD_ROWS:
        left = len(lacking) - _TOLD_ROWS
        yield look.violation("completeness", None, -1, f"{left} more known rows missing")


def _too_much(look: Look, cells: Cells, index: int, wanted: Cells | None) -> Iterator[Violation]:
    if index < 0:
        yield look.of_shown("record", None, cells, "a row that no raw table has")
        return
    if wanted is None:
        yield look.violation("record", None, index, "a row shown before it is known")
        return
    for column, cell, right in zip(look.rows[index], cells, wanted, strict=True):
        if cell == right:
            continue
        if right is None:
            yield look.violation("record", column, index, f"shows {cell!r} before its time")
        elif cell is None:
            yield look.violation("completeness", column, index, f"hides {right!r}, known then")
        else:
            what = f"shows {cell!r} instead of {right!r}"
            yield look.violation("record", column, index, what)
