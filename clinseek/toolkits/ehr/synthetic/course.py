"""Who the patient is, what happens, and how it ends.

The clinical course (who, why, how ill) and the outcomes (where to, how long, whether alive) come
from different random streams, see `outcomes`. In a dependent cohort sicker patients stay longer,
go to the ICU, die and return, and whoever is going to die gets worse beforehand; in an independent
cohort nothing of the course foretells them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from clinseek.toolkits.ehr.synthetic.catalogue.diseases import Disease
from clinseek.toolkits.ehr.synthetic.catalogue.minor_diseases import CONDITIONS, Condition
from clinseek.toolkits.ehr.synthetic.clocks import DAY, HOUR, MINUTE, moment_of, whole_minute
from clinseek.toolkits.ehr.synthetic.illness import draw_disease, draw_severity
from clinseek.toolkits.ehr.synthetic.outcomes import Fate, Outcome, draw_outcome
from clinseek.toolkits.ehr.synthetic.streams import MAX_VISITS, Identifiers, Stream

Dependence = Literal["dependent", "independent"]


@dataclass(frozen=True)
class Patient:
    """What stays the same over all visits."""

    index: int
    subject_id: int
    gender: str
    age: int
    """Whole years at the first visit."""
    first_visit: int
    anchor_year_group: str
    anchor_delay: int
    """Years by which anchor_year lies after the first visit."""
    race: str
    language: str
    insurance: str
    marital_status: str | None
    height_cm: float
    weight_kg: float
    conditions: tuple[Condition, ...]
    home_drugs: tuple[str, ...]
    frailty: float
    icd_version: int
    has_emar: bool


@dataclass(frozen=True)
class Visit:
    """One coming to hospital, from the door in to the door out."""

    number: int
    start: int
    emergency: bool
    disease: Disease
    severity: float
    recovery_hours: float
    outcome: Outcome
    hadm_id: int | None
    worsens_until: int | None
    """Moment of death towards which the patient gets worse; None where nothing foretells it."""

    @property
    def end(self) -> int:
        """When the patient leaves the hospital."""
        return self.outcome.end

    def severity_at(self, moment: int) -> float:
        """How ill the patient is, 0 (well) to 1."""
        hours = (moment - self.start) / HOUR
        level = self.severity * (0.2 + 0.8 * math.exp(-max(hours, 0.0) / self.recovery_hours))
        if self.worsens_until is not None:
            left = max(self.worsens_until - moment, 0) / HOUR
            level += (1.0 - level) * math.exp(-left / 20.0)
        return level


@dataclass(frozen=True)
class Course:
    """A patient with all visits and the day of death, if it is known."""

    patient: Patient
    visits: tuple[Visit, ...]
    death: int | None
    follow_up_end: int
    seed: int
    dependence: Dependence

    def stream(self, *names: int | str) -> Stream:
        """The patient's stream for the thing that is named."""
        return Stream(self.seed, self.patient.index, *names)

    def in_hospital(self, moment: int) -> bool:
        """Whether the moment lies within a visit."""
        return any(visit.start <= moment <= visit.end for visit in self.visits)


_RACES = (
    ("WHITE", 0.62),
    ("BLACK/AFRICAN AMERICAN", 0.16),
    ("HISPANIC/LATINO - PUERTO RICAN", 0.05),
    ("ASIAN - CHINESE", 0.04),
    ("WHITE - OTHER EUROPEAN", 0.04),
    ("OTHER", 0.05),
    ("UNKNOWN", 0.04),
)
_YEAR_GROUPS = (
    ("2008 - 2010", 0.10),
    ("2011 - 2013", 0.15),
    ("2014 - 2016", 0.30),
    ("2017 - 2019", 0.30),
    ("2020 - 2022", 0.15),
)
_MARITAL = (
    ("MARRIED", 0.42),
    ("SINGLE", 0.33),
    ("WIDOWED", 0.13),
    ("DIVORCED", 0.08),
    (None, 0.04),
)


