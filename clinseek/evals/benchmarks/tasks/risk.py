"""The 18 risk tasks of EHR-Bench: yes or no, asked at a time that no outcome has a part in."""

from __future__ import annotations

from dataclasses import replace

from clinseek.evals.benchmarks.tasks import drops
from clinseek.evals.benchmarks.tasks.asking import by_outcomes
from clinseek.evals.benchmarks.tasks.model import YES_NO, Task
from clinseek.evals.benchmarks.tasks.wording import LEFT_ICU
from clinseek.validity.outcomes import OUTCOMES, Anchor, Outcome
from clinseek.validity.outcomes import anchors as at
from clinseek.validity.outcomes import benchmark_answers as told
from clinseek.validity.outcomes.answers import Truth, in_icu_already
from clinseek.validity.probe.look_up import LookUp

_METRIC = "agreement of yes and no; AUROC where answers come with a confidence (published: AUROC)"
_FIRST_DAY = "every row of admissions with an admittime", "admittime + 24 h"
_ICU_DAY = "every row of icustays with an intime", "intime + 24 h"
_ED_HOUR = "every row of edstays with an intime", "intime + 1 h"
_HELD = "the admission had ended: cutoff >= its end (deathtime, else dischtime), or it has no end"
_LEFT_ED = (
    "the visit had ended or its admission had begun: cutoff >= outtime, or there is no outtime, or "
    "cutoff >= admittime of the row of admissions with the same hadm_id"
)
_IN_ICU_ALREADY = "in the ICU by the cutoff: edstays.intime <= icustays.intime <= cutoff"
_ASKED_EARLY = (
    "1 h after arrival: EHR-Bench asks at the last event of the visit, a time set by its end, when "
    "mostly the admission is registered already"
)
_STILL_THERE = "only of those still there (EHR-Bench asks everyone)"
_DEAD = "hospital_expire_flag = 1 or a deathtime"
_AT_END = "the discharge (dischtime, and not before deathtime)"


def _risk(
    name: str,
    question: str,
    *,
    ask: Outcome,
    when: tuple[str, str],
    label: str,
    known_at: str,
    exclusions: tuple[str, ...],
    look_ups: tuple[LookUp, ...],
    differs: tuple[str, ...],
    aliases: tuple[str, ...] = (),
) -> Task:
    return Task(
        name=name, aliases=aliases, kind="risk", question=question, form="yes_no",
        anchor=when[0], cutoff=when[1], label=label, known_at=known_at, exclusions=exclusions,
        pool=YES_NO, drops=look_ups, tables=ask.needs, looks_ahead=False, metric=_METRIC,
        source=f"EHR-Bench {aliases[0] if aliases else name}", differs=differs,
        ask=by_outcomes(ask),
    )  # fmt: skip


def _outcome(name: str, anchor: Anchor, truth: Truth, *tables: str) -> Outcome:
    return Outcome(
        name=name, title=name, kind="yes/no", anchor=anchor, definition=f"EHR-Bench {name}",
        differs=(), truth=truth, tables=tables,
    )  # fmt: skip


def _readmission(days: int) -> Task:
    return _risk(
        f"Readmission_{days}day",
        f"Will this patient be readmitted within {days} days of this discharge?",
        ask=OUTCOMES[f"readmission_{days}d"],
        when=("every row of admissions with a dischtime", "dischtime"),
        label=f"yes if another row of admissions has dischtime < admittime <= dischtime + {days} d",
        known_at="admittime of the next admission; no is known once the days are over",
        exclusions=("died in the stay: a deathtime, or hospital_expire_flag = 1",),
        look_ups=drops.readmission(days),
        differs=("at dischtime, not at the discharge note, which is stamped with the same day",
                 "of those who left alive; also of stays without a note"),
    )  # fmt: skip


def _length_of_stay(days: int) -> Task:
    return _risk(
        f"LengthOfStay_{days}day",
        f"Will this hospital stay last longer than {days} days, counted from admission?",
        ask=OUTCOMES[f"los_{days}d"],
        when=_FIRST_DAY,
        label=f"yes if dischtime - admittime > {days} d, else no",
        known_at=_AT_END,
        exclusions=(_HELD, "no dischtime"),
        look_ups=drops.long_stay(days),
        differs=(),
    )


def _icu_mortality(days: int) -> Task:
    name = f"ICU_Mortality_{days}day"
    plural = "day" if days == 1 else "days"
    return _risk(
        name,
        f"Will this patient of the intensive care unit die within the next {days} {plural}?",
        ask=_outcome(name, at.FIRST_ICU_DAY, told.dies_within(days), "patients"),
        when=_ICU_DAY,
        label=f"yes if D - cutoff < {days} d, where D is midnight of patients.dod, or without a "
        "dod midnight of the day of the admission's deathtime; else no",
        known_at="the day after dod; deathtime",
        exclusions=(LEFT_ICU,),
        look_ups=drops.DEATH_TO_COME,
        differs=(_STILL_THERE, "deathtime stands in for a dod that is not there"),
    )


