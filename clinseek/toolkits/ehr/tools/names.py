"""Names as a model writes them, found in the case or refused with the nearest that exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.descriptions import DICTIONARY_LINKS, Link
from clinseek.toolkits.ehr.tables import TABLES, ColumnType

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case

CANDIDATES = "_candidates"
SUBJECT = "subject_id"
ROW_ID = "row_id"


class PatientTable(NamedTuple):
    """A table of the patient as one case holds it, with the dictionaries that explain its codes."""

    name: str
    columns: tuple[str, ...]
    types: tuple[ColumnType, ...]
    links: tuple[Link, ...]

    @property
    def labels(self) -> dict[str, Link]:
        """Columns that dictionaries add, each with its link."""
        return {shown: link for link in self.links for shown in link.shows}

    def type_of(self, column: str) -> ColumnType:
        """The type of a column of the table, or of one that a dictionary adds."""
        if column in self.columns:
            return self.types[self.columns.index(column)]
        return TABLES[self.labels[column].target].type_of(column)


def candidate_tables(case: Case) -> tuple[str, ...]:
    """The candidate tables of the case's store."""
    return tuple(name for name in case.dictionaries if name.endswith(CANDIDATES))


def dictionary_tables(case: Case) -> tuple[str, ...]:
    """The dictionaries (`d_labitems`, ...) of the case's store."""
    return tuple(name for name in case.dictionaries if name in TABLES)


def patient_table(case: Case, written: str) -> PatientTable:
    """The patient's table that `written` names; Refusal with what to do when there is none."""
    name = found(written, case.tables)
    if name is not None:
        held = set(case.dictionaries)
        links = DICTIONARY_LINKS.get(name, ())
        types: dict[str, ColumnType] = {ROW_ID: "integer", **dict(case.schema(name).columns)}
        columns = case.columns(name)
        return PatientTable(
            name,
            columns,
            tuple(types[column] for column in columns),
            tuple(link for link in links if link.target in held),
        )
    if other := found(written, candidate_tables(case)):
        raise Refusal(
            f"{other} is a candidate table and holds no patient's rows; search it with "
            "ehr.get_candidates_by_keyword or ehr.get_candidates_by_fuzzy_matching"
        )
    if other := found(written, dictionary_tables(case)):
        raise Refusal(
            f"{other} is a dictionary and holds no patient's rows; read it with ehr.run_sql_query "
            "(its names already stand beside the codes in every record tool)"
        )
    raise no_table(written, case.tables)


def any_table(case: Case, written: str) -> str:
    """The table, dictionary or candidate table that `written` names; Refusal otherwise."""
    names = (*case.tables, *dictionary_tables(case), *candidate_tables(case))
    name = found(written, names)
    if name is None:
        raise no_table(written, names)
    return name


def no_table(written: str, names: Sequence[str]) -> Refusal:
    """The refusal of a table that is not there."""
    known = found(written, TABLES)
    if known is not None:
        return Refusal(
            f"table {known} is not in this record: the store holds none of its rows; "
            f"tables: {', '.join(names)}"
        )
    return Refusal(f"no table {written!r}; {nearest(written, names)}tables: {', '.join(names)}")


def column(written: str, columns: Sequence[str], *, table: str) -> str:
    """The column that `written` names among `columns`; Refusal with the nearest otherwise."""
    name = found(written, columns)
    if name is None:
        raise Refusal(
            f"{table} has no column {written!r}; {nearest(written, columns)}"
            f"columns: {', '.join(columns)}"
        )
    return name


def found(written: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `written` spells, whatever its case, quotes or schema prefix.

    >>> found(' mimiciv_hosp."LabEvents" ', ["labevents"])
    'labevents'
    """
    wanted = written.strip().lower().rpartition(".")[2].strip("\"'` []")
    return next((name for name in names if name.lower() == wanted), None)


def nearest(written: str, names: Iterable[str], *, at_least: float = 60.0) -> str:
    """`did you mean X? ` with the most alike of `names`, or an empty text."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(
        written.lower(), sorted(names), scorer=fuzz.WRatio, score_cutoff=at_least
    )
    return f"did you mean {best[0]}? " if best else ""
