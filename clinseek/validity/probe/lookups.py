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

from clinseek.validity.probe.stay_lookups import (
    DEATH,
    ICU_DEATH,
    STAY,
    LookUp,
    answer,
    icu_at_least,
    longer,
)

_UNEXPLAINED = (
    "hadm_id IS NOT NULL "
    "AND hadm_id NOT IN (SELECT hadm_id FROM admissions WHERE hadm_id IS NOT NULL)"
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
        f"""SELECT {answer("disposition = 'ADMITTED'")} FROM edstays WHERE stay_id = :stay_id""",
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
        f"SELECT {answer('max(d.drg_severity) >= 4')} FROM edstays AS e "
        "JOIN drgcodes AS d USING (hadm_id) WHERE e.stay_id = :stay_id",
    ),
)


def _back_within(days: int) -> tuple[LookUp, ...]:
    """Whether the patient is readmitted within so many days; those who ask stand at discharge."""
    soon = f"<= datetime(:cutoff, '+{days} days')"
    return (
        LookUp(
            "admissions to come",
            f"SELECT {answer(f'min(admittime) {soon}')} FROM admissions WHERE admittime > :cutoff",
        ),
        LookUp(
            "edstays to come",
            f"SELECT {answer(f'min(intime) {soon}')} FROM edstays WHERE intime > :cutoff",
        ),
        LookUp(
            "dod",
            f"SELECT 'no' FROM patients WHERE dod BETWEEN date(:cutoff) "
            f"AND date(:cutoff, '+{days} days')",
        ),
        LookUp(
            "times of consults to come",
            f"SELECT {answer(f'min(datetime(field_value)) {soon}')} FROM poe_detail "
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
    LookUp("discharge_location", f"SELECT a.discharge_location {STAY}"),
    LookUp("hospital_expire_flag", f"SELECT 'DIED' {STAY} AND a.hospital_expire_flag = 1"),
    LookUp("deathtime", f"SELECT 'DIED' {STAY} AND a.deathtime IS NOT NULL"),
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
        "in_hospital_death": DEATH,
        "los_3d": longer(3),
        "los_7d": longer(7),
        "ed_admission": _ADMISSION,
        "ed_admission_early": _ADMISSION,
        "ed_to_icu_12h": _TO_ICU,
        "ed_to_icu_12h_early": _TO_ICU,
        "icu_death": ICU_DEATH,
        "icu_stay_7d": icu_at_least(7),
        "icu_stay_14d": icu_at_least(14),
        "readmission_30d": _back_within(30),
        "readmission_60d": _back_within(60),
        "discharge_location": _WHERE_TO,
        "next_care_unit": _NEXT_UNIT,
        "discharge_diagnoses": _CODES,
    }
)
"""By outcome: the look-ups in the order in which an agent would believe them."""
