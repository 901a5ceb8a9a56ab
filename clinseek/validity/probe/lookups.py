"""The look-ups that a lazy agent would try: SQL over a case, the same for every profile."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from clinseek.validity.probe.ed_lookups import ADMISSION, TO_ICU
from clinseek.validity.probe.look_up import (
    CODES,
    GAPS,
    HEAD_OF_NOTE,
    HINTS,
    STAY,
    UNEXPLAINED,
    LookUp,
    anchor_says,
    answer,
    hint,
    of_a_stay_to_come,
    of_the_stay,
    shown_ahead,
)
from clinseek.validity.probe.stay_lookups import DEATH, ICU_DEATH, icu_at_least, longer

_COMING = (
    ("admissions", "admittime"),
    ("edstays", "intime"),
    ("transfers", "intime"),
    ("icustays", "intime"),
)
"""Tables of arrivals, with the moment."""


def _back_within(days: int) -> tuple[LookUp, ...]:
    """Whether the patient is readmitted within so many days; those who ask stand at discharge."""
    soon = f"<= datetime(:cutoff, '+{days} days')"
    return (
        *(
            LookUp(
                f"{table} to come",
                f"SELECT {answer(f'min({moment}) {soon}')} FROM {table} WHERE {moment} > :cutoff",
            )
            for table, moment in _COMING
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
        *of_a_stay_to_come(*CODES),
        *(LookUp(name, f"SELECT 'yes' FROM {rows}", undated=True) for name, rows in _SOMETIME),
        anchor_says("yes", undated=True),
        *GAPS,
    )


_SOMETIME = (
    ("hadm_id in labevents", f"labevents WHERE {UNEXPLAINED}"),
    (
        "triage of a visit to come",
        "triage WHERE stay_id IS NOT NULL AND stay_id NOT IN (SELECT stay_id FROM edstays)",
    ),
    (
        "order numbers to come",
        "poe_detail WHERE poe_seq > (SELECT max(poe_seq) FROM poe)",
    ),
    (
        "dose numbers to come",
        "emar_detail WHERE emar_seq > (SELECT max(emar_seq) FROM emar)",
    ),
    (
        "details of a note to come",
        (
            "radiology_detail WHERE note_id IS NOT NULL "
            "AND note_id NOT IN (SELECT note_id FROM radiology)"
        ),
    ),
)
"""Rows of something that comes later, without its moment."""

_DIED_OF_STAY = "a.hadm_id = :hadm_id AND p.dod BETWEEN date(:cutoff) AND date(a.dischtime)"

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
    LookUp(
        "dod",
        "SELECT 'DIED' FROM patients AS p JOIN admissions AS a USING (subject_id) "
        f"WHERE {_DIED_OF_STAY}",
    ),
    LookUp(
        "DRG description",
        "SELECT 'DIED' FROM drgcodes WHERE hadm_id = :hadm_id AND description LIKE '%EXPIRED%'",
    ),
    shown_ahead("admissions", "dischtime", key="hadm_id"),
    *of_the_stay("diagnoses_icd", "procedures_icd"),
    *HINTS,
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
    LookUp(
        "icustays to come",
        "SELECT first_careunit FROM icustays WHERE intime > :cutoff ORDER BY intime",
    ),
    hint("transfers.outtime ahead", "transfers WHERE outtime > :cutoff"),
    hint("services to come", "services WHERE transfertime > :cutoff"),
    *HINTS,
)


def _titles_in(told: str) -> str:
    """The codes whose title stands in a text; `told` selects it, in lower case, as told."""
    return (
        f"SELECT DISTINCT d.icd_code FROM ({told}) AS note "
        "CROSS JOIN d_icd_diagnoses AS d WHERE instr(note.told, lower(d.long_title)) > 0"
    )


_DIAGNOSES = (
    LookUp("diagnoses_icd", "SELECT icd_code FROM diagnoses_icd WHERE hadm_id = :hadm_id"),
    LookUp(
        "discharge note",
        _titles_in(
            "SELECT lower(substr(text, instr(text, 'Discharge Diagnosis:'), 4000)) AS told "
            "FROM discharge WHERE hadm_id = :hadm_id AND instr(text, 'Discharge Diagnosis:') > 0"
        ),
    ),
    LookUp(
        "head of the note in admissions",
        _titles_in(f"SELECT lower(a.text) AS told {STAY} AND a.text <> ''"),
        reference_column=HEAD_OF_NOTE,
    ),
    *of_the_stay("procedures_icd", "drgcodes", "hcpcsevents"),
    shown_ahead("admissions", "dischtime", key="hadm_id"),
    *HINTS,
)

LOOK_UPS: Mapping[str, tuple[LookUp, ...]] = MappingProxyType(
    {
        "in_hospital_death": DEATH,
        "los_3d": longer(3),
        "los_7d": longer(7),
        "ed_admission": ADMISSION,
        "ed_admission_early": ADMISSION,
        "ed_to_icu_12h": TO_ICU,
        "ed_to_icu_12h_early": TO_ICU,
        "icu_death": ICU_DEATH,
        "icu_stay_7d": icu_at_least(7),
        "icu_stay_14d": icu_at_least(14),
        "readmission_30d": _back_within(30),
        "readmission_60d": _back_within(60),
        "discharge_location": _WHERE_TO,
        "next_care_unit": _NEXT_UNIT,
        "discharge_diagnoses": _DIAGNOSES,
    }
)
"""By outcome: the look-ups in the order in which an agent would believe them."""
