"""How much there is: rows of every table in a span of time, distinct values of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.tools import arguments as takes
from clinseek.toolkits.ehr.tools import moments, statements
from clinseek.toolkits.ehr.tools.names import column, patient_table
from clinseek.toolkits.ehr.tools.records import Answer
from clinseek.toolkits.ehr.tools.rendering import MOST_CHARACTERS, Grid, cell, show
from clinseek.toolkits.observation import Observation

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case

MOST_VALUES = 50
_VALUES_OF_TOO_MANY = 10


def event_counts(case: Case, asked: takes.GetEventCountsByTime) -> Answer:
    """Rows of every table in a span; tables without a time column are counted whole and apart."""
    span = moments.window(asked.start_time, asked.end_time)
    counted = table_counts(case, span)
    timed = [line for line in counted if line.by is not None]
    within = [line for line in timed if line.rows]
    total = sum(line.rows for line in within)
    first = f"event counts {span.words or 'of the whole record'}: {total:,} rows"
    parts = ["\n".join(filter(None, (first, moments.beyond(span, case.key.cutoff))))]
    if within:
        grid = Grid(Counted._fields[:-1], [line[:-1] for line in within], cited=False)
        parts.append(show(grid, room=MOST_CHARACTERS, fold_empty=False).text)
    silent = [line.table for line in timed if not line.rows]
    untimed = [f"{line.table} {line.untimed:,}" for line in timed if line.untimed]
    whole = [f"{line.table} {line.rows:,}" for line in counted if line.by is None]
    if silent:
        parts.append(f"none in this span: {', '.join(silent)}")
    if untimed and span != moments.Window():
        parts.append(f"rows without a time, not counted: {', '.join(untimed)}")
    if whole:
        parts.append(f"tables without a time column, counted whole: {', '.join(whole)}")
    return "\n\n".join(parts), Observation(tables=case.tables)


class Counted(NamedTuple):
    """How many rows of a table lie in a span, its first and last time there, rows without one."""

    table: str
    by: str | None
    rows: int
    first: str | None
    last: str | None
    untimed: int


def table_counts(case: Case, span: moments.Window) -> list[Counted]:
    """The counts of every table of the patient, in alphabetical order."""
    tables = tuple((name, case.event_time(name)) for name in case.tables)
    if not tables:
        return []
    days = span.of_days()
    statement = statements.counts(
        tuple(
            (name, by, by is not None and case.schema(name).type_of(by) == "date")
            for name, by in tables
        ),
        bounded=span != moments.Window(),
    )
    values = {
        "start": span.start, "end": span.through, "start_day": days.start, "end_day": days.end,
    }  # fmt: skip
    rows = case.select(statement.sql, statement.bound(values), ours=True).rows
    return [Counted(*tables[place], *counted) for place, *counted in rows]


def unique_values(case: Case, asked: takes.GetUniqueValues) -> Answer:
    """The distinct values of a column; Refusal with the first ten where there are too many."""
    table = patient_table(case, asked.table_name)
    name = column(asked.column_name, (*table.columns, *table.labels), table=table.name)
    statement = statements.distinct(table, name)
    rows = case.select(
        statement.sql, statement.bound({"limit": MOST_VALUES, "offset": 0}), ours=True
    ).rows
    if not rows:
        seen = Observation(tables=(table.name,), table=table.name)
        return f"{table.name}: no rows as of {case.key.cutoff}", seen
    distinct = rows[0][2]
    if distinct > MOST_VALUES:
        values = ", ".join(cell(row[0]) for row in rows[:_VALUES_OF_TOO_MANY])
        raise Refusal(
            f"{table.name}.{name} has {distinct:,} distinct values, more than {MOST_VALUES}; the "
            f"first {_VALUES_OF_TOO_MANY}: {values}; narrow with ehr.get_records_by_keyword, or "
            f"page with ehr.run_sql_query and SELECT DISTINCT {name} ... LIMIT ... OFFSET ..."
        )
    grid = Grid((name, "rows"), [row[:2] for row in rows], cited=False)
    body = show(grid, room=MOST_CHARACTERS, fold_empty=False)
    read = (table.labels[name].target,) if name not in table.columns else ()
    return f"{table.name}.{name}: {distinct:,} distinct values\n\n{body.text}", Observation(
        tables=(table.name, *read)
    )
