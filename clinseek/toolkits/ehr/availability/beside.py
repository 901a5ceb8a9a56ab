"""What the rules look at beside their own row: stays, orders, entries, each by its id, and more.

For each its columns and the SQL that fills it from the patient's raw rows. Where a raw table names
an id twice the later moment counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from clinseek.toolkits.ehr.availability.clauses import both, first_there, later, latest

# A stay whose clocks are crossed (dischtime before admittime) has not ended before it began, and
# one that never began has no end.
_DISCHARGED = both(
    "admittime",
    both(first_there("dischtime", "deathtime"), latest("admittime", "dischtime", "deathtime")),
)
_ED_LEFT = both("intime", both("outtime", latest("intime", "outtime")))
# The first death counts: a stay after it (an organ donor's) must not hide again what was known.
_DEATHS = (
    f"SELECT subject_id, min({_DISCHARGED}) FROM main.admissions "
    "WHERE deathtime IS NOT NULL OR hospital_expire_flag = 1 GROUP BY subject_id"
)
_ADMISSIONS = (
    f"SELECT hadm_id, max(admittime), max({_DISCHARGED}) FROM main.admissions "
    "WHERE hadm_id IS NOT NULL GROUP BY hadm_id"
)
# A bare date is the end of that day.
_CONSULTED = (
    "datetime(CASE WHEN length(trim(field_value)) = 10 THEN trim(field_value) || ' 23:59:59' "
    "ELSE field_value END)"
)
_CONSULTS = (
    f"SELECT poe_id, max({_CONSULTED}) FROM main.poe_detail "
    "WHERE field_name = 'Consult Status Time' AND poe_id IS NOT NULL GROUP BY poe_id"
)

# An X-ray names no note. Notes of about its hour may be its report, and all of them are waited for:
# one too many only hides for longer, one too few would show a finding before anyone had read it.
_STORED = first_there("storetime", later("charttime", "+24 hours"))
_NOTES = f"SELECT charttime, max(charttime, {_STORED}) AS signed FROM main.radiology"
_STUDIES = (
    f"SELECT image.studydatetime, max(note.signed) FROM main.cxr AS image CROSS JOIN ({_NOTES}) "
    "AS note ON note.signed > image.studydatetime AND note.charttime "
    f"BETWEEN {later('image.studydatetime', '-2 hours')} "
    f"AND {later('image.studydatetime', '+2 hours')} GROUP BY image.studydatetime"
)


def _latest_by(table: str, key: str, *moments: str) -> str:
    latest_of = ", ".join(f"max({moment})" for moment in moments)
    return f"SELECT {key}, {latest_of} FROM main.{table} WHERE {key} IS NOT NULL GROUP BY {key}"


BESIDE: Mapping[str, tuple[str, str]] = {
    "admission": ("hadm_id INTEGER PRIMARY KEY, admittime TEXT, discharged TEXT", _ADMISSIONS),
    "death": ("subject_id INTEGER PRIMARY KEY, discharged TEXT", _DEATHS),
    "orders": ("poe_id TEXT PRIMARY KEY, ordertime TEXT", _latest_by("poe", "poe_id", "ordertime")),
    "pharmacy": (
        "pharmacy_id INTEGER PRIMARY KEY, entertime TEXT, in_event TEXT",
        _latest_by(
            "pharmacy",
            "pharmacy_id",
            "entertime",
            both("entertime", latest("entertime", first_there("starttime", "entertime"))),
        ),
    ),
    "consult": ("poe_id TEXT PRIMARY KEY, moment TEXT", _CONSULTS),
    "icustay": (
        "stay_id INTEGER PRIMARY KEY, intime TEXT",
        _latest_by("icustays", "stay_id", "intime"),
    ),
    "edstay": (
        "stay_id INTEGER PRIMARY KEY, intime TEXT, outtime TEXT",
        _latest_by("edstays", "stay_id", "intime", _ED_LEFT),
    ),
    "study": ("studydatetime TEXT PRIMARY KEY, reported TEXT", _STUDIES),
}
"""By name: the columns, the id first, and the SELECT of their rows."""
