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
    prediction times asks them all.
    """
    subject = str(case.key.subject_id)
    yield "ehr.load_ehr", {"subject_id": subject, "timestamp": case.key.cutoff}
    yield "ehr.load_ehr", {"subject_id": subject, "timestamp": "2300-01-01 00:00:00"}
    yield "ehr.get_table_names", {"subject_id": subject}
    year = int(case.key.cutoff[:4])
    ends = {
        "start_time": _TEN_YEARS.format(year=year - 10),
        "end_time": _TEN_YEARS.format(year=year + 10),
    }
    yield "ehr.get_event_counts_by_time", {"subject_id": subject, **ends}
    for table in stream.sample(case.tables, min(tables, len(case.tables))):
        named = {"subject_id": subject, "table_name": table}
        yield "ehr.get_column_names", named
        yield "ehr.get_table_description", {"table_name": table}
        yield "ehr.get_latest_records", named
        yield "ehr.get_records_by_time", {**named, **ends}
        yield "ehr.get_records_by_keyword", {**named, "keyword": "scrambled"}
        column = case.columns(table)[-1]
        yield "ehr.get_unique_values", {**named, "column_name": column}
        yield "ehr.get_records_by_value", {**named, "column_name": column, "value": "1"}
    yield "ehr.get_latest_records", {"subject_id": subject, "table_name": "no_such_table"}
    for query in (
        "SELECT name, sql FROM sqlite_schema",
        "SELECT count(*), max(row_id) FROM labevents",
        "SELECT no_such_column FROM patients",
        "SELECT * FROM no_such_table",
    ):
        yield "ehr.run_sql_query", {"subject_id": subject, "sql_query": query}
    for table in case.dictionaries:
        yield "ehr.get_candidates_by_keyword", {"table_name": table, "keyword": "scrambled"}
    for table in case.dictionaries[:1]:
        yield "ehr.get_candidates_by_fuzzy_matching", {"table_name": table, "keywords": "kidney"}
    yield "ehr.think", {"response": "?"}
