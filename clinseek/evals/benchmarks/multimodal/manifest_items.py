"""The rows that a published manifest asks for, looked up in the sources and the store.

The manifest says which rows there are, in its own words; it holds neither X-rays nor record. Each
row is compared with what EHRXQA, MedMod and MIMIC-CXR say of it, and what differs is told. The
rows of EHRXQA are set at the moment of their X-rays: its own times are not those of the record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.multimodal.choosing import (
    NO_FILM,
    STRANGER,
    Chosen,
    same_moment,
)
from clinseek.evals.benchmarks.multimodal.ehrxqa import SourceAnswer
from clinseek.evals.benchmarks.multimodal.items import RADIOLOGY_TASK, Film, Item, latest_frontal
from clinseek.evals.benchmarks.multimodal.medmod import IcuStay, Instance
from clinseek.evals.benchmarks.multimodal.patients import Patient, Patients
from clinseek.evals.benchmarks.multimodal.sources import SOURCES, SPLITS, Source, Split
from clinseek.evals.benchmarks.suites.fields import label_texts
from clinseek.evals.benchmarks.suites.manifests import objects_of
from clinseek.evals.benchmarks.suites.multimodal_rows import multimodal_row
from clinseek.evals.benchmarks.suites.sections import sections_of
from clinseek.evals.rows import Row

COHORT = "asks over many patients"
_QID = re.compile(
    r"(?P<source>ehrxqa|medmod)_(?:(?P<task>[a-z-]+)_)?(?P<split>train|valid|val|test)_"
    r"(?P<id>\d+)(?:_(?P<hours>\d+(?:\.\d+)?))?"
)
_IMAGE = re.compile(r"/s(?P<study>\d+)/(?P<dicom>[^/]+)\.(?:jpg|dcm)$")


class PublishedItem(NamedTuple):
    """A row of the manifest, and what its qid tells."""

    row: Row
    source: Source
    gold: tuple[str, ...]
    prompt: str
    split: Split
    number: int
    task: str | None
    hours: float | None


class Facts(NamedTuple):
    """What the sources say: answers by split and id, instances by task, split, stay and hour.

    `compared` are the sources that are at hand; rows of others are taken as they are.
    """

    compared: frozenset[Source]
    answers: Mapping[tuple[Split, int], SourceAnswer]
    instances: Mapping[tuple[str, Split, int, float], Instance]
    stays: Mapping[int, IcuStay]


class Differences(NamedTuple):
    """Where manifest and sources do not say the same: the qids of each difference."""

    found: dict[str, list[str]]

    def add(self, qid: str, told: Iterable[str]) -> None:
        """Note what differs of a row."""
        for difference in told:
            self.found.setdefault(difference, []).append(qid)


def published_items(file: Path) -> list[PublishedItem]:
    """The rows of the manifest. SettingError names file and line of one that cannot be read."""
    if not file.is_file():
        raise SettingError(f"--manifest {file}: there is no such file")
    items = [_published(at, held) for at, held in objects_of(file)]
    if not items:
        raise SettingError(f"--manifest {file}: holds no rows")
    return items


def splits_of(items: Iterable[PublishedItem]) -> dict[Source, list[Split]]:
    """The splits that the rows are of, by source."""
    asked = {(item.source, item.split) for item in items}
    return {source: [split for split in SPLITS if (source, split) in asked] for source in SOURCES}


def of_manifest(
    published: Iterable[PublishedItem], facts: Facts, patients: Patients
) -> tuple[Chosen, Differences]:
    """A row for each published one whose patient and X-rays the store has, and what differs."""
    chosen, differences = Chosen([], Counter()), Differences({})
    for item in published:
        made = _item(item, patients)
        if isinstance(made, str):
            chosen.left_out[made] += 1
            continue
        chosen.items.append(made)
        differences.add(made.qid, _differences(item, made, facts, patients))
    return chosen, differences


def _published(at: str, held: Mapping[str, Any]) -> PublishedItem:
    row = multimodal_row(held, at=at)
    told = _QID.fullmatch(row.qid)
    if told is None or told["source"] != row.group:
        raise SettingError(
            f"{at}: qid {row.qid!r} is none of ClinSeek-Bench multimodal (ehrxqa_test_7, "
            "medmod_phenotyping_test_30000001_40.5); is it a manifest of another release?"
        )
    source: Source = "ehrxqa" if row.group == "ehrxqa" else "medmod"
    gold = tuple(label_texts(held.get("label", held.get("ground_truth")), at=at))
    split: Split = "valid" if told["split"] == "val" else told["split"]  # type: ignore[assignment]
    hours = None if told["hours"] is None else float(told["hours"])
    prompt = str(held.get("question") or "")
    return PublishedItem(row, source, gold, prompt, split, int(told["id"]), told["task"], hours)


def _item(item: PublishedItem, patients: Patients) -> Item | str:
    row = item.row
    if row.subject_id is None:
        return COHORT
    patient = patients[row.subject_id]
    if patient is None:
        return STRANGER
    films = _films(row.images, patient)
    if not films:
        return NO_FILM
    prompt = sections_of(item.prompt)
    own = datetime.fromisoformat(str(row.cutoff))
    return Item(
        qid=row.qid,
        source=item.source,
        split=item.split,
        task=row.task,
        subject_id=row.subject_id,
        cutoff=max(film.known_at for film in films) if item.source == "ehrxqa" else own,
        instruction=prompt.get("task_instruction", ""),
        question=prompt.get("question") or item.prompt.strip(),
        gold=item.gold,
        films=films,
        hadm_id=row.hadm_id if row.hadm_id in patient.admissions else None,
        stay_id=row.stay_id if row.stay_id in patient.stays else None,
    )


def _films(paths: Iterable[str], patient: Patient) -> tuple[Film, ...]:
    """The films of the paths; none where one of them is not in the store."""
    named = [_IMAGE.search(path) for path in paths]
    found = [patient.film(int(name["study"]), name["dicom"]) for name in named if name]
    there = tuple(film for film in found if film is not None)
    return there if len(there) == len(named) else ()


def _differences(
    item: PublishedItem, made: Item, facts: Facts, patients: Patients
) -> Iterator[str]:
    if made.source not in facts.compared:
        return
    if made.source == "ehrxqa":
        yield from _from_ehrxqa(item, made, facts)
    elif made.task == RADIOLOGY_TASK:
        if set(made.gold) != set(made.films[0].findings):
            yield "findings are not those of CheXpert"
    else:
        yield from _from_medmod(item, made, facts, patients)


def _from_ehrxqa(item: PublishedItem, made: Item, facts: Facts) -> Iterator[str]:
    source = facts.answers.get((item.split, item.number))
    if source is None:
        yield "not in EHRXQA's split"
        return
    if source.text.lower() not in made.question.lower():
        yield "another question than in EHRXQA"
    if set(source.gold) != set(made.gold):
        yield "another answer than in EHRXQA"


def _from_medmod(
    item: PublishedItem, made: Item, facts: Facts, patients: Patients
) -> Iterator[str]:
    hours = item.hours or 0.0
    instance = facts.instances.get((item.task or "", item.split, item.number, hours))
    stay = facts.stays.get(item.number)
    if instance is None or stay is None:
        yield "not in MedMod's list"
        return
    if set(instance.gold) != set(made.gold):
        yield "another label than in MedMod"
    if not same_moment(instance.cutoff(stay), made.cutoff):
        yield "another moment than in MedMod"
    patient = patients[made.subject_id]
    films = () if patient is None else patient.films
    newest = latest_frontal(films, since=stay.intime, until=made.cutoff)
    if newest is None or newest.study_id != made.films[0].study_id:
        yield "not the newest frontal X-ray before the cutoff"


def instances_by_name(
    instances: Iterable[Instance],
) -> dict[tuple[str, Split, int, float], Instance]:
    """Instances as a qid names them."""
    return {(each.task, each.split, each.stay_id, each.told_hours): each for each in instances}
