"""The look-ups that answer risk tasks and those like MedMod's: how a stay ends, what follows."""

from __future__ import annotations

from clinseek.evals.benchmarks.tasks.medmod import PHENOTYPES
from clinseek.validity.probe.ed_lookups import TO_ICU
from clinseek.validity.probe.look_up import LookUp, answer
from clinseek.validity.probe.lookups import LOOK_UPS
from clinseek.validity.probe.stay_lookups import DEATH


def _answering(look_ups: tuple[LookUp, ...]) -> tuple[LookUp, ...]:
    return tuple(each for each in look_ups if not each.hint)


def _of_outcome(name: str) -> tuple[LookUp, ...]:
    return _answering(LOOK_UPS[name])


_EXPIRED = answer("e.disposition = 'EXPIRED'")
_DEAD_IN_A_MONTH = answer("dod <= date(:cutoff, '+30 days')")
_DEAD_IN_A_DAY = answer("dod <= date(:cutoff, '+1 day')")
_DEATHTIME_IN_A_DAY = answer("deathtime <= datetime(:cutoff, '+1 day')")
_BACK_SOON = answer("min(intime) < datetime(:cutoff, '+3 days')")
_DOD_IN_A_MONTH = LookUp(
    "dod", f"SELECT {_DEAD_IN_A_MONTH} FROM patients WHERE dod >= date(:cutoff)"
)
_ED_DEATH = (
    # The date first: EXPIRED in the visit's row is a death in the ED, not in the stay after it.
    _DOD_IN_A_MONTH,
    LookUp("disposition", f"SELECT {_EXPIRED} FROM edstays AS e WHERE e.stay_id = :stay_id"),
    LookUp(
        "DRG of the visit's admission",
        "SELECT CASE WHEN max(d.drg_mortality) >= 4 OR max(d.description LIKE '%EXPIRED%') "
        "THEN 'yes' ELSE 'no' END FROM edstays AS e JOIN drgcodes AS d USING (hadm_id) "
        "WHERE e.stay_id = :stay_id HAVING count(*)",
    ),
)
_BACK_IN_ED = (
    LookUp(
        "edstays to come",
        f"SELECT {_BACK_SOON} FROM edstays WHERE intime > :cutoff",
    ),
    LookUp(
        "triage of a visit to come",
        "SELECT 'yes' FROM triage WHERE stay_id NOT IN (SELECT stay_id FROM edstays)",
    ),
    LookUp("dod", "SELECT 'no' FROM patients WHERE dod >= date(:cutoff)"),
)
_BACK_IN_ICU = (
    LookUp("icustays to come", "SELECT 'yes' FROM icustays WHERE intime > :cutoff"),
    LookUp(
        "dischtime with the ICU outtime",
        f"SELECT {answer('julianday(a.dischtime) - julianday(i.outtime) > 1')} FROM icustays AS i "
        "JOIN admissions AS a USING (hadm_id) WHERE i.stay_id = :stay_id AND i.outtime > :cutoff",
    ),
)
_ALIVE_AT_DISCHARGE = LookUp(
    "hospital_expire_flag",
    "SELECT 'no' FROM admissions WHERE hadm_id = :hadm_id AND hospital_expire_flag = 0",
)


def _dies_within(days: int) -> tuple[LookUp, ...]:
    soon = f"julianday({{}}) - julianday(:cutoff) < {days}"
    return (
        LookUp(
            "dod",
            f"SELECT {answer(soon.format('dod'))} FROM patients WHERE dod >= date(:cutoff)",
        ),
        LookUp(
            "deathtime",
            f"SELECT {answer(soon.format('date(deathtime)'))} FROM admissions "
            "WHERE hadm_id = :hadm_id",
        ),
        _ALIVE_AT_DISCHARGE,
    )


_DECOMPENSATION = (
    LookUp(
        "deathtime",
        f"SELECT {_DEATHTIME_IN_A_DAY} FROM admissions "
        "WHERE hadm_id = :hadm_id",
    ),
    _ALIVE_AT_DISCHARGE,
    LookUp("dod", f"SELECT {_DEAD_IN_A_DAY} FROM patients "
           "WHERE dod >= date(:cutoff)"),
)  # fmt: skip
_LEFT = "julianday({}) - julianday(:cutoff)"
_CLASS = (
    "SELECT CASE WHEN r < 1 THEN 'less than 1 day' WHEN r < 8 THEN CAST(r AS INTEGER) || ' to ' "
    "|| (CAST(r AS INTEGER) + 1) || ' days' WHEN r <= 14 THEN '8 to 14 days' WHEN r > 14 "
    "THEN 'more than 14 days' END FROM (SELECT {} AS r FROM {}) WHERE r > 0"
)
_REMAINING = (
    LookUp("outtime", _CLASS.format(_LEFT.format("outtime"),
                                    "icustays WHERE stay_id = :stay_id")),
    LookUp("los", _CLASS.format("julianday(intime) + los - julianday(:cutoff)",
                                "icustays WHERE stay_id = :stay_id")),
)  # fmt: skip
_NAMED = ", ".join(f"('{code}', '{name}')" for code, name in PHENOTYPES.items())
_PHENOTYPES = (
    LookUp(
        "diagnoses_icd of the stay",
        f"WITH asked (code, name) AS (VALUES {_NAMED}) SELECT DISTINCT asked.name "
        "FROM diagnoses_icd AS n JOIN diagnoses_ccs_candidates AS d ON d.icd_code = n.icd_code "
        "AND d.icd_version = n.icd_version JOIN asked ON asked.code = d.ccs_category "
        "WHERE n.hadm_id = :hadm_id",
    ),
)

ANSWERS_OF_STAYS: dict[str, tuple[LookUp, ...]] = {
    "ED_Hospitalization": _of_outcome("ed_admission_early"),
    "ED_Inpatient_Mortality": _ED_DEATH,
    "ED_ICU_Transfer_12hour": _of_outcome("ed_to_icu_12h_early"),
    "ED_Reattendance_3day": _BACK_IN_ED,
    "ED_Critical_Outcomes": (_DOD_IN_A_MONTH, *_answering(TO_ICU)),
    "Readmission_30day": _of_outcome("readmission_30d"),
    "Readmission_60day": _of_outcome("readmission_60d"),
    "Inpatient_Mortality": _of_outcome("in_hospital_death"),
    "LengthOfStay_3day": _of_outcome("los_3d"),
    "LengthOfStay_7day": _of_outcome("los_7d"),
    **{f"ICU_Mortality_{days}day": _dies_within(days) for days in (1, 2, 3, 7, 14)},
    "ICU_Stay_7day": _of_outcome("icu_stay_7d"),
    "ICU_Stay_14day": _of_outcome("icu_stay_14d"),
    "ICU_Readmission": _BACK_IN_ICU,
    "medmod_in_hospital_mortality": _answering(DEATH),
    "medmod_decompensation": _DECOMPENSATION,
    "medmod_phenotyping": _PHENOTYPES,
    "medmod_length_of_stay": _REMAINING,
}
