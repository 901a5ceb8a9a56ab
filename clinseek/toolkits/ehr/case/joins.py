"""What the rules may look at beside their own row, made once a case in temporary tables.

Each is unique by its id, so a join never multiplies rows; where a raw table names an id twice the
later moment counts.
"""

from __future__ import annotations

import sqlite3

from clinseek.toolkits.ehr.availability.beside import BESIDE

ON: dict[str, str] = {
    "admission": "admission.hadm_id = r.hadm_id",
    "death": "death.subject_id = r.subject_id",
    "icustay": "icustay.stay_id = r.stay_id",
    "orders": "orders.poe_id = r.poe_id",
    "pharmacy": "pharmacy.pharmacy_id = r.pharmacy_id",
    "consult": "consult.poe_id = r.poe_id",
    "edstay": "edstay.stay_id = r.stay_id",
    "study": "study.studydatetime = r.studydatetime",
    "emar": "emar.raw = r.emar_id",
    "discharge": "discharge.raw = r.note_id",
    "radiology": "radiology.raw = r.note_id",
    "addendum": "addendum.raw = r.field_value AND r.field_name IN ('addendum_note_id', "
    "'parent_note_id')",
}
"""How each join finds its row."""

SOURCE: dict[str, str] = {
    "admission": "temp.admission",
    "death": "temp.death",
    "icustay": "temp.icustay",
    "orders": "temp.orders",
    "pharmacy": "temp.pharmacy",
    "consult": "temp.consult",
    "edstay": "temp.edstay",
    "study": "temp.study",
    "emar": "temp.number_emar",
    "discharge": "temp.number_discharge",
    "radiology": "temp.number_radiology",
    "addendum": "temp.number_radiology",
}
"""The temporary table behind each join."""


def prepare_joins(connection: sqlite3.Connection, *, vocabulary: bool) -> None:
    """Make the joins that need no re-numbering, and the items that are charted at the bedside."""
    for name, (columns, rows) in BESIDE.items():
        connection.execute(f"CREATE TEMP TABLE {name} ({columns}) WITHOUT ROWID")
        connection.execute(f"INSERT INTO temp.{name} {rows}")
    connection.execute("CREATE TEMP TABLE bedside_items (itemid INTEGER PRIMARY KEY)")
    charted = connection.execute("SELECT 1 FROM main.chartevents LIMIT 1").fetchone()
    if charted and vocabulary and _holds_items(connection):
        connection.execute(
            "INSERT INTO temp.bedside_items SELECT itemid FROM vocabulary.d_items "
            "WHERE category <> 'Labs' AND itemid IS NOT NULL GROUP BY itemid"
        )


def _holds_items(connection: sqlite3.Connection) -> bool:
    found = connection.execute(
        "SELECT 1 FROM vocabulary.sqlite_schema WHERE type = 'table' AND name = 'd_items'"
    )
    return found.fetchone() is not None


def joined(*names: str) -> str:
    """The LEFT JOINs by name.

    >>> joined("edstay")
    'LEFT JOIN temp.edstay AS edstay ON edstay.stay_id = r.stay_id'
    """
    return " ".join(f"LEFT JOIN {SOURCE[name]} AS {name} ON {ON[name]}" for name in names)
