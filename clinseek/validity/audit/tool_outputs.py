"""What every tool says over a case: answers, refusals, candidate lists."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from clinseek.errors import ClinseekError
from clinseek.toolkits.ehr.case import Case

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Call = tuple[str, dict[str, Any]]

SOME_TABLES = 5
"""About how many tables a case is asked."""

_TEN_YEARS = "{year:04d}-01-01 00:00:00"
_NOWHERE = "scrambled"
"""A word that no record holds, asked for where a table has no text to ask for."""
_LONGEST = 60
"""Characters of a cell that is asked for whole; of a longer one, a word of it."""


def tool_outputs(case: Case, *, lot: str, tables: int) -> list[tuple[str, str]]:
    """Each call of a sweep over the case, with the text that the model would get."""
    from clinseek.toolkits.ehr.tools import EhrToolkit

    tools = {tool.name: tool for tool in EhrToolkit(case=case).get_tools()}
    return [
        (f"{name} {arguments}", _said(tools[name], arguments))
        for name, arguments in sweep(case, random.Random(lot), tables)
    ]


def _said(tool: BaseTool, arguments: dict[str, Any]) -> str:
    """What the tool answers; a tool that fails says how, so that the two cases are told apart."""
    try:
        return str(tool.invoke(arguments))
    except ClinseekError as error:
        return f"{type(error).__name__}: {error}"


def sweep(case: Case, stream: random.Random, tables: int) -> Iterator[Call]:
    """Calls of every tool: what is there, what is not, and what is asked wrongly.

    So many `tables` are asked, by lot: each call opens the file anew, and a sample of many
    prediction times asks them all. What is looked for in them stands in a row that is shown, also
    by lot. Search by meaning is left out: it reads nothing but the vocabulary, which is the same
    file for both cases, and would load its model.
    """
    subject = {"subject_id": str(case.key.subject_id)}
    yield "ehr.load_ehr", {**subject, "timestamp": case.key.cutoff}
    yield "ehr.load_ehr", {**subject, "timestamp": "2300-01-01 00:00:00"}
    yield "ehr.get_table_names", subject
    ends = _ends(case)
    yield "ehr.get_event_counts_by_time", {**subject, **ends}
    yield "ehr.get_event_counts_by_time", {**subject, "end_time": case.key.cutoff}
    for table in stream.sample(case.tables, min(tables, len(case.tables))):
        yield from _asked_of_table(case, table, stream)
    yield "ehr.get_latest_records", {**subject, "table_name": "no_such_table"}
    for query in (
        "SELECT name, sql FROM sqlite_schema",
        "SELECT count(*), max(row_id) FROM labevents",
        "SELECT no_such_column FROM patients",
        "SELECT * FROM no_such_table",
        "SELECT * FORM patients",
    ):
        yield "ehr.run_sql_query", {**subject, "sql_query": query}
    yield from _asked_of_lists(case)
    yield "ehr.think", {"response": "?"}


def _ends(case: Case) -> dict[str, str]:
    """Ten years before the cutoff and after it."""
    year = int(case.key.cutoff[:4])
    return {
        "start_time": _TEN_YEARS.format(year=year - 10),
        "end_time": _TEN_YEARS.format(year=year + 10),
    }


def _asked_of_table(case: Case, table: str, stream: random.Random) -> Iterator[Call]:
    subject = {"subject_id": str(case.key.subject_id)}
    named = {**subject, "table_name": table}
    yield "ehr.get_column_names", named
    yield "ehr.get_table_description", {"table_name": table}
    yield "ehr.get_latest_records", named
    yield "ehr.get_latest_records", {**named, "limit": 0}
    yield "ehr.get_records_by_time", {**named, **_ends(case)}
    yield "ehr.get_records_by_time", {**named, "limit": 2, "offset": 1}
    yield "ehr.run_sql_query", {**subject, "sql_query": f'SELECT * FROM "{table}" LIMIT 5'}
    shown = _cells_of_a_row(case, table, stream)
    schema = case.schema(table)
    texts = [str(cell) for name, cell in shown.items() if schema.type_of(name) == "text"]
    keyword = _part_of(stream.choice(texts), stream) if texts else _NOWHERE
    yield "ehr.get_records_by_keyword", {**named, "keyword": keyword}
    column = stream.choice(list(shown)) if shown else case.columns(table)[-1]
    value = str(shown.get(column, _NOWHERE))
    yield "ehr.get_unique_values", {**named, "column_name": column}
    yield "ehr.get_records_by_value", {**named, "column_name": column, "value": value}


def _cells_of_a_row(case: Case, table: str, stream: random.Random) -> dict[str, object]:
    """The cells of one row by lot that hold anything, row_id apart; none in an empty table."""
    columns = case.columns(table)
    found = case.select(
        f'SELECT * FROM "{table}" LIMIT 1 OFFSET ? % max(1, (SELECT count(*) FROM "{table}"))',
        [stream.randrange(2**31)],
    )
    cells = dict(zip(columns, found.rows[0], strict=True)) if found.rows else {}
    return {name: cell for name, cell in cells.items() if cell is not None and name != "row_id"}


def _part_of(cell: str, stream: random.Random) -> str:
    """The cell, or a word of it where it is a long text."""
    return cell if len(cell) <= _LONGEST else stream.choice(cell.split() or [_NOWHERE])[:_LONGEST]


def _asked_of_lists(case: Case) -> Iterator[Call]:
    """Of each list its first title, so that something is found; of the shortest by spelling too."""
    from clinseek.toolkits.ehr.tools.names import candidate_tables

    listed: list[tuple[int, str, str]] = []
    for table in candidate_tables(case):
        last = f'(SELECT max(rowid) FROM "{table}")'
        for title, length in case.select(f'SELECT candidate, {last} FROM "{table}" LIMIT 1').rows:
            listed.append((length, table, title))
            asked = {"table_name": table, "keyword": title, "limit": 5}
            yield "ehr.get_candidates_by_keyword", asked
            yield "ehr.get_candidates_by_keyword", {"table_name": table, "keyword": _NOWHERE}
    if listed:
        _, table, title = min(listed)
        asked = {"table_name": table, "keywords": title}
        yield "ehr.get_candidates_by_fuzzy_matching", asked
