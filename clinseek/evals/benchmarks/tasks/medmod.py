"""Four tasks in the manner of MedMod and of Harutyunyan et al. (Scientific Data 2019, 6:96)."""

from __future__ import annotations

from collections import Counter

from clinseek.evals.benchmarks.tasks import drops
from clinseek.evals.benchmarks.tasks.asking import by_outcomes, within_admission
from clinseek.evals.benchmarks.tasks.decision import CCS_DIAGNOSES, ONE, SET_F1
from clinseek.evals.benchmarks.tasks.model import YES_NO, Asked, Pool, Question, Task
from clinseek.evals.benchmarks.tasks.raw_record import RawRecord
from clinseek.evals.benchmarks.tasks.wording import DISCHARGED, IN_STAY, LEFT_ICU
from clinseek.validity.outcomes import Anchor, Kind, Outcome
from clinseek.validity.outcomes import anchors as at
from clinseek.validity.outcomes import benchmark_answers as told
from clinseek.validity.outcomes.answers import Truth

DECOMPENSATION_HOURS = (12, 24, 36, 48, 72, 96, 120, 168)
STAY_HOURS = (24, 48, 72, 96, 120, 168)
PHENOTYPES: dict[str, str] = {
    "157": "Acute and unspecified renal failure",
    "109": "Acute cerebrovascular disease",
    "100": "Acute myocardial infarction",
    "106": "Cardiac dysrhythmias",
    "158": "Chronic kidney disease",
    "127": "Chronic obstructive pulmonary disease and bronchiectasis",
    "238": "Complications of surgical procedures or medical care",
    "105": "Conduction disorders",
    "108": "Congestive heart failure; nonhypertensive",
    "101": "Coronary atherosclerosis and other heart disease",
    "50": "Diabetes mellitus with complications",
    "49": "Diabetes mellitus without complication",
    "53": "Disorders of lipid metabolism",
    "98": "Essential hypertension",
    "55": "Fluid and electrolyte disorders",
    "153": "Gastrointestinal hemorrhage",
    "99": "Hypertension with complications and secondary hypertension",
    "151": "Other liver diseases",
    "133": "Other lower respiratory disease",
    "134": "Other upper respiratory disease",
    "130": "Pleurisy; pneumothorax; pulmonary collapse",
    "122": "Pneumonia (except that caused by tuberculosis or sexually transmitted disease)",
    "131": "Respiratory failure; insufficiency; arrest (adult)",
    "2": "Septicemia (except in labor)",
    "249": "Shock",
}
"""The 25 phenotypes by their CCS category."""

_HARUTYUNYAN = "MedMod, after Harutyunyan et al. 2019"
NO_PHENOTYPE = "none of the 25 phenotypes"


def _hours_told(hours: tuple[int, ...]) -> str:
    return f"intime + {', '.join(map(str, hours))} h (each a question of its own)"


def _outcome(name: str, anchor: Anchor, truth: Truth, kind: Kind = "yes/no") -> Outcome:
    return Outcome(
        name=name, title=name, kind=kind, anchor=anchor, definition=_HARUTYUNYAN, differs=(),
        truth=truth,
    )  # fmt: skip


def phenotypes(record: RawRecord) -> Asked:
    """At the end of each ICU stay, which of the 25 the admission is coded with."""
    questions, left_out = [], Counter[str]()
    for stay in record["icustays"]:
        left = stay["outtime"]
        if left is None or stay["hadm_id"] is None:
            continue
        why = within_admission(record, stay["hadm_id"], left)
        names = _phenotypes_of(record, stay["hadm_id"])
        if why is not None or not names:
            left_out[why or NO_PHENOTYPE] += 1
            continue
        cutoff = str(left.replace(microsecond=0))
        questions.append(Question(cutoff, names, stay["hadm_id"], stay["stay_id"]))
    return Asked(questions, left_out)


def _phenotypes_of(record: RawRecord, hadm_id: int) -> tuple[str, ...]:
    found = {
        record.book.category_code(CCS_DIAGNOSES, row["icd_code"], row["icd_version"])
        for row in record["diagnoses_icd"]
        if row["hadm_id"] == hadm_id and row["icd_code"] is not None
    }
    return tuple(sorted(PHENOTYPES[code] for code in found if code in PHENOTYPES))


