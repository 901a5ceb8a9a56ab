"""The questions of EHRXQA that ask about X-rays by name.

EHRXQA moves the times of each patient by years of its own, gives the X-rays of a patient each
other's times, and shuffles values of its tables, so that nobody is recognised. What a question
asks of its tables, or of "the last study in 2104", therefore is not true of the record. A question
that names its studies by their ids is: the answer was read off those very images. Those are taken,
and the others counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.multimodal.csv_lines import csv_lines
from clinseek.evals.benchmarks.multimodal.sources import Split
from clinseek.evals.benchmarks.suites.fields import whole
from clinseek.evals.benchmarks.suites.manifests import objects_of

RELEASE = "EHRXQA 1.0.0"
OF_TABLES = "asks EHRXQA's tables, whose values are shuffled"
BY_TIME = "names a study by a time in EHRXQA's own clock"
STRANGE_STUDY = "names a study that tb_cxr.csv does not have"
UNANSWERABLE = "is marked as not answerable"
NO_GOLD = "has no right answer"
_BY_TIME = re.compile(
    r"\bprevious (?:study|x-ray|chest)|\bstud(?:y|ies) of patient\b", re.IGNORECASE
)
_NUMBERS = re.compile(r"(?<!\d)\d{8}(?!\d)")
_TO_COME = "Will be generated"
_OF_IMAGES = "func_vqa"
"""What a query calls where it looks at an image."""
_NO_ANSWERS = (
    "{at}: has no answer; the answered release of PhysioNet is needed (dataset/{{train,valid,test}}"
    ".json of EHRXQA 1.0.0, not the _train.json, ... of its repository)"
)


class AskedFilm(NamedTuple):
    """By which image EHRXQA asks about a study, and of whom it is."""

    subject_id: int
    hadm_id: int | None
    dicom_id: str


class ImageQuestion(NamedTuple):
    """A question about studies that it names; `gold` are the answers, 1 and 0 for yes and no."""

    number: int
    split: Split
    text: str
    studies: tuple[int, ...]
    gold: tuple[str, ...]


class SourceAnswer(NamedTuple):
    """What EHRXQA asks and answers under one id."""

    text: str
    gold: tuple[str, ...]


class ReadQuestions(NamedTuple):
    """Of so many questions of a file those that are taken, and why how many others are not."""

    read: int
    questions: Sequence[ImageQuestion]
    left_out: Counter[str]


def asked_films(files: Iterable[Path]) -> dict[int, AskedFilm]:
    """The image of each study, from EHRXQA's tables; of several files the first that has it.

    SettingError names file and line of what cannot be read.
    """
    found: dict[int, AskedFilm] = {}
    needed = ("subject_id", "study_id", "image_id")
    for line in (
        line for file in files for line in csv_lines(file, needed=needed, release=RELEASE)
    ):
        study_id = whole(line.cells["study_id"], "study_id", at=line.at)
        subject_id = whole(line.cells["subject_id"], "subject_id", at=line.at)
        if study_id is None or subject_id is None:
            raise SettingError(f"{line.at}: study_id or subject_id is empty")
        hadm_id = whole(line.cells.get("hadm_id"), "hadm_id", at=line.at)
        found.setdefault(study_id, AskedFilm(subject_id, hadm_id, line.cells["image_id"].strip()))
    return found


def read_questions(file: Path, split: Split, films: Mapping[int, AskedFilm]) -> ReadQuestions:
    """The questions of one split about the studies of `films`.

    SettingError names file and line of an object that is no question, and of an unanswered one.
    """
    taken: dict[int, ImageQuestion] = {}
    left_out: Counter[str] = Counter()
    read = 0
    for at, held in objects_of(file):
        read += 1
        number, text = _identity(held, at)
        reason = _why_not(held, text, films, at)
        if reason is not None:
            left_out[reason] += 1
            continue
        if number in taken:
            raise SettingError(f"{at}: a question with the id {number} stands above already")
        gold = gold_of(held["answer"])
        taken[number] = ImageQuestion(number, split, text, tuple(_studies(held, text, films)), gold)
    return ReadQuestions(read, list(taken.values()), left_out)


def source_answers(file: Path) -> dict[int, SourceAnswer]:
    """Every question of a split with its answer, of whatever it asks."""
    read = ((_identity(held, at), held) for at, held in objects_of(file))
    return {
        number: SourceAnswer(text, gold_of(held.get("answer"))) for (number, text), held in read
    }


def gold_of(answer: Any) -> tuple[str, ...]:
    """The answers as texts, each once; rows of one cell are their cell.

    >>> gold_of([1]), gold_of([["edema"], ["edema"]]), gold_of(None), gold_of(True)
    (('1',), ('edema',), (), ('1',))
    """
    members = answer if isinstance(answer, list) else [answer]
    cells = [each[0] if isinstance(each, list) and len(each) == 1 else each for each in members]
    texts = (str(int(cell)) if isinstance(cell, bool) else str(cell) for cell in cells
             if cell not in (None, "", "null"))  # fmt: skip
    return tuple(dict.fromkeys(text.strip() for text in texts))


def _identity(held: Mapping[str, Any], at: str) -> tuple[int, str]:
    number = whole(held.get("id"), "id", at=at)
    text = held.get("question")
    if number is None or not isinstance(text, str) or not text.strip():
        raise SettingError(f"{at}: a question of {RELEASE} has an id and a question")
    return number, text.strip()


def _why_not(
    held: Mapping[str, Any], text: str, films: Mapping[int, AskedFilm], at: str
) -> str | None:
    """Why a question cannot be asked of the record; None where it can."""
    if _OF_IMAGES not in str(held.get("query") or "").lower():
        return OF_TABLES
    if held.get("is_impossible"):
        return UNANSWERABLE
    if "answer" not in held or str(held["answer"]).startswith(_TO_COME):
        raise SettingError(_NO_ANSWERS.format(at=at))
    if _BY_TIME.search(str(held.get("template") or text)):
        return BY_TIME
    if not any(True for _ in _studies(held, text, films)):
        return STRANGE_STUDY if "study" in _names(held) else BY_TIME
    return None if gold_of(held["answer"]) else NO_GOLD


def _studies(held: Mapping[str, Any], text: str, films: Mapping[int, AskedFilm]) -> Iterable[int]:
    """The studies of a question in the order of its words, then those that only its values name."""
    value = held.get("value")
    told = [text, *map(str, value.values())] if isinstance(value, Mapping) else [text]
    numbers = (int(number) for part in told for number in _NUMBERS.findall(part))
    return dict.fromkeys(number for number in numbers if number in films)


def _names(held: Mapping[str, Any]) -> str:
    """The names of the values that a question was made with: `study_id1 study_id2`."""
    value = held.get("value")
    return " ".join(map(str, value)) if isinstance(value, Mapping) else ""
