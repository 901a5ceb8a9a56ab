"""The look-ups that a lazy agent would try: SQL over a case, the same for every profile.

A look-up selects its answer in the first column: `yes`, `no`, a category, or one code a row for a
set. No row, or NULL, is no answer. It knows `:cutoff` and the ids of the stay that is asked about
(`:hadm_id`, `:stay_id`). It must answer only where the record holds something of the future of that
stay: what is past at the cutoff, such as the discharge of an earlier stay, is no answer, and each
condition on `:cutoff` below is there for that. Absence is no answer either.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class LookUp(NamedTuple):
    """One look-up: what it looks at, and the SQL whose first column is the answer.

    A `hint` says that something is hidden, not what: an agent would not take it for an answer, but
    a record that promises to hold nothing of the future must not give it.
    """

    name: str
    sql: str
    hint: bool = False


_STAY = "FROM admissions AS a WHERE a.hadm_id = :hadm_id"
_UNEXPLAINED = (
    "hadm_id IS NOT NULL "
    "AND hadm_id NOT IN (SELECT hadm_id FROM admissions WHERE hadm_id IS NOT NULL)"
)
_GRAVE_CODES = "'Z515', 'V667', 'Z66', 'V4986', 'I469', 'I462', 'I468', '4275', 'G9382', '34882'"
"""Palliative care, do not resuscitate, cardiac arrest, brain death (ICD-10 and ICD-9): the codes
that make ICD-only models of in-hospital death so good (Ramadan 2025, see the availability page)."""


def _answer(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 'yes' WHEN NOT ({condition}) THEN 'no' END"


def _days(moment: str, since: str) -> str:
    return f"(julianday({moment}) - julianday({since}))"


_FLAG = LookUp("hospital_expire_flag", f"SELECT {_answer('a.hospital_expire_flag = 1')} {_STAY}")
_DEATHTIME = LookUp("deathtime", f"SELECT 'yes' {_STAY} AND a.deathtime IS NOT NULL")
_LOCATION = LookUp(
    "discharge_location", f"""SELECT {_answer("a.discharge_location = 'DIED'")} {_STAY}"""
)
_DOD = LookUp(
    "dod",
    f"SELECT {_answer('p.dod <= coalesce(date(a.dischtime), p.dod)')} "
    "FROM patients AS p JOIN admissions AS a USING (subject_id) "
    "WHERE a.hadm_id = :hadm_id AND p.dod >= date(a.admittime)",
)
_DRG_MORTALITY = LookUp(
    "DRG mortality",
    f"SELECT {_answer('max(drg_mortality) >= 4')} FROM drgcodes WHERE hadm_id = :hadm_id",
)
_DRG_DEATH = LookUp(
    "DRG description",
    "SELECT 'yes' FROM drgcodes WHERE hadm_id = :hadm_id AND description LIKE '%EXPIRED%'",
)
_CODED_DEATH = LookUp(
    "ICD codes of the stay",
    f"SELECT {_answer(f'sum(icd_code IN ({_GRAVE_CODES})) > 0')} "
    "FROM diagnoses_icd WHERE hadm_id = :hadm_id",
)
_NOTE_DEATH = LookUp(
    "discharge note",
    f"""SELECT {_answer("max(instr(lower(text), 'expired')) > 0")} """
    "FROM discharge WHERE hadm_id = :hadm_id",
)
_HEAD_DEATH = LookUp(
    "head of the note in admissions",
    f"""SELECT {_answer("a.text LIKE '%expired%' OR a.text LIKE '%passed away%'")} """
    f"{_STAY} AND a.text <> ''",
)

_DEATH = (
    _FLAG, _DEATHTIME, _LOCATION, _DOD, _DRG_MORTALITY, _DRG_DEATH, _CODED_DEATH, _NOTE_DEATH,
    _HEAD_DEATH,
)  # fmt: skip

_ICU_DEATH = (
    LookUp(
        "deathtime within the ICU stay",
        f"SELECT {_answer('a.deathtime <= i.outtime')} FROM icustays AS i "
        "JOIN admissions AS a ON a.hadm_id = :hadm_id WHERE i.stay_id = :stay_id",
    ),
    *_DEATH,
)


def _longer(days: int) -> tuple[LookUp, ...]:
    """Whether an admission lasts longer than so many days."""

    def from_admission(name: str, moment: str, rows: str) -> LookUp:
        lasts = _answer(f"{_days(moment, 'a.admittime')} > {days}")
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
            f"SELECT {_answer('max(drg_severity) >= 3')} FROM drgcodes WHERE hadm_id = :hadm_id",
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
        f"SELECT {_answer(f'beyond > {days - 1} * placed')} FROM (SELECT "
        "(SELECT max(poe_seq) FROM poe_detail) - (SELECT max(poe_seq) FROM poe) AS beyond, "
        "(SELECT count(*) FROM poe WHERE hadm_id = :hadm_id) AS placed) WHERE beyond > 0"
    )


def _icu_at_least(days: int) -> tuple[LookUp, ...]:
    """Whether an ICU stay lasts so many days or more."""

    def ending(table: str, column: str, key: str) -> LookUp:
        lasts = _answer(f"{_days('later.moment', 'i.intime')} >= {days}")
        return LookUp(
            f"{table}.{column}",
            f"SELECT {lasts} FROM icustays AS i JOIN (SELECT max({column}) AS moment FROM {table} "
            f"WHERE {key} = :{key} AND {column} > :cutoff) AS later WHERE i.stay_id = :stay_id",
        )

    return (
        LookUp("los", f"SELECT {_answer(f'los >= {days}')} FROM icustays WHERE stay_id = :stay_id"),
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


def _with_hadm_id(table: str, column: str) -> LookUp:
    """A hadm_id on rows of this ED visit that no admission in the record explains."""
    return LookUp(
        f"hadm_id in {table}",
        f"SELECT 'yes' FROM {table} WHERE {_UNEXPLAINED} AND {column} >= "
        "(SELECT intime FROM edstays WHERE stay_id = :stay_id)",
    )


_ADMISSION = (
    LookUp(
        "hadm_id in edstays",
        f"SELECT 'yes' FROM edstays WHERE stay_id = :stay_id AND {_UNEXPLAINED}",
    ),
    LookUp(
        "disposition",
        f"""SELECT {_answer("disposition = 'ADMITTED'")} FROM edstays WHERE stay_id = :stay_id""",
    ),
    _with_hadm_id("labevents", "charttime"),
    _with_hadm_id("transfers", "intime"),
    _with_hadm_id("radiology", "charttime"),
    _with_hadm_id("microbiologyevents", "chartdate"),
    LookUp("admissions to come", "SELECT 'yes' FROM admissions WHERE admittime > :cutoff"),
    LookUp("DRG of a stay to come", f"SELECT 'yes' FROM drgcodes WHERE {_UNEXPLAINED}"),
)

_TO_ICU = (
    LookUp(
        "icustays to come",
        "SELECT 'yes' FROM icustays WHERE intime > :cutoff",
    ),
    LookUp(
        "disposition",
        "SELECT 'no' FROM edstays WHERE stay_id = :stay_id "
        "AND disposition NOT IN ('ADMITTED', 'TRANSFER')",
    ),
    LookUp(
        "DRG severity",
        f"SELECT {_answer('max(d.drg_severity) >= 4')} FROM edstays AS e "
        "JOIN drgcodes AS d USING (hadm_id) WHERE e.stay_id = :stay_id",
    ),
)


def _back_within(days: int) -> tuple[LookUp, ...]:
    """Whether the patient is readmitted within so many days; those who ask stand at discharge."""
    soon = f"<= datetime(:cutoff, '+{days} days')"
    return (
        LookUp(
            "admissions to come",
            f"SELECT {_answer(f'min(admittime) {soon}')} FROM admissions WHERE admittime > :cutoff",
        ),
        LookUp(
            "edstays to come",
            f"SELECT {_answer(f'min(intime) {soon}')} FROM edstays WHERE intime > :cutoff",
        ),
        LookUp(
            "dod",
            f"SELECT 'no' FROM patients WHERE dod BETWEEN date(:cutoff) "
            f"AND date(:cutoff, '+{days} days')",
        ),
        LookUp(
            "times of consults to come",
            f"SELECT {_answer(f'min(datetime(field_value)) {soon}')} FROM poe_detail "
            "WHERE field_name = 'Consult Status Time' AND datetime(field_value) > :cutoff",
        ),
        LookUp("DRG of a stay to come", f"SELECT 'yes' FROM drgcodes WHERE {_UNEXPLAINED}"),
        LookUp(
            "triage of a visit to come",
            "SELECT 'yes' FROM triage WHERE stay_id IS NOT NULL "
            "AND stay_id NOT IN (SELECT stay_id FROM edstays)",
        ),
        LookUp(
            "anchor_year",
            "SELECT 'yes' FROM patients WHERE anchor_year > CAST(substr(:cutoff, 1, 4) AS INTEGER)",
        ),
        LookUp(
            "order numbers to come",
            "SELECT 'yes' FROM poe_detail WHERE poe_seq > (SELECT max(poe_seq) FROM poe)",
        ),
        LookUp(
            "dose numbers to come",
            "SELECT 'yes' FROM emar_detail WHERE emar_seq > (SELECT max(emar_seq) FROM emar)",
        ),
        LookUp(
            "details of a note to come",
            "SELECT 'yes' FROM radiology_detail WHERE note_id IS NOT NULL "
            "AND note_id NOT IN (SELECT note_id FROM radiology)",
        ),
        *(
            LookUp(
                f"gaps in {column}",
                f"SELECT CASE WHEN max({column}) - min({column}) + 1 > count(DISTINCT {column}) "
                f"THEN 'yes' END FROM {table}",
                hint=True,
            )
            for table, column in (
                ("labevents", "labevent_id"),
                ("poe", "poe_seq"),
                ("emar", "emar_seq"),
                ("discharge", "note_seq"),
            )
        ),
    )


_WHERE_TO = (
    LookUp("discharge_location", f"SELECT a.discharge_location {_STAY}"),
    LookUp("hospital_expire_flag", f"SELECT 'DIED' {_STAY} AND a.hospital_expire_flag = 1"),
    LookUp("deathtime", f"SELECT 'DIED' {_STAY} AND a.deathtime IS NOT NULL"),
    LookUp(
        "discharge note",
        "SELECT CASE WHEN told LIKE 'Home With Service%' THEN 'HOME HEALTH CARE' "
        "WHEN told LIKE 'Home%' THEN 'HOME' WHEN told LIKE 'Expired%' THEN 'DIED' "
        "WHEN told LIKE 'Extended Care%' THEN 'SKILLED NURSING FACILITY' END "
        "FROM (SELECT ltrim(substr(text, instr(text, 'Discharge Disposition:') + 22, 40), "
        "' ' || char(10)) AS told FROM discharge "
        "WHERE hadm_id = :hadm_id AND instr(text, 'Discharge Disposition:') > 0)",
    ),
)

_NEXT_UNIT = (
    LookUp(
        "transfers to come",
        "SELECT careunit FROM transfers WHERE intime > :cutoff ORDER BY intime",
    ),
    LookUp(
        "last_careunit",
        "SELECT i.last_careunit FROM icustays AS i WHERE coalesce(i.outtime, '9') > :cutoff "
        "AND i.last_careunit <> (SELECT careunit FROM transfers WHERE intime <= :cutoff "
        "ORDER BY intime DESC LIMIT 1)",
    ),
)

_CODES = (
    LookUp("diagnoses_icd", "SELECT icd_code FROM diagnoses_icd WHERE hadm_id = :hadm_id"),
    LookUp(
        "discharge note",
        "SELECT DISTINCT d.icd_code FROM (SELECT lower(substr(text, "
        "instr(text, 'Discharge Diagnosis:'), 4000)) AS told FROM discharge "
        "WHERE hadm_id = :hadm_id AND instr(text, 'Discharge Diagnosis:') > 0) AS note "
        "CROSS JOIN d_icd_diagnoses AS d WHERE instr(note.told, lower(d.long_title)) > 0",
    ),
)

LOOK_UPS: Mapping[str, tuple[LookUp, ...]] = MappingProxyType(
    {
        "in_hospital_death": _DEATH,
        "los_3d": _longer(3),
        "los_7d": _longer(7),
        "ed_admission": _ADMISSION,
        "ed_admission_early": _ADMISSION,
        "ed_to_icu_12h": _TO_ICU,
        "ed_to_icu_12h_early": _TO_ICU,
        "icu_death": _ICU_DEATH,
        "icu_stay_7d": _icu_at_least(7),
        "icu_stay_14d": _icu_at_least(14),
        "readmission_30d": _back_within(30),
        "readmission_60d": _back_within(60),
        "discharge_location": _WHERE_TO,
        "next_care_unit": _NEXT_UNIT,
        "discharge_diagnoses": _CODES,
    }
)
"""By outcome: the look-ups in the order in which an agent would believe them."""
