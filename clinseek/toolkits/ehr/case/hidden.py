"""How much each rule hid: counted beside the case, by the harness, never inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clinseek.toolkits.ehr.availability import profile_named
from clinseek.toolkits.ehr.case.build import (
    PatientRecords,
    opened_store,
    patient_tables,
    place_rows,
)
from clinseek.toolkits.ehr.case.case import CaseKey
from clinseek.toolkits.ehr.case.composition import composition_of
from clinseek.toolkits.ehr.case.cutoff import read_cutoff
from clinseek.toolkits.ehr.case.sheet import Sheet, raw_sheet


@dataclass(frozen=True)
class Hidden:
    """One table of a case: its rows in the store, those known, and the cells that wait.

    `cells` counts, by column, the cells of known rows that hold something and are not shown yet (or
    never are). `rule` says in words when a row enters the record.
    """

    table: str
    rows: int
    known: int
    cells: dict[str, int]
    rule: str


def hidden(
    store: PatientRecords | str | Path,
    subject_id: int,
    *,
    cutoff: str | datetime,
    profile: str = "available",
) -> list[Hidden]:
    """What `profile` hides of `subject_id` at `cutoff`, table by table.

    Under `reference` no cell of a row that is shown ever waits: only whole rows are hidden.
    Raises what `open_case` raises, but for a cutoff before the first record, where all is hidden.
    """
    records = opened_store(store)
    key = CaseKey(str(records.path), subject_id, read_cutoff(cutoff), profile_named(profile))
    tables = patient_tables(records)
    vocabulary = records.vocabulary if records.vocabulary.is_file() else None
    rows, ranked = records.read_subject(subject_id), composition_of(key.profile).ranked
    with raw_sheet(rows, vocabulary=vocabulary, ranked=ranked) as sheet:
        place_rows(sheet, tables, key)
        return [_hidden_of(sheet, table, key) for table in tables]


def _hidden_of(sheet: Sheet, table: str, key: CaseKey) -> Hidden:
    composition = composition_of(key.profile)
    waiting = composition.waiting(table)
    counts = "".join(f", count(r.{column}) - count({cell})" for column, cell in waiting.items())
    known, *cells = sheet.connection.execute(
        f"SELECT count(*){counts} {composition.placed_rows(table)}", {"cutoff": key.cutoff}
    ).fetchone()
    (rows,) = sheet.connection.execute(f"SELECT count(*) FROM main.{table}").fetchone()
    by_column = dict(zip(waiting, cells, strict=True))
    return Hidden(
        table=table,
        rows=rows,
        known=known,
        cells={column: count for column, count in by_column.items() if count},
        rule=composition.words(table),
    )