def draw_patient(seed: int, index: int, identifiers: Identifiers) -> Patient:
    """The patient with this index in the cohort of this seed."""
    stream = Stream(seed, index, "patient")
    age = min(91, max(18, round(stream.normal(61, 17))))
    female = stream.chance(0.5)
    group = stream.weighted(_YEAR_GROUPS)
    conditions = tuple(
        condition
        for condition in CONDITIONS
        if stream.chance(condition.probability * min(1.3, age / 65))
    )
    return Patient(
        index=index,
        subject_id=identifiers.subject(index),
        gender="F" if female else "M",
        age=age,
        first_visit=moment_of(stream.whole(2110, 2190), 1, 1)
        + stream.whole(0, 364) * DAY
        + stream.whole(0, 24 * 60 - 1) * MINUTE,
        anchor_year_group=group,
        anchor_delay=stream.weighted(((0, 0.75), (1, 0.15), (2, 0.10))),
        race=stream.weighted(_RACES),
        language=stream.weighted((("ENGLISH", 0.92), ("?", 0.08))),
        insurance="Medicare" if age >= 65 else stream.pick(("Medicaid", "Other", "Other")),
        marital_status=stream.weighted(_MARITAL),
        height_cm=stream.normal(162 if female else 176, 6.5),
        weight_kg=max(42.0, stream.normal(72 if female else 85, 15)),
        conditions=conditions,
        home_drugs=tuple(
            dict.fromkeys(drug for condition in conditions for drug in condition.drugs)
        ),
        frailty=stream.unit(),
        icd_version=9 if group in ("2008 - 2010", "2011 - 2013") else 10,
        has_emar=group != "2008 - 2010",
    )


def draw_course(
    seed: int, index: int, identifiers: Identifiers, *, dependence: Dependence
) -> Course:
    """All that happens to the patient with this index in the cohort of this seed."""
    patient = draw_patient(seed, index, identifiers)
    visits = tuple(_visits(seed, patient, identifiers, dependence))
    last = visits[-1]
    death = last.outcome.death
    return Course(
        patient=patient,
        visits=visits,
        death=death,
        follow_up_end=death if death is not None else last.end + 400 * DAY,
        seed=seed,
        dependence=dependence,
    )


def _visits(
    seed: int, patient: Patient, identifiers: Identifiers, dependence: Dependence
) -> Iterator[Visit]:
    start = patient.first_visit
    for number in range(MAX_VISITS):
        visit = _draw_visit(
            seed, patient, number, whole_minute(start),
            hadm_id=identifiers.admission(patient.index, number),
            linked=dependence == "dependent",
        )  # fmt: skip
        yield visit
        if visit.outcome.next_gap is None:
            return
        start = visit.end + visit.outcome.next_gap


def _draw_visit(
    seed: int,
    patient: Patient,
    number: int,
    start: int,
    *,
    hadm_id: int,
    linked: bool,
) -> Visit:
    clinical = Stream(seed, patient.index, "visit", number)
    disease = draw_disease(clinical, age=patient.age)
    severity = draw_severity(clinical, disease, frailty=patient.frailty)
    recovery = clinical.uniform(40, 150)
    fate = Fate(
        stream=Stream(seed, patient.index, "outcome", number),
        linked=linked,
        disease=disease,
        severity=severity,
    )
    outcome = draw_outcome(fate, start=start, emergency=not disease.elective)
    if linked and outcome.admit is not None:
        recovery = 0.5 * (outcome.end - start) / HOUR + 12
    return Visit(
        number=number,
        start=start,
        emergency=not disease.elective,
        disease=disease,
        severity=severity,
        recovery_hours=recovery,
        outcome=outcome,
        hadm_id=None if outcome.admit is None else hadm_id,
        worsens_until=outcome.end if linked and outcome.died_in_hospital else None,
    )
