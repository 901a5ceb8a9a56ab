"""The SQL of the `reference` profile: the record as the published systems' rule shows it.

Pure: text in, text out. Beside the rules' `compose` it is short, because this rule masks nothing:
a row is there or not, and every cell of it stands as it does in the raw table. Where the rule is
silent: rows run by the moment they are cut by and then as they stand in the store; of several
discharge summaries of a stay (note_type DS) the first by raw note_id is the one in
`admissions.text`; its text is there as soon as the admission's row is.
"""

from __future__ import annotations

from collections.abc import Sequence

from clinseek.toolkits.ehr.availability.published import (
    ADDED,
    ALWAYS_EMPTY,
    HEAD_ENDS_AT,
    MINUTE_BEFORE,
    PUBLISHED,
    cut_column,
    cut_words,
    hour_of_date,
)
from clinseek.toolkits.ehr.case.compose import SQL_TYPE, indexes_on
from clinseek.toolkits.ehr.tables import Table

_NOTE = (
    "(SELECT note.text FROM main.discharge AS note WHERE note.hadm_id = r.hadm_id "
    "AND note.note_type = 'DS' ORDER BY note.note_id LIMIT 1)"
)
_HEAD_OF_NOTE = (
    f"(SELECT CASE WHEN instr(text, '{HEAD_ENDS_AT}') > 0 "
    f"THEN substr(text, 1, instr(text, '{HEAD_ENDS_AT}') - 1) ELSE text END "
    f"FROM (SELECT coalesce({_NOTE}, '') AS text))"
)


class PublishedRule:
    """What fills a case with the record as the published rule shows it (see `Composition`)."""

    ranked = False

    def schema(self, table: str) -> Table:
        """The table's columns as the case holds them."""
        return PUBLISHED[table]

    def event_time(self, table: str) -> str | None:
        """The column by which the table is cut."""
        return cut_column(PUBLISHED[table])

    def parents_first(self, tables: Sequence[str]) -> list[str]:
        """The order in which rows are placed; here no table waits for another."""
        return list(tables)

    def place(self, table: str, *, empty: frozenset[str]) -> list[str]:  # noqa: ARG002
        """The places of the rows shown at :cutoff: by the moment of their cut, then as stored."""
        create = f"CREATE TEMP TABLE place_{table} (seq INTEGER PRIMARY KEY, at INTEGER)"
        moment = _moment(table)
        shown, order = "1", "r.rowid"
        if table in ALWAYS_EMPTY:
            shown = "0"
        elif moment is not None:
            shown, order = f"{moment} < :cutoff", f"{moment}, r.rowid"
        place = (
            f"INSERT INTO temp.place_{table} (at) SELECT r.rowid FROM main.{table} AS r "
            f"WHERE {shown} ORDER BY {order}"
        )
        return [create, place]

    def create(self, table: str) -> str:
        """CREATE TABLE in the case: row_id first, then the columns with their types."""
        columns = ", ".join(
            f'"{column.name}" {SQL_TYPE[column.type]}' for column in PUBLISHED[table].columns
        )
        return f'CREATE TABLE "case"."{table}" (row_id INTEGER PRIMARY KEY, {columns})'

    def indexes(self, table: str) -> list[str]:
        """CREATE INDEX on the moment of the cut and on the ids."""
        return indexes_on(PUBLISHED[table], self.event_time(table))

    def fill(self, table: str) -> str:
        """INSERT ... SELECT of the placed rows, every cell as it stands in the raw table."""
        names = PUBLISHED[table].column_names
        columns = ", ".join(f'"{name}"' for name in names)
        cells = ", ".join(_cell(table, name) for name in names)
        return (
            f'INSERT INTO "case"."{table}" (row_id, {columns}) '
            f"SELECT place.seq, {cells} {self.placed_rows(table)}"
        )

    def placed_rows(self, table: str) -> str:
        """FROM the placed rows, in their order."""
        place = f"temp.place_{table} AS place"
        return f"FROM {place} CROSS JOIN main.{table} AS r ON r.rowid = place.at"

    def waiting(self, table: str) -> dict[str, str]:  # noqa: ARG002
        """Cells that wait for a moment of their own: none, nothing is masked."""
        return {}

    def first_known(self, table: str) -> str:
        """The first moment at which anything of the table is shown; '' for always."""
        return f"SELECT min({_known(table)}) FROM main.{table} AS r"

    def words(self, table: str) -> str:
        """When a row is shown, in words."""
        return cut_words(table)

    def place_parents(self) -> list[str]:
        """Nothing refers to another table's place here."""
        return []

    def moment(self, table: str, column: str | None) -> str:  # noqa: ARG002
        """The row's moment, for each of its cells: nothing of a row is masked."""
        return _known(table)

    def raw_rows(self, table: str) -> str:
        """FROM every raw row of the table."""
        return f"FROM main.{table} AS r"


def _known(table: str) -> str:
    """The first moment at which a row is shown, as SQL: the second after the one it is cut by.

    '' means always, NULL never.
    """
    if table in ALWAYS_EMPTY:
        return "NULL"
    moment = _moment(table)
    return "''" if moment is None else f"datetime({moment}, '+1 second')"


def _moment(table: str) -> str | None:
    """The moment by which a row is cut, as SQL; None where the table is shown whole."""
    cut = cut_column(PUBLISHED[table])
    return None if cut is None else _cell(table, cut)


def _cell(table: str, column: str) -> str:
    added = ADDED.get(table)
    if added is not None and column == added.name:
        return _added_cell(table)
    hour = hour_of_date(table)
    if hour is not None and column == cut_column(PUBLISHED[table]):
        return f"r.{column} || ' {hour}'"
    return f"r.{column}"


def _added_cell(table: str) -> str:
    if table == "admissions":
        return _HEAD_OF_NOTE
    made = MINUTE_BEFORE[table]
    return (
        f"(SELECT max(datetime(stay.{made.moment}, '-1 minute')) FROM main.{made.table} AS stay "
        f"WHERE stay.{made.key} = r.{made.key})"
    )
