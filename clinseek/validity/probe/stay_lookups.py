"""Look-ups about a stay that goes on: how it ends, how long it lasts. See `look_up`."""

from __future__ import annotations

from clinseek.validity.probe.look_up import (
    CODES,
    GAPS,
    HEAD_OF_NOTE,
    HINTS,
    STAY,
    LookUp,
    anchor_says,
    answer,
    days_between,
    hint,
    of_the_stay,
    shown_ahead,
)

_GRAVE_CODES = "'Z515', 'V667', 'Z66', 'V4986', 'I469', 'I462', 'I468', '4275', 'G9382', '34882'"
"""Palliative care, do not resuscitate, cardiac arrest, brain death (ICD-10 and ICD-9): the codes
that make ICD-only models of in-hospital death so good (Ramadan 2025, see the availability page)."""
_LONG_VENTILATION = "'5A1955Z', '9672', '0B110F4', '311'"
"""Ventilation of more than 96 h, tracheostomy (ICD-10-PCS and ICD-9): codes of a long ICU stay."""

_IN_ICU_YET = "coalesce(i.outtime, '9') > :cutoff"

_FLAG = LookUp("hospital_expire_flag", f"SELECT {answer('a.hospital_expire_flag = 1')} {STAY}")
_DEATHTIME = LookUp("deathtime", f"SELECT 'yes' {STAY} AND a.deathtime IS NOT NULL")
_LOCATION = LookUp(
    "discharge_location", f"""SELECT {answer("a.discharge_location = 'DIED'")} {STAY}"""
)
_DOD = LookUp(
    "dod",
    f"SELECT {answer('p.dod <= coalesce(date(a.dischtime), p.dod)')} "
    "FROM patients AS p JOIN admissions AS a USING (subject_id) "
    "WHERE a.hadm_id = :hadm_id AND p.dod >= date(:cutoff)",
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
    reference_column=HEAD_OF_NOTE,
)
_ENDS_AHEAD = (
    shown_ahead("admissions", "dischtime", key="hadm_id"),
    shown_ahead("transfers", "outtime", key="hadm_id"),
    shown_ahead("icustays", "outtime", key="hadm_id"),
    hint(
        "icustays.los ahead",
        f"icustays AS i WHERE i.hadm_id = :hadm_id AND i.los IS NOT NULL AND {_IN_ICU_YET}",
    ),
)

DEATH = (
    _FLAG, _DEATHTIME, _LOCATION, _DOD, _DRG_MORTALITY, _DRG_DEATH, _CODED_DEATH, _NOTE_DEATH,
    _HEAD_DEATH, anchor_says("no"), *_ENDS_AHEAD, *of_the_stay("procedures_icd", "hcpcsevents"),
    *GAPS,
)  # fmt: skip

ICU_DEATH = (
    LookUp(
        "deathtime within the ICU stay",
        f"SELECT {answer('a.deathtime <= i.outtime')} FROM icustays AS i "
        "JOIN admissions AS a ON a.hadm_id = :hadm_id WHERE i.stay_id = :stay_id",
    ),
    LookUp(
        "dod, with outtime or los",
        f"SELECT {answer('p.dod <= date(coalesce(i.outtime, julianday(i.intime) + i.los))')} "
        "FROM icustays AS i JOIN patients AS p USING (subject_id) "
        f"WHERE i.stay_id = :stay_id AND p.dod >= date(:cutoff) AND {_IN_ICU_YET}",
    ),
    *DEATH,
)


def longer(days: int) -> tuple[LookUp, ...]:
    """Whether an admission lasts longer than so many days."""

    def from_admission(name: str, moment: str, rows: str) -> LookUp:
        lasts = answer(f"{days_between(moment, 'a.admittime')} > {days}")
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
            f"JOIN icustays AS i ON i.hadm_id = a.hadm_id AND {_IN_ICU_YET} "
            "WHERE a.hadm_id = :hadm_id",
        ),
        *(ending(table, column) for table, column in _ORDERED_UNTIL),
        ending("procedures_icd", "chartdate"),
        LookUp(
            "DRG severity",
            f"SELECT {answer('max(drg_severity) >= 3')} FROM drgcodes WHERE hadm_id = :hadm_id",
        ),
        _many_codes(5 + 2 * days),
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
        *HINTS,
    )  # fmt: skip


_ORDERED_UNTIL = (
    ("prescriptions", "stoptime"),
    ("pharmacy", "stoptime"),
    ("inputevents", "endtime"),
    ("procedureevents", "endtime"),
)


def _many_codes(number: int) -> LookUp:
    """A stay with that many ICD codes is taken for a long one."""
    many = answer(f"nullif(count(*), 0) >= {number}")
    return LookUp(
        "number of ICD codes", f"SELECT {many} FROM diagnoses_icd WHERE hadm_id = :hadm_id"
    )


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
        lasts = answer(f"{days_between('later.moment', 'i.intime')} >= {days}")
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
        ending("pharmacy", "stoptime", "hadm_id"),
        ending("admissions", "deathtime", "hadm_id"),
        ending("admissions", "dischtime", "hadm_id"),
        LookUp(
            "ICD procedures of the stay",
            "SELECT 'yes' FROM procedures_icd WHERE hadm_id = :hadm_id "
            f"AND icd_code IN ({_LONG_VENTILATION})",
        ),
        LookUp(
            "DRG description",
            "SELECT 'yes' FROM drgcodes WHERE hadm_id = :hadm_id "
            "AND description LIKE '%VENT%96%HOURS%'",
        ),
        LookUp(
            "DRG severity",
            f"SELECT {answer('max(drg_severity) >= 4')} FROM drgcodes WHERE hadm_id = :hadm_id",
        ),
        _many_codes(5 + 2 * days),
        *of_the_stay(*CODES),
        *HINTS,
    )
