"""Look-ups about a stay that goes on: how it ends, how long it lasts. See `lookups`."""

from __future__ import annotations

from typing import NamedTuple


class LookUp(NamedTuple):
    """One look-up: what it looks at, and the SQL whose first column is the answer.

    A `hint` says that something is hidden, not what: an agent would not take it for an answer, but
    a record that promises to hold nothing of the future must not give it.
    """

    name: str
    sql: str
    hint: bool = False


STAY = "FROM admissions AS a WHERE a.hadm_id = :hadm_id"
_GRAVE_CODES = "'Z515', 'V667', 'Z66', 'V4986', 'I469', 'I462', 'I468', '4275', 'G9382', '34882'"
"""Palliative care, do not resuscitate, cardiac arrest, brain death (ICD-10 and ICD-9): the codes
that make ICD-only models of in-hospital death so good (Ramadan 2025, see the availability page)."""


def answer(condition: str) -> str:
    """Yes or no by an SQL condition; NULL, which is no answer, where that is NULL."""
    return f"CASE WHEN {condition} THEN 'yes' WHEN NOT ({condition}) THEN 'no' END"


def _days(moment: str, since: str) -> str:
    return f"(julianday({moment}) - julianday({since}))"


_FLAG = LookUp("hospital_expire_flag", f"SELECT {answer('a.hospital_expire_flag = 1')} {STAY}")
_DEATHTIME = LookUp("deathtime", f"SELECT 'yes' {STAY} AND a.deathtime IS NOT NULL")
_LOCATION = LookUp(
    "discharge_location", f"""SELECT {answer("a.discharge_location = 'DIED'")} {STAY}"""
)
_DOD = LookUp(
    "dod",
    f"SELECT {answer('p.dod <= coalesce(date(a.dischtime), p.dod)')} "
    "FROM patients AS p JOIN admissions AS a USING (subject_id) "
    "WHERE a.hadm_id = :hadm_id AND p.dod >= date(a.admittime)",
)
_DRG_MORTALITY = LookUp(
    "DRG mortality",
    f"SELECT {answer('max(drg_mortality) >= 4')} FROM drgcodes WHERE hadm_id = :hadm_id",
)
_DRG_DEATH = LookUp(
    "DRG description",
    "SELECT 'yes' FROM drgcodes WHERE hadm_id = :hadm_id AND description LIKE '%EXPIRED%'",
)
_CODED_DEATH = LookUp(
    "ICD codes of the stay",
    f"SELECT {answer(f'sum(icd_code IN ({_GRAVE_CODES})) > 0')} "
    "FROM diagnoses_icd WHERE hadm_id = :hadm_id",
)
_NOTE_DEATH = LookUp(
    "discharge note",
    f"""SELECT {answer("max(instr(lower(text), 'expired')) > 0")} """
    "FROM discharge WHERE hadm_id = :hadm_id",
)
_HEAD_DEATH = LookUp(
    "head of the note in admissions",
    f"""SELECT {answer("a.text LIKE '%expired%' OR a.text LIKE '%passed away%'")} """
    f"{STAY} AND a.text <> ''",
)

DEATH = (
    _FLAG, _DEATHTIME, _LOCATION, _DOD, _DRG_MORTALITY, _DRG_DEATH, _CODED_DEATH, _NOTE_DEATH,
    _HEAD_DEATH,
)  # fmt: skip

ICU_DEATH = (
    LookUp(
        "deathtime within the ICU stay",
        f"SELECT {answer('a.deathtime <= i.outtime')} FROM icustays AS i "
        "JOIN admissions AS a ON a.hadm_id = :hadm_id WHERE i.stay_id = :stay_id",
    ),
    *DEATH,
)


def longer(days: int) -> tuple[LookUp, ...]:
    """Whether an admission lasts longer than so many days."""

    def from_admission(name: str, moment: str, rows: str) -> LookUp:
        lasts = answer(f"{_days(moment, 'a.admittime')} > {days}")
        return LookUp(name, f"SELECT {lasts} FROM admissions AS a {rows}")

    def ending(table: str, column: str) -> LookUp:
        rows = (
            f"JOIN (SELECT max({column}) AS moment FROM {table} "
            f"WHERE hadm_id = :hadm_id AND {column} > :cutoff) AS later WHERE a.hadm_id = :hadm_id"
        )
        return from_admission(f"{table}.{column}", "later.moment", rows)

    stay = "WHERE a.hadm_id = :hadm_id"
    return (
        from_admission("dischtime", "a.dischtime", stay),
        from_admission("deathtime", "a.deathtime", stay),
        ending("transfers", "outtime"),
        ending("icustays", "outtime"),
        from_admission(
            "icustays.los",
            "julianday(i.intime) + i.los",
            "JOIN icustays AS i ON i.hadm_id = a.hadm_id AND coalesce(i.outtime, '9') > :cutoff "
            "WHERE a.hadm_id = :hadm_id",
        ),
        ending("prescriptions", "stoptime"),
        ending("inputevents", "endtime"),
        ending("procedureevents", "endtime"),
        LookUp(
            "DRG severity",
            f"SELECT {answer('max(drg_severity) >= 3')} FROM drgcodes WHERE hadm_id = :hadm_id",
        ),
        LookUp(
            "billed as observation",
            "SELECT 'no' FROM hcpcsevents WHERE hadm_id = :hadm_id "
            "AND short_description LIKE 'Hospital observation%'",
        ),
        from_admission(
            "discharge note", "n.charttime", "JOIN discharge AS n USING (hadm_id) "
            "WHERE a.hadm_id = :hadm_id",
        ),
        LookUp("order numbers to come", _orders_to_come(days)),
    )  # fmt: skip


def _orders_to_come(days: int) -> str:
    """Order numbers beyond the last order, against the orders of the stay's first day."""
    return (
        f"SELECT {answer(f'beyond > {days - 1} * placed')} FROM (SELECT "
        "(SELECT max(poe_seq) FROM poe_detail) - (SELECT max(poe_seq) FROM poe) AS beyond, "
        "(SELECT count(*) FROM poe WHERE hadm_id = :hadm_id) AS placed) WHERE beyond > 0"
    )


def icu_at_least(days: int) -> tuple[LookUp, ...]:
    """Whether an ICU stay lasts so many days or more."""

    def ending(table: str, column: str, key: str) -> LookUp:
        lasts = answer(f"{_days('later.moment', 'i.intime')} >= {days}")
        return LookUp(
            f"{table}.{column}",
            f"SELECT {lasts} FROM icustays AS i JOIN (SELECT max({column}) AS moment FROM {table} "
            f"WHERE {key} = :{key} AND {column} > :cutoff) AS later WHERE i.stay_id = :stay_id",
        )

    return (
        LookUp("los", f"SELECT {answer(f'los >= {days}')} FROM icustays WHERE stay_id = :stay_id"),
        ending("icustays", "outtime", "stay_id"),
        ending("transfers", "outtime", "hadm_id"),
        ending("procedureevents", "endtime", "stay_id"),
        ending("inputevents", "endtime", "stay_id"),
        ending("prescriptions", "stoptime", "hadm_id"),
        ending("admissions", "dischtime", "hadm_id"),
        LookUp(
            "DRG description",
            "SELECT 'yes' FROM drgcodes WHERE hadm_id = :hadm_id "
            "AND description LIKE '%VENT%96%HOURS%'",
        ),
    )
