"""Which questions and instances become rows, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from clinseek.evals.benchmarks.multimodal.ehrxqa import AskedFilm, ImageQuestion
from clinseek.evals.benchmarks.multimodal.items import (
    EHRXQA_TASK,
    RADIOLOGY_TASK,
    Film,
    Item,
    frontal,
    latest_frontal,
)
from clinseek.evals.benchmarks.multimodal.medmod import TASK_NAMES, IcuStay, Instance
from clinseek.evals.benchmarks.multimodal.patients import Patient, Patients
from clinseek.evals.benchmarks.multimodal.sources import Split
from clinseek.evals.benchmarks.multimodal.wording import OF_TASK, RADIOLOGY, Words, about_films
from clinseek.evals.benchmarks.splits import uniform

STRANGER = "patient is not in the store"
NO_FILM = "an X-ray is not in the store"
SEVERAL = "asks about X-rays of several patients"
NO_STAY = "ICU stay is not in all_stays.csv"
OTHER_STAY = "ICU stay is not in the store, or at another time there"
NO_FRONTAL = "no frontal (AP) X-ray from ICU admission to the cutoff"
NO_GOLD = "has no right answer"

_SAME = timedelta(seconds=1)


class Chosen(NamedTuple):
    """The rows of one source, and how many others were left out for which reason."""

    items: list[Item]
    left_out: Counter[str]


def of_questions(
    questions: Iterable[ImageQuestion], asked: Mapping[int, AskedFilm], patients: Patients
) -> Chosen:
    """A row for each question whose X-rays the store has, at the moment of the last of them."""
    made = (_of_question(question, asked, patients) for question in questions)
    return _parted(made)


def of_instances(
    instances: Sequence[Instance],
    stays: Mapping[int, IcuStay],
    patients: Patients,
    *,
    per_task: int,
    seed: int,
) -> Chosen:
    """At most so many rows a task, drawn by the seed and the name of the instance alone.

    An instance that cannot be a row makes place for the next.
    """
    chosen = Chosen([], Counter())
    for task in TASK_NAMES:
        named = {instance.qid: instance for instance in instances if instance.task == task}
        members = sorted(named.values(), key=lambda each: uniform("rebuild", str(seed), each.qid))
        found = _parted(
            (_of_instance(instance, stays, patients) for instance in members), most=per_task
        )
        chosen.items.extend(found.items)
        chosen.left_out.update(found.left_out)
    return chosen


def of_stays(
    splits: Mapping[int, Split],
    stays: Iterable[IcuStay],
    patients: Patients,
    *,
    per_task: int,
    seed: int,
) -> Chosen:
    """Rows that ask for the findings of a film of an ICU stay, one a stay, drawn alike.

    `splits` tell of each patient in which split they are; others are not asked about.
    """
    asked = [stay for stay in stays if stay.subject_id in splits]
    asked.sort(key=lambda stay: uniform("rebuild", str(seed), "radiology", str(stay.stay_id)))
    made = (_of_stay(stay, splits[stay.subject_id], patients, seed) for stay in asked)
    return _parted(made, most=per_task)


def same_moment(first: datetime | None, second: datetime) -> bool:
    """Whether two releases mean one moment: a second or less apart."""
    return first is not None and abs(first - second) <= _SAME


def stored_stay(stay: IcuStay, patient: Patient) -> bool:
    """Whether the store has the stay as MedMod has it."""
    held = patient.stays.get(stay.stay_id)
    return held is not None and (
        held.hadm_id == stay.hadm_id
        and same_moment(held.intime, stay.intime)
        and same_moment(held.outtime, stay.outtime)
    )


def _parted(made: Iterable[Item | str], *, most: int | None = None) -> Chosen:
    """Rows apart from reasons, until there are `most`."""
    chosen = Chosen([], Counter())
    for one in made:
        if isinstance(one, str):
            chosen.left_out[one] += 1
        else:
            chosen.items.append(one)
        if len(chosen.items) == most:
            break
    return chosen


def _of_question(
    question: ImageQuestion, asked: Mapping[int, AskedFilm], patients: Patients
) -> Item | str:
    named = [asked[study_id] for study_id in question.studies]
    if len({film.subject_id for film in named}) > 1:
        return SEVERAL
    patient = patients[named[0].subject_id]
    if patient is None:
        return STRANGER
    films = [
        patient.film(study_id, film.dicom_id)
        for study_id, film in zip(question.studies, named, strict=True)
    ]
    there = [film for film in films if film is not None]
    if len(there) < len(films):
        return NO_FILM
    last = max(there, key=lambda film: film.known_at)
    hadm_id = asked[last.study_id].hadm_id
    words = about_films(question.text)
    return Item(
        qid=f"ehrxqa_{question.split}_{question.number}", source="ehrxqa", split=question.split,
        task=EHRXQA_TASK, subject_id=last.subject_id, cutoff=last.known_at,
        instruction=words.instruction, question=words.question, gold=question.gold,
        films=tuple(there), hadm_id=hadm_id if hadm_id in patient.admissions else None,
    )  # fmt: skip


def _of_instance(
    instance: Instance, stays: Mapping[int, IcuStay], patients: Patients
) -> Item | str:
    stay, patient = stays.get(instance.stay_id), patients[instance.subject_id]
    if stay is None or stay.subject_id != instance.subject_id:
        return NO_STAY
    if patient is None:
        return STRANGER
    if not stored_stay(stay, patient):
        return OTHER_STAY
    cutoff = instance.cutoff(stay)
    film = latest_frontal(patient.films, since=stay.intime, until=cutoff)
    if film is None:
        return NO_FRONTAL
    if not instance.gold:
        return NO_GOLD
    return _of_medmod(
        instance.qid, TASK_NAMES[instance.task], stay, film, split=instance.split, cutoff=cutoff,
        words=OF_TASK[instance.task], gold=instance.gold,
    )  # fmt: skip


def _of_stay(stay: IcuStay, split: Split, patients: Patients, seed: int) -> Item | str:
    patient = patients[stay.subject_id]
    if patient is None:
        return STRANGER
    if not stored_stay(stay, patient):
        return OTHER_STAY
    films = list(_within(patient.films, stay))
    if not films:
        return NO_FRONTAL
    read = [film for film in films if film.findings]
    if not read:
        return NO_GOLD
    film = min(read, key=lambda film: uniform("rebuild", str(seed), film.dicom_id))
    qid = f"{RADIOLOGY_TASK}_{split}_{film.study_id}"
    return _of_medmod(
        qid, RADIOLOGY_TASK, stay, film, split=split, cutoff=film.known_at, words=RADIOLOGY,
        gold=film.findings,
    )  # fmt: skip


def _within(films: Sequence[Film], stay: IcuStay) -> Iterator[Film]:
    """Of each study of the stay the first frontal film."""
    seen: set[int] = set()
    for film in frontal(films):
        if stay.intime <= film.time and film.known_at <= stay.outtime:
            if film.study_id not in seen:
                yield film
            seen.add(film.study_id)


def _of_medmod(
    qid: str,
    task: str,
    stay: IcuStay,
    film: Film,
    *,
    split: Split,
    cutoff: datetime,
    words: Words,
    gold: Sequence[str],
) -> Item:
    return Item(
        qid=qid, source="medmod", split=split, task=task, subject_id=stay.subject_id,
        cutoff=cutoff, instruction=words.instruction, question=words.question,
        gold=tuple(gold), films=(film,), hadm_id=stay.hadm_id, stay_id=stay.stay_id,
    )  # fmt: skip
