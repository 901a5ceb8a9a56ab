"""Literal records for the worked cases: rows with the cells that a case speaks of."""

from collections.abc import Mapping, Sequence

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle import Cell, OracleProfile, RawRow, Reading, read_record

SUBJECT = 10000001
HEART_RATE = 220045
"""A bedside item."""

Cells = Mapping[str, object]
"""Cells by column, as a case writes them down."""

STAY: dict[str, object] = {
    "hadm_id": 2,
    "admittime": "2150-03-01 06:00:00",
    "dischtime": "2150-03-05 15:20:00",
    "discharge_location": "HOME",
    "hospital_expire_flag": 0,
}
"""An admission that ends alive."""


def row(table: str, **cells: object) -> RawRow:
    """A row of `table` with these cells; the others are empty."""
    made: RawRow = dict.fromkeys(TABLES[table].column_names)
    made["subject_id"] = SUBJECT
    for column, cell in cells.items():
        assert column in made, column
        assert cell is None or isinstance(cell, (int, float, str)), cell
        made[column] = cell
    return made


def read(profile: OracleProfile = "available", /, **tables: Sequence[Cells]) -> Reading:
    """The reading of a record with these tables and rows."""
    record = {name: [row(name, **cells) for cells in rows] for name, rows in tables.items()}
    return read_record(record, profile, bedside_items=frozenset({HEART_RATE}))


def known(table: str, profile: OracleProfile = "available", /, **cells: object) -> str | None:
    """When a lone row of `table` is known, beside the admission `STAY`."""
    return read(profile, admissions=[STAY], **{table: [cells]}).known[table][0]


def shown(reading: Reading, table: str, cutoff: str) -> list[RawRow]:
    """The rows of `table` at the cutoff, in order of known."""
    return [row for _, row in reading.at(cutoff)[table]]


def column(reading: Reading, table: str, name: str, cutoff: str) -> list[Cell]:
    """One column of `table` at the cutoff, in order of known."""
    return [row[name] for row in shown(reading, table, cutoff)]