def _decompensation() -> Task:
    name = "medmod_decompensation"
    asked = [
        _outcome(name, at.icu_hours(hours), told.dies_in_hours(24, after_hours=hours))
        for hours in DECOMPENSATION_HOURS
    ]
    return Task(
        name=name, kind="medmod", form="yes_no",
        question="Will this patient of the intensive care unit die within the next 24 hours?",
        anchor="every row of icustays with an intime", cutoff=_hours_told(DECOMPENSATION_HOURS),
        label="yes if the admission (hadm_id) has a deathtime <= cutoff + 24 h, else no",
        known_at="deathtime; no is known 24 h after the cutoff", exclusions=(LEFT_ICU,),
        pool=YES_NO, drops=drops.IN_HOSPITAL_DEATH, tables=("icustays", "admissions"),
        looks_ahead=False, metric="agreement of yes and no; AUROC with a confidence",
        source=f"{_HARUTYUNYAN} (decompensation)",
        differs=("at fixed hours, not at every hour",), ask=by_outcomes(*asked),
    )  # fmt: skip


def _length_of_stay() -> Task:
    name = "medmod_length_of_stay"
    asked = [
        _outcome(name, at.icu_hours(hours), told.remaining_stay(after_hours=hours), "category")
        for hours in STAY_HOURS
    ]
    return Task(
        name=name, kind="medmod", form="choice",
        question="How much longer will this patient stay in the intensive care unit?",
        anchor="every row of icustays with an intime", cutoff=_hours_told(STAY_HOURS),
        label="the class of r = outtime - cutoff: less than 1 day, n to n+1 days (n <= r < n + 1, "
        "n = 1 ... 7), 8 to 14 days (8 <= r <= 14), more than 14 days",
        known_at="outtime of the ICU stay", exclusions=(LEFT_ICU,),
        pool=Pool(names=told.REMAINING_STAYS), drops=drops.REMAINING_ICU_STAY,
        tables=("icustays", "admissions", "transfers"), looks_ahead=False, metric=ONE,
        source=f"{_HARUTYUNYAN} (length of stay, ten classes)",
        differs=("at fixed hours, not at every hour",), ask=by_outcomes(*asked),
    )  # fmt: skip


MEDMOD: tuple[Task, ...] = (
    Task(
        name="medmod_in_hospital_mortality", kind="medmod", form="yes_no",
        question="Will this patient die in hospital during this admission?",
        anchor="every row of icustays with an intime", cutoff="intime + 48 h",
        label="yes if the admission (hadm_id) has hospital_expire_flag = 1 or a deathtime, else no",
        known_at=DISCHARGED, exclusions=(LEFT_ICU,),
        pool=YES_NO, drops=drops.IN_HOSPITAL_DEATH, tables=("icustays", "admissions"),
        looks_ahead=False, metric="agreement of yes and no; AUROC with a confidence",
        source=f"{_HARUTYUNYAN} (in-hospital mortality, 48 h)",
        differs=("death in the admission, as in Harutyunyan; MedMod's prompt says ICU stay",),
        ask=by_outcomes(_outcome("medmod_in_hospital_mortality", at.icu_hours(48),
                                 told.dies_in_admission)),
    ),
    _decompensation(),
    Task(
        name="medmod_phenotyping", kind="medmod", form="list",
        question="Which of the listed groups of diagnoses will this hospital stay be coded with? "
        "Name every one.",
        anchor="every row of icustays with an outtime and a hadm_id", cutoff="outtime",
        label="of the 25 phenotypes, those that are the CCS category of a row of diagnoses_icd of "
        f"the admission (hadm_id), by ccs_category in the vocabulary's {CCS_DIAGNOSES}: "
        + ", ".join(f"{code} {name}" for code, name in PHENOTYPES.items()),
        known_at=DISCHARGED,
        exclusions=(IN_STAY, NO_PHENOTYPE),
        pool=Pool(names=tuple(PHENOTYPES.values())), drops=drops.CODES_OF_THE_STAY,
        tables=("icustays", "admissions", "diagnoses_icd"), vocabularies=(CCS_DIAGNOSES,),
        looks_ahead=False, metric=SET_F1, source=f"{_HARUTYUNYAN} (25 phenotypes)",
        differs=("the candidates are the 25; the published prompt never names them",
                 "of ICU stays that end before the admission does"),
        ask=phenotypes,
    ),
    _length_of_stay(),
)  # fmt: skip
