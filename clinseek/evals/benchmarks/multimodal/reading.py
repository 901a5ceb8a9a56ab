"""What the folders of EHRXQA and MedMod say, read once, file by file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clinseek.evals.benchmarks.multimodal.ehrxqa import (
    AskedFilm,
    ImageQuestion,
    SourceAnswer,
    asked_films,
    read_questions,
    source_answers,
)
from clinseek.evals.benchmarks.multimodal.medmod import (
    IcuStay,
    Instance,
    read_instances,
    read_stays,
)
from clinseek.evals.benchmarks.multimodal.sources import Medmod, Source, Sources, Split


@dataclass(frozen=True)
class ReadSources:
    """Questions and instances of the splits, and how many were read of each source and split.

    `answers` are all of EHRXQA's, where they were asked for; `left_out` are its other questions.
    """

    asked: Mapping[int, AskedFilm] = field(default_factory=dict)
    questions: Sequence[ImageQuestion] = ()
    answers: Mapping[tuple[Split, int], SourceAnswer] = field(default_factory=dict)
    stays: Mapping[int, IcuStay] = field(default_factory=dict)
    instances: Sequence[Instance] = ()
    read: Counter[tuple[Source, Split]] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def subjects(self) -> set[int]:
        """The patients that are asked about."""
        named = {self.asked[study].subject_id for each in self.questions for study in each.studies}
        return named | {instance.subject_id for instance in self.instances}

    @property
    def patient_splits(self) -> dict[int, Split]:
        """In which split of MedMod a patient is; of several the first."""
        found: dict[int, Split] = {}
        for instance in self.instances:
            found.setdefault(instance.subject_id, instance.split)
        return found


def read_sources(found: Sources, *, with_answers: bool, tell: Callable[[str], None]) -> ReadSources:
    """Read all files; `with_answers` those of EHRXQA whatever they ask, too.

    SettingError names file and line of what cannot be read.
    """
    read: Counter[tuple[Source, Split]] = Counter()
    left_out: Counter[str] = Counter()
    asked: dict[int, AskedFilm] = {}
    questions: list[ImageQuestion] = []
    answers: dict[tuple[Split, int], SourceAnswer] = {}
    if found.ehrxqa is not None:
        asked = asked_films(found.ehrxqa.films)
        for split, file in found.ehrxqa.questions.items():
            tell(f"reading {file}")
            told = read_questions(file, split, asked)
            questions += told.questions
            left_out += told.left_out
            read["ehrxqa", split] += told.read
            if with_answers:
                answers |= {(split, id_): each for id_, each in source_answers(file).items()}
    stays = {} if found.medmod is None else read_stays(found.medmod)
    instances = [] if found.medmod is None else _instances(found.medmod, read, tell)
    return ReadSources(asked, questions, answers, stays, instances, read, left_out)


def _instances(
    found: Medmod, read: Counter[tuple[Source, Split]], tell: Callable[[str], None]
) -> list[Instance]:
    instances: list[Instance] = []
    for (task, split), file in found.lists.items():
        tell(f"reading {file}")
        before = len(instances)
        instances.extend(read_instances(Path(file), task, split))
        read["medmod", split] += len(instances) - before
    return instances
