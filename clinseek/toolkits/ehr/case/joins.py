"""What the rules may look at beside their own row, made once a case in temporary tables.

Each is unique by its id, so a join never multiplies rows; where a raw table names an id twice the
later moment counts.
"""

from __future__ import annotations

import sqlite3

from clinseek.toolkits.ehr.availability.clauses import both, first_there, latest

ON: dict[str, str] = {
    "admission": "admission.hadm_id = r.hadm_id",
    "death": "death.subject_id = r.subject_id",
    "icustay": "icustay.stay_id = r.stay_id",
    "orders": "orders.poe_id = r.poe_id",
    "pharmacy": "pharmacy.pharmacy_id = r.pharmacy_id",
    "consult": "consult.poe_id = r.poe_id",
    "edstay": "edstay.stay_id = r.stay_id",
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
    "emar": "temp.number_emar",
    "discharge": "temp.number_discharge",
    "radiology": "temp.number_radiology",
    "addendum": "temp.number_radiology",
}
"""The temporary table behind each join."""

# A stay whose clocks are crossed (dischtime before admittime) has not ended before it began.
_DISCHARGED = both(
    first_there("dischtime", "deathtime"), latest("admittime", "dischtime", "deathtime")
)
_DEATHS = (
    f"SELECT subject_id, max({_DISCHARGED}) FROM main.admissions "
    "WHERE deathtime IS NOT NULL OR hospital_expire_flag = 1 GROUP BY subject_id"
)
_ADMISSIONS = (
    f"SELECT hadm_id, max(admittime), max({_DISCHARGED}) FROM main.admissions "
    "WHERE hadm_id IS NOT NULL GROUP BY hadm_id"
)
_CONSULTS = (
    "SELECT poe_id, max(datetime(field_value)) FROM main.poe_detail "
    "WHERE field_name = 'Consult Status Time' AND poe_id IS NOT NULL GROUP BY poe_id"
)


def _latest_by(table: str, key: str, *moments: str) -> str:
    latest_of = ", ".join(f"max({moment})" for moment in moments)
    return f"SELECT {key}, {latest_of} FROM main.{table} WHERE {key} IS NOT NULL GROUP BY {key}"


_SIMPLE: dict[str, tuple[str, str]] = {
    "admission": ("hadm_id INTEGER PRIMARY KEY, admittime TEXT, discharged TEXT", _ADMISSIONS),
    "death": ("subject_id INTEGER PRIMARY KEY, discharged TEXT", _DEATHS),
    "orders": ("poe_id TEXT PRIMARY KEY, ordertime TEXT", _latest_by("poe", "poe_id", "ordertime")),
    "pharmacy": (
        "pharmacy_id INTEGER PRIMARY KEY, entertime TEXT",
        _latest_by("pharmacy", "pharmacy_id", "entertime"),
    ),
    "consult": ("poe_id TEXT PRIMARY KEY, moment TEXT", _CONSULTS),
    "icustay": (
        "stay_id INTEGER PRIMARY KEY, intime TEXT",
        _latest_by("icustays", "stay_id", "intime"),
    ),
    "edstay": (
        "stay_id INTEGER PRIMARY KEY, intime TEXT, outtime TEXT",
        _latest_by("edstays", "stay_id", "intime", "outtime"),
    ),
}


def prepare_joins(connection: sqlite3.Connection, *, vocabulary: bool) -> None:
    """Make the joins that need no re-numbering, and the items that are charted at the bedside."""
    for name, (columns, rows) in _SIMPLE.items():
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
