"""The four record tools: rows by time, the latest rows, rows by keyword, rows by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.availability import RULES
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.tools import arguments as takes
from clinseek.toolkits.ehr.tools import moments, statements
from clinseek.toolkits.ehr.tools.names import ROW_ID, SUBJECT, PatientTable, column, patient_table
from clinseek.toolkits.ehr.tools.rendering import MOST_CHARACTERS, Grid, show
from clinseek.toolkits.ehr.tools.statements import ESCAPE, Choice
from clinseek.toolkits.observation import Observation

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case

Answer = tuple[str, Observation]
"""What a tool gives: the text that the model reads, and where it came from."""


class Asked(NamedTuple):
    """One page that a record tool was asked for, in the words in which it is answered."""

    table: PatientTable
    choice: Choice
    values: Mapping[str, Any]
    order: str | None
    which: str
    """What distinguishes the rows, e.g. `from 2150-03-01 00:00:00`; empty for all of them."""
    remark: str = ""
    narrow: str = "a narrower question"


def by_time(case: Case, asked: takes.GetRecordsByTime) -> Answer:
    """ehr.get_records_by_time."""
    table = patient_table(case, asked.table_name)
    order = _time_of(case, table)
    span = moments.window(asked.start_time, asked.end_time)
    if table.type_of(order) == "date":
        values = {"start": span.of_days().start, "end": span.of_days().end}
    else:
        values = {"start": span.start, "end": span.through}
    which = Asked(
        table,
        Choice("between", order) if span != moments.Window() else Choice("all"),
        values,
        order,
        span.words,
        moments.beyond(span, case.key.cutoff),
        "start_time/end_time",
    )
    return _answer(case, which, asked.limit, asked.offset, asked.column)


def latest(case: Case, asked: takes.GetLatestRecords) -> Answer:
    """ehr.get_latest_records."""
    table = patient_table(case, asked.table_name)
    order = _time_of(case, table)
    which = Asked(table, Choice("latest", order), {}, order, f"at the latest {order}")
    return _answer(case, which, asked.limit, asked.offset, asked.column)


def by_keyword(case: Case, asked: takes.GetRecordsByKeyword) -> Answer:
    """ehr.get_records_by_keyword."""
    table = patient_table(case, asked.table_name)
    keyword = asked.keyword.strip()
    if not keyword:
        raise Refusal("the keyword is empty; give a word, or read rows by ehr.get_records_by_time")
    searched = (*statements.text_columns(table), *table.labels)
    if not searched:
        raise Refusal(f"{table.name} has no text column; use ehr.get_records_by_value")
    which = Asked(
        table,
        Choice("keyword"),
        {"pattern": f"%{_literally(keyword)}%"},
        case.event_time(table.name),
        f"with {keyword!r} in {', '.join(searched)}",
        narrow="a longer keyword",
    )
    return _answer(case, which, asked.limit, asked.offset, asked.column)


def by_value(case: Case, asked: takes.GetRecordsByValue) -> Answer:
    """ehr.get_records_by_value."""
    table = patient_table(case, asked.table_name)
    name = column(asked.column_name, (*table.columns, *table.labels), table=table.name)
    choice, values = _equal(table, name, asked.value.strip())
    which = Asked(
        table,
        choice,
        values,
        case.event_time(table.name),
        f"with {name} = {asked.value.strip()}",
        narrow="ehr.run_sql_query",
    )
    return _answer(case, which, asked.limit, asked.offset, asked.column)


def _time_of(case: Case, table: PatientTable) -> str:
    order = case.event_time(table.name)
    if order is None:
        raise Refusal(
            f"{table.name} has no time column; use ehr.get_records_by_value, "
            "ehr.get_records_by_keyword or ehr.run_sql_query"
        )
    return order


def _literally(keyword: str) -> str:
    for special in (ESCAPE, "%", "_"):
        keyword = keyword.replace(special, ESCAPE + special)
    return keyword


def _equal(table: PatientTable, name: str, value: str) -> tuple[Choice, dict[str, Any]]:
    type_ = table.type_of(name)
    if type_ == "text":
        return Choice("text", name), {"value": value}
    if type_ in ("time", "date"):
        read = moments.moment(value, argument="value")
        if type_ == "date":
            return Choice("equal", name), {"value": read[:10]}
        return Choice("near", name), {"low": read, "high": f"{read}{moments.FRACTIONS}"}
    try:
        number = float(value)
    except ValueError:
        raise Refusal(
            f"{table.name}.{name} holds numbers and {value!r} is none; for a name use the column "
            f"of names ({', '.join(table.labels) or 'see ehr.get_column_names'})"
        ) from None
    if type_ == "integer":
        return Choice("equal", name), {"value": number}
    # Six significant digits are shown, so a number as shown must find the row that showed it.
    margin = abs(number) * 5e-6
    return Choice("near", name), {"low": number - margin, "high": number + margin}


def _answer(case: Case, asked: Asked, limit: int, offset: int, columns: list[str] | None) -> Answer:
    shown = _shown_columns(case, asked.table, columns)
    statement = statements.page(asked.table, asked.choice, shown, asked.order)
    bound = statement.bound({**asked.values, "limit": limit, "offset": offset})
    rows = case.select(statement.sql, bound, ours=True).rows
    if not rows:
        return _nothing(case, asked, offset)
    total, untimed = rows[0][-2:]
    grid = Grid(("row", *shown), [row[:-2] for row in rows])
    body = show(grid, room=MOST_CHARACTERS)
    first = _first_line(asked, total, offset, body.rows, min(limit, total - offset))
    remarks = [asked.remark, _untimed(asked, untimed)]
    head = "\n".join(filter(None, (first, *remarks)))
    return f"{head}\n\n{body.text}", Observation(
        tables=_tables(asked.table, shown),
        table=asked.table.name,
        row_ids=tuple(row[0] for row in rows[: body.rows]),
    )


def _shown_columns(case: Case, table: PatientTable, wanted: list[str] | None) -> tuple[str, ...]:
    if wanted:
        names = (*table.columns, *table.labels)
        chosen = dict.fromkeys(column(name, names, table=table.name) for name in wanted)
        return tuple(name for name in chosen if name != ROW_ID) or (SUBJECT,)
    shown: list[str] = []
    for name in table.columns:
        if name not in (ROW_ID, SUBJECT, *_row_numbers(case, table.name)):
            shown.append(name)
        for link in table.links:
            if name == link.columns[-1]:
                shown.extend(link.shows)
    return tuple(shown)


def _row_numbers(case: Case, table: str) -> tuple[str, ...]:
    """The column that repeats the row id: a case numbers labevent_id as it numbers its rows."""
    if case.key.profile == "reference":
        return ()  # its ids are the raw ones
    rule = RULES.get(table)
    if rule is None or rule.key is None or rule.key not in rule.numbered:
        return ()
    return (rule.key,) if TABLES[table].type_of(rule.key) == "integer" else ()


def _tables(table: PatientTable, shown: tuple[str, ...]) -> tuple[str, ...]:
    read = (link.target for link in table.links if set(link.shows) & set(shown))
    return (table.name, *read)


def _first_line(asked: Asked, total: int, offset: int, fitted: int, wanted: int) -> str:
    last = offset + fitted
    parts = [f"{asked.table.name}: rows {offset + 1:,}-{last:,} of {total:,}"]
    if asked.which:
        parts[0] += f" {asked.which}"
    if asked.order:
        parts[0] += f", by {asked.order}"
    if fitted < wanted:
        parts.append(
            f"only {fitted:,} of {wanted:,} because a reply holds {MOST_CHARACTERS:,} characters"
        )
    if last < total:
        parts.append(f"narrow by {asked.narrow} or page with offset={last}")
    return "; ".join(parts)


def _untimed(asked: Asked, untimed: int) -> str:
    if not untimed or asked.choice.kind not in ("between", "latest"):
        return ""
    rows = "1 row has" if untimed == 1 else f"{untimed:,} rows have"
    return (
        f"{rows} no {asked.order} and {'stands' if untimed == 1 else 'stand'} outside any time: "
        f"ehr.run_sql_query with {asked.order} IS NULL shows them"
    )


def _nothing(case: Case, asked: Asked, offset: int) -> Answer:
    name = asked.table.name
    statement = statements.extent(asked.table, asked.choice, asked.order)
    ((total, held, first, last),) = case.select(
        statement.sql, statement.bound(asked.values), ours=True
    ).rows
    seen = Observation(tables=(name,), table=name)
    if total:
        return f"{name}: no row at offset {offset:,}; {total:,} rows {asked.which}".rstrip(), seen
    if not held:
        return f"{name}: no rows as of {case.key.cutoff}", seen
    span = f", {asked.order} from {first} to {last}" if first is not None else ""
    lines = (
        f"{name}: no rows {asked.which}; the table has {held:,} rows{span}",
        asked.remark,
    )
    return "\n".join(filter(None, lines)), seen