def _icu_stay(days: int) -> Task:
    return _risk(
        f"ICU_Stay_{days}day",
        f"Will this ICU stay last {days} days or more?",
        ask=OUTCOMES[f"icu_stay_{days}d"],
        when=_ICU_DAY,
        label=f"yes if outtime - intime >= {days} d, else no",
        known_at="outtime of the ICU stay",
        exclusions=(LEFT_ICU,),
        look_ups=drops.long_icu_stay(days),
        differs=(_STILL_THERE,),
    )


RISK: tuple[Task, ...] = (
    _risk(
        "ED_Hospitalization",
        "Will this patient be admitted to the hospital from this visit?",
        ask=OUTCOMES["ed_admission_early"],
        when=_ED_HOUR,
        label="yes if the visit's hadm_id names a row of admissions, else no",
        known_at="admittime of that admission",
        exclusions=(_LEFT_ED,),
        look_ups=drops.ED_ADMISSION,
        differs=(_ASKED_EARLY,),
    ),
    _risk(
        "ED_Inpatient_Mortality",
        "Will this patient die during this emergency visit or the admission that follows it?",
        ask=_outcome("ED_Inpatient_Mortality", at.FIRST_ED_HOUR, told.died_of_visit),
        when=_ED_HOUR,
        label=f"yes if disposition is EXPIRED or the visit's admission (hadm_id) has {_DEAD}; "
        "else no",
        known_at=_AT_END,
        exclusions=(_LEFT_ED,),
        look_ups=drops.ED_DEATH,
        differs=(_ASKED_EARLY, "by flag, deathtime or disposition, where published by dod"),
    ),
    _risk(
        "ED_ICU_Transfer_12hour",
        "Will this patient be in the intensive care unit within 12 hours of leaving the "
        "emergency department?",
        aliases=("ED_ICU_Tranfer_12hour",),
        ask=OUTCOMES["ed_to_icu_12h_early"],
        when=_ED_HOUR,
        label="yes if a row of icustays of the patient has edstays.intime <= icustays.intime < "
        "edstays.outtime + 12 h, else no",
        known_at="intime of the ICU stay; no is known 12 h after outtime",
        exclusions=(_LEFT_ED, _IN_ICU_ALREADY),
        look_ups=drops.ED_TO_ICU,
        differs=(_ASKED_EARLY, "an ICU stay from before the visit does not count"),
    ),
    _risk(
        "ED_Reattendance_3day",
        "Will this patient come back to the emergency department within 3 days of leaving it?",
        ask=_outcome("ED_Reattendance_3day", at.AT_ED_DEPARTURE, told.back_in_ed_within(3)),
        when=("every row of edstays with an outtime", "outtime"),
        label="yes if another row of edstays of the patient (another stay_id) has outtime < intime "
        "< outtime + 3 d, else no",
        known_at="intime of the next visit; no is known once the days are over",
        exclusions=("disposition is EXPIRED",
                    "admitted by then: admittime of the visit's admission (hadm_id) <= cutoff"),
        look_ups=drops.BACK_IN_ED,
        differs=("at outtime, not at the last event before it",
                 "of those who were not admitted: who lies in hospital cannot come back"),
    ),
    _risk(
        "ED_Critical_Outcomes",
        "Will this patient die during this emergency visit or the admission that follows it, or "
        "be in the intensive care unit within 12 hours of leaving the emergency department?",
        ask=replace(
            _outcome("ED_Critical_Outcomes", at.FIRST_ED_HOUR, told.critical_visit, "icustays"),
            settled=in_icu_already,
        ),
        when=_ED_HOUR,
        label="yes if ED_Inpatient_Mortality or ED_ICU_Transfer_12hour is yes, else no",
        known_at="as those two",
        exclusions=(_LEFT_ED, _IN_ICU_ALREADY),
        look_ups=(*drops.ED_DEATH, *drops.ED_TO_ICU),
        differs=(_ASKED_EARLY,),
    ),
    _readmission(30),
    _readmission(60),
    _risk(
        "Inpatient_Mortality",
        "Will this patient die in hospital during this admission?",
        ask=OUTCOMES["in_hospital_death"],
        when=_FIRST_DAY,
        label=f"yes if {_DEAD}, else no",
        known_at=_AT_END,
        exclusions=(_HELD,),
        look_ups=drops.IN_HOSPITAL_DEATH,
        differs=(_STILL_THERE, "by flag or deathtime, where published by dod"),
    ),
    _length_of_stay(3),
    _length_of_stay(7),
    *(_icu_mortality(days) for days in (1, 2, 3, 7, 14)),
    _icu_stay(7),
    _icu_stay(14),
    _risk(
        "ICU_Readmission",
        "Will this patient come back to the intensive care unit in this admission, once this ICU "
        "stay has ended?",
        ask=_outcome("ICU_Readmission", at.FIRST_ICU_DAY, told.back_in_icu),
        when=_ICU_DAY,
        label="yes if another row of icustays (another stay_id) with the same hadm_id has intime "
        ">= outtime of this one, else no",
        known_at="intime of the next ICU stay; no is known at discharge",
        exclusions=(LEFT_ICU,),
        look_ups=drops.BACK_IN_ICU,
        differs=(_STILL_THERE, "a later ICU stay, where published another one"),
    ),
)  # fmt: skip
"""In the order in which they are published."""
