"""Finding one's way: opening the record, its tables, their columns, what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.descriptions import DICTIONARY_LINKS, describe
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.tools import arguments as takes
from clinseek.toolkits.ehr.tools import moments
from clinseek.toolkits.ehr.tools.counts import table_counts
from clinseek.toolkits.ehr.tools.names import any_table, candidate_tables, dictionary_tables
from clinseek.toolkits.ehr.tools.records import Answer
from clinseek.toolkits.ehr.tools.rendering import MOST_CHARACTERS, Grid, show
from clinseek.toolkits.observation import Observation

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case


def check_patient(case: Case, subject_id: int | None) -> None:
    """Refusal when a call names another patient than the run's."""
    if subject_id is not None and subject_id != case.key.subject_id:
        raise Refusal(f"{_bound(case)}; no record of patient {subject_id} can be read")


def load_ehr(case: Case, asked: takes.LoadEhr) -> Answer:
    """The log of opening: patient, moment, tables with their rows, candidate tables."""
    if asked.timestamp is not None and not _same_moment(asked.timestamp, case.key.cutoff):
        raise Refusal(
            f"{_bound(case)}; load_ehr cannot open another patient or another moment than that "
            f"(asked for: {asked.timestamp})"
        )
    counted = table_counts(case, moments.Window())
    held = [line for line in counted if line.rows]
    bare = [line.table for line in counted if not line.rows]
    total = sum(line.rows for line in held)
    opened = (
        f"record open: subject_id {case.key.subject_id} as of {case.key.cutoff} "
        f"(nothing later is in it); {len(held)} tables with {total:,} rows"
    )
    parts = [opened]
    if held:
        lines = [(line.table, line.rows, line.by, line.first, line.last) for line in held]
        grid = Grid(("table", "rows", "by", "first", "last"), lines, cited=False)
        parts.append(show(grid, room=MOST_CHARACTERS, fold_empty=False).text)
    if bare:
        parts.append(f"no rows as of this moment: {', '.join(bare)}")
    parts.append(_vocabulary(case))
    return "\n\n".join(parts), Observation(tables=case.tables)


def _bound(case: Case) -> str:
    return f"this run is bound to patient {case.key.subject_id} as of {case.key.cutoff}"


def _same_moment(written: str, cutoff: str) -> bool:
    try:
        return moments.moment(written, argument="timestamp") == cutoff
    except Refusal:
        return False


def table_names(case: Case, _: takes.GetTableNames) -> Answer:
    """The names of all tables, apart by what they are."""
    lines = (f"patient tables: {', '.join(case.tables) or 'none'}", _vocabulary(case))
    return "\n".join(lines), Observation()


def _vocabulary(case: Case) -> str:
    return (
        f"candidate tables: {', '.join(candidate_tables(case)) or 'none'}\n"
        f"dictionaries: {', '.join(dictionary_tables(case)) or 'none'}"
    )


def column_names(case: Case, asked: takes.GetColumnNames) -> Answer:
    """The columns of one table, and the dictionary columns that record tools put beside them."""
    name = any_table(case, asked.table_name)
    lines = [f"{name}: {', '.join(case.columns(name))}"]
    for link in DICTIONARY_LINKS.get(name, ()):
        if link.target in case.dictionaries:
            joined = ", ".join(link.columns)
            lines.append(f"joined from {link.target} by {joined}: {', '.join(link.shows)}")
    return "\n".join(lines), Observation()


ROW_ID_LINE = (
    "- row_id (integer): Number of the row in this record, in the order in which rows became "
    "known; cite it as E3#17 (evidence 3, row 17). Record tools call it row."
)


def table_description(case: Case, asked: takes.GetTableDescription) -> Answer:
    """What a table and its columns mean; for candidate tables, what they are for."""
    name = any_table(case, asked.table_name)
    if name in candidate_tables(case):
        columns = ", ".join(case.columns(name))
        return (
            f"{name}: the fixed wordings that answers use, one entry a row; columns: {columns}. "
            "Search it with ehr.get_candidates_by_keyword; join it in ehr.run_sql_query."
        ), Observation()
    described = describe(name, profile=case.key.profile)
    if TABLES[name].is_dictionary:
        return described.text, Observation()
    return described.text.replace("columns:", f"columns:\n{ROW_ID_LINE}", 1), Observation()
