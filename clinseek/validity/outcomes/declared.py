"""The headline outcomes. To add one, add a declaration (and its look-ups in `probe.lookups`).

What is asked otherwise than published stands in each `differs`. Of all of them: answers are as
frequent as they are in the store, where the published yes/no rows were drawn to be balanced.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from clinseek.errors import SettingError
from clinseek.validity.outcomes import anchors, answers
from clinseek.validity.outcomes.model import Outcome

_DEATH = (
    "hospital_expire_flag = 1 or a deathtime (MIMIC-IV documentation; 13 deaths lack a deathtime, "
    "mimic-code#1406). EHR-Bench Inpatient_Mortality: dod not later than dischtime."
)
_ICU_12 = (
    "an ICU stay begins within 12 h of leaving the ED, and not before the visit (EHR-Bench "
    "ED_ICU_Tranfer_12hour: ICU start - ED out < 12 h)."
)
_ADMISSION = "the visit's hadm_id names an admission (EHR-Bench ED_Hospitalization)."

_WHILE_THERE = (
    "only of those still there after a day (EHR-Bench says so for length of stay alone, and asks "
    "the others of everyone)"
)
_ALIVE = "never of those who died before the question"
_LAST_SECOND = "in the last second of the visit, not at its last event"
_SETTLED = "not where the answer is in the record as a fact by then"
_EARLY = "an hour after arrival: no published subtask asks then"
_NOT_BEFORE = (
    "an ICU stay from before the visit does not count, which the published rule leaves open"
)
_EVERY_STAY = "of every admission, not of one a patient"


def _stay_longer(days: int) -> Outcome:
    return Outcome(
        name=f"los_{days}d",
        title=f"Length of stay > {days} d",
        kind="yes/no",
        anchor=anchors.FIRST_DAY,
        truth=answers.stays_longer(days),
        definition=f"dischtime - admittime > {days} d (EHR-Bench LengthOfStay_{days}day).",
        differs=(),
    )


def _icu_longer(days: int) -> Outcome:
    return Outcome(
        name=f"icu_stay_{days}d",
        title=f"ICU stay > {days} d",
        kind="yes/no",
        anchor=anchors.FIRST_ICU_DAY,
        truth=answers.icu_at_least(days),
        definition=f"outtime - intime >= {days} d (EHR-Bench ICU_Stay_{days}day).",
        differs=(_WHILE_THERE, _ALIVE),
    )


def _readmission(days: int) -> Outcome:
    return Outcome(
        name=f"readmission_{days}d",
        title=f"Readmission within {days} d",
        kind="yes/no",
        anchor=anchors.AT_DISCHARGE,
        truth=answers.back_within(days),
        definition=(
            f"the next admittime within {days} d of dischtime (EHR-Bench Readmission_{days}day "
            "counts from the discharge note, which is stamped with the same day)."
        ),
        differs=(
            "at dischtime, not at the discharge note",
            "only of those who left alive; also of stays without a note",
        ),
    )


_DECLARED: tuple[Outcome, ...] = (
    Outcome(
        name="in_hospital_death",
        title="In-hospital death",
        kind="yes/no",
        anchor=anchors.FIRST_DAY,
        truth=answers.died_in_stay,
        definition=_DEATH,
        differs=(_WHILE_THERE, "by flag or deathtime, where the published rule goes by dod"),
    ),
    _stay_longer(3),
    _stay_longer(7),
    Outcome(
        name="ed_admission",
        title="ED admission",
        kind="yes/no",
        anchor=anchors.LAST_ED_MOMENT,
        truth=answers.admitted_from_ed,
        settled=anchors.admitted_by,
        definition=_ADMISSION,
        differs=(_LAST_SECOND, _SETTLED),
    ),
    Outcome(
        name="ed_admission_early",
        title="ED admission, asked early",
        kind="yes/no",
        anchor=anchors.FIRST_ED_HOUR,
        truth=answers.admitted_from_ed,
        definition=_ADMISSION,
        differs=(_EARLY,),
    ),
    Outcome(
        name="ed_to_icu_12h",
        title="ED to ICU within 12 h",
        kind="yes/no",
        anchor=anchors.LAST_ED_MOMENT,
        tables=("icustays",),
        truth=answers.icu_within(12),
        settled=answers.in_icu_already,
        state=answers.admitted_or_not,
        definition=_ICU_12,
        differs=(_LAST_SECOND, _SETTLED, _NOT_BEFORE),
    ),
    Outcome(
        name="ed_to_icu_12h_early",
        title="ED to ICU within 12 h, asked early",
        kind="yes/no",
        anchor=anchors.FIRST_ED_HOUR,
        tables=("icustays",),
        truth=answers.icu_within(12),
        settled=answers.in_icu_already,
        definition=_ICU_12,
        differs=(_EARLY, _NOT_BEFORE),
    ),
    Outcome(
        name="icu_death",
        title="ICU death",
        kind="yes/no",
        anchor=anchors.FIRST_ICU_DAY,
        truth=answers.died_in_icu,
        definition=(
            "death in hospital not later than the ICU outtime. (EHR-Bench ICU_Mortality counts "
            "deaths within 1 to 14 days of the question.)"
        ),
        differs=(
            _WHILE_THERE,
            _ALIVE,
            "death within the ICU stay, not within 1 to 14 days",
        ),
    ),
    _icu_longer(7),
    _icu_longer(14),
    _readmission(30),
    _readmission(60),
    Outcome(
        name="discharge_location",
        title="Discharge location",
        kind="category",
        anchor=anchors.BEFORE_DISCHARGE,
        truth=answers.discharge_location,
        definition=(
            "admissions.discharge_location. No published subtask asks for it alone; it is asked "
            "when AgentEHR asks for the discharge diagnoses."
        ),
        differs=("no published subtask asks for it alone",),
    ),
    Outcome(
        name="next_care_unit",
        title="Next care unit",
        kind="category",
        anchor=anchors.BEFORE_TRANSFER,
        truth=answers.careunit,
        state=answers.present_careunit,
        follows="the illness, which is treated in its own unit",
        definition="careunit of the transfer (AgentEHR transfers).",
        differs=("EHR-Bench's subtask of the same name asks for eventtype",),
    ),
    Outcome(
        name="discharge_diagnoses",
        title="Discharge diagnoses",
        kind="set",
        anchor=anchors.BEFORE_DISCHARGE,
        tables=("diagnoses_icd", "patients", "icustays"),
        truth=answers.diagnosis_codes,
        state=answers.era_and_icu,
        definition=(
            "the ICD codes of the admission in diagnoses_icd (AgentEHR diagnoses_ccs asks for "
            "their CCS names)."
        ),
        differs=(_EVERY_STAY, "for ICD codes, not for CCS names"),
    ),
)

OUTCOMES: Mapping[str, Outcome] = MappingProxyType({each.name: each for each in _DECLARED})
"""Every headline outcome by name, in the order in which tables and pictures show them."""


def outcome_named(name: str) -> Outcome:
    """The outcome called `name`; SettingError names those that exist.

    >>> outcome_named("los_3d").title
    'Length of stay > 3 d'
    """
    if name not in OUTCOMES:
        raise SettingError(f"no outcome {name!r}; choose of {', '.join(OUTCOMES)}")
    return OUTCOMES[name]
