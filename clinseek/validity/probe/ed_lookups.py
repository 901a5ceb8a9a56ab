"""Look-ups from the ED: whether the visit ends in an admission, and in the ICU. See `look_up`."""

from __future__ import annotations

from clinseek.validity.probe.look_up import (
    CODES,
    HINTS,
    UNEXPLAINED,
    LookUp,
    answer,
    hint,
    of_a_stay_to_come,
)

_ARRIVAL = "(SELECT intime FROM edstays WHERE stay_id = :stay_id)"
_AFTER_ARRIVAL = (
    ("labevents", f"charttime >= {_ARRIVAL}"),
    ("transfers", f"intime >= {_ARRIVAL}"),
    ("radiology", f"charttime >= {_ARRIVAL}"),
    (
        "microbiologyevents",
        (
            f"CASE WHEN charttime IS NULL THEN date(chartdate) >= date({_ARRIVAL}) "
            f"ELSE charttime >= {_ARRIVAL} END"
        ),
    ),
    ("poe", f"ordertime >= {_ARRIVAL}"),
    ("emar", f"charttime >= {_ARRIVAL}"),
    ("services", f"transfertime >= {_ARRIVAL}"),
)
"""By table whose rows name an admission: the rows since the arrival. A culture may have a date only
(a chartdate without a charttime), and then counts on the day of the arrival."""

_NAMED = f"edstays WHERE stay_id = :stay_id AND {UNEXPLAINED}"
_LEAVING_AHEAD = hint(
    "edstays.outtime ahead", "edstays WHERE stay_id = :stay_id AND outtime > :cutoff"
)
_TRIAGE = hint(
    "triage of a visit to come",
    "triage WHERE stay_id IS NOT NULL AND stay_id NOT IN (SELECT stay_id FROM edstays)",
)

ADMISSION = (
    LookUp("hadm_id in edstays", f"SELECT 'yes' FROM {_NAMED}"),
    LookUp(
        "disposition",
        f"""SELECT {answer("disposition = 'ADMITTED'")} FROM edstays WHERE stay_id = :stay_id""",
    ),
    *(
        LookUp(f"hadm_id in {table}", f"SELECT 'yes' FROM {table} WHERE {UNEXPLAINED} AND {since}")
        for table, since in _AFTER_ARRIVAL
    ),
    LookUp(
        "edregtime of an admission to come",
        "SELECT 'yes' FROM admissions AS a JOIN edstays AS e ON e.stay_id = :stay_id "
        "WHERE abs(julianday(a.edregtime) - julianday(e.intime)) * 24 <= 1 "
        "AND coalesce(a.admittime, '9') > :cutoff",
    ),
    LookUp(
        "admissions to come", "SELECT 'yes' FROM admissions WHERE admittime > :cutoff", undated=True
    ),
    LookUp(
        "services to come",
        "SELECT 'yes' FROM services WHERE transfertime > :cutoff",
        undated=True,
    ),
    *of_a_stay_to_come(*CODES),
    _LEAVING_AHEAD,
    _TRIAGE,
    *HINTS,
)

_TWELVE_HOURS_ON = (
    "datetime(coalesce((SELECT outtime FROM edstays WHERE stay_id = :stay_id), :cutoff), "
    "'+12 hours')"
)
"""12 h from leaving the ED; where the record does not tell that yet, from the question."""
_INTENSIVE = "(careunit LIKE '%Intensive Care%' OR careunit LIKE '%ICU%' OR careunit LIKE '%CCU%')"

TO_ICU = (
    LookUp(
        "icustays to come",
        f"SELECT {answer(f'min(intime) < {_TWELVE_HOURS_ON}')} FROM icustays "
        "WHERE intime > :cutoff",
    ),
    LookUp(
        "transfers to come",
        f"SELECT {answer(f'min(intime) < {_TWELVE_HOURS_ON}')} FROM transfers "
        f"WHERE intime > :cutoff AND {_INTENSIVE}",
    ),
    LookUp(
        "disposition",
        "SELECT 'no' FROM edstays WHERE stay_id = :stay_id "
        "AND disposition NOT IN ('ADMITTED', 'TRANSFER')",
    ),
    LookUp(
        "DRG severity",
        f"SELECT {answer('max(d.drg_severity) >= 4')} FROM edstays AS e "
        "JOIN drgcodes AS d USING (hadm_id) WHERE e.stay_id = :stay_id",
    ),
    hint("hadm_id in edstays", _NAMED),
    *(
        hint(f"hadm_id in {table}", f"{table} WHERE {UNEXPLAINED} AND {since}")
        for table, since in _AFTER_ARRIVAL
    ),
    _LEAVING_AHEAD,
    _TRIAGE,
    *HINTS,
)
