"""Two cases that must be the same to the byte, and the row by which they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from clinseek.toolkits.ehr.case import Case
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.comparison import counted_otherwise
from clinseek.validity.audit.findings import Violation
from clinseek.validity.audit.shown import Shown, ShownTable, shown_tables
from clinseek.validity.audit.sight import Look, Sight
from clinseek.validity.audit.tool_outputs import SOME_TABLES, tool_outputs

_LOOKED_AT = 200
"""Rows that differ among which one is looked for that is not known at the cutoff."""


def compare_cases(
    case: Case,
    other: Case,
    sight: Sight,
    made: Callable[[], Sight],
    *,
    how: str,
    tools: bool,
    tables: int = SOME_TABLES,
) -> list[Violation]:
    """What tells two cases apart that must be the same to the byte, and by every tool.

    `made` gives the other's record as the second reading sees it, should a row of it have to be
    told. With `tools` each is asked, about so many `tables` drawn by lot.
    """
    if case.path.read_bytes() != other.path.read_bytes():
        return [_difference(shown_tables(case), shown_tables(other), sight, made, how)]
    if not tools:
        return []
    lot = f"{sight.subject_id} {sight.cutoff}"
    asked = (tool_outputs(each, lot=lot, tables=tables) for each in (case, other))
    for (call, said), (_, said_then) in zip(*asked, strict=True):
        if said != said_then:
            return [_elsewhere(sight, "tools", f"with {how}, {call} answers otherwise")]
    return []


def _difference(
    before: Shown, after: Shown, sight: Sight, made: Callable[[], Sight], how: str
) -> Violation:
    """The difference to tell: a row or cell that is not known yet rather than one it moved."""
    first: Violation | None = None
    scrambled: Sight | None = None
    for table, held in before.items():
        look, then = Look(table, sight), after[table]
        if held.rows != then.rows and _in_other_order(table, held, then):
            what = f"with {how} the same rows stand in another order"
            first = first or look.violation("scramble", None, -1, what)
            continue
        for row_id in islice(_other_rows(held, then), _LOOKED_AT):
            if row_id in held.rows:
                told, is_early = _told(look, held, then, row_id, how)
            else:
                scrambled = scrambled or made()
                what = f"with {how} a row more is shown, a made-up one"
                told, is_early = _told_row(Look(table, scrambled), then, row_id, what)
            if is_early:
                return told
            first = first or told
    return first or _elsewhere(sight, "file", f"with {how} the file has other bytes, the same rows")


def _in_other_order(table: str, held: ShownTable, then: ShownTable) -> bool:
    """True where the rows are the same but for their place, and for numbers that follow from it."""
    if held.columns != then.columns:
        return False
    columns = TABLES[table].column_names
    before, after = Counter(held.in_order(columns)), Counter(then.in_order(columns))
    return before == after or bool(counted_otherwise(table, before - after, after - before))


def _other_rows(before: ShownTable, after: ShownTable) -> Iterator[int]:
    for row_id in sorted(before.rows.keys() | after.rows.keys()):
        if before.rows.get(row_id) != after.rows.get(row_id):
            yield row_id


def _told(
    look: Look, held: ShownTable, then: ShownTable, row_id: int, how: str
) -> tuple[Violation, bool]:
    """The row as the case on the true record shows it, with the first cell that is another."""
    if row_id not in then.rows:
        return _told_row(look, held, row_id, f"with {how} there is no such row")
    cells, cells_then = held.rows[row_id], then.rows[row_id]
    index = look.raw_row_of(held.cells(row_id, TABLES[look.table].column_names))
    others = [
        column
        for column, cell, cell_then in zip(held.columns, cells, cells_then, strict=True)
        if cell != cell_then
    ]
    early = [c for c in others if c in TABLES[look.table].column_names and look.is_early(c, index)]
    column = (early or others)[0]
    of_schema = column if column in TABLES[look.table].column_names else None
    what = f"with {how} another cell stands here, under row_id {row_id}"
    told = look.violation("scramble", of_schema, index, what)._replace(column=column)
    return told, bool(early)


def _told_row(look: Look, held: ShownTable, row_id: int, what: str) -> tuple[Violation, bool]:
    cells = held.cells(row_id, TABLES[look.table].column_names)
    return look.of_shown("scramble", None, cells, what), look.is_early(None, look.raw_row_of(cells))


def _elsewhere(sight: Sight, where: str, what: str) -> Violation:
    return Violation("scramble", sight.subject_id, sight.cutoff, where, None, "-", None, what)
