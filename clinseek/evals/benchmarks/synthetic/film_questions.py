"""Questions about drawn chest films; every answer is the truth by which the film was drawn."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from clinseek.evals.benchmarks.synthetic.asked import RISK, Asked
from clinseek.toolkits.ehr.synthetic.films import Finding
from clinseek.validity.outcomes import OUTCOMES, RawRows, instances

ASKED_ABOUT: Mapping[Finding, str] = {
    "pleural effusion": "a pleural effusion",
    "pneumothorax": "a pneumothorax",
    "consolidation": "a consolidation",
    "pulmonary edema": "pulmonary edema",
    "cardiomegaly": "an enlarged heart",
    "endotracheal tube": "an endotracheal tube",
    "central venous line": "a central venous line",
    "pacemaker": "a pacemaker",
}
"""Findings of presence questions, in the words of the question."""
CHANGING: tuple[Finding, ...] = (
    "pleural effusion",
    "pneumothorax",
    "consolidation",
    "pulmonary edema",
    "endotracheal tube",
    "central venous line",
)
"""Findings that come and go."""
NONE = "none of these"
LISTED: tuple[str, ...] = (*ASKED_ABOUT, "bibasilar opacities", "hyperinflation", NONE)
"""Candidates of enumeration questions, the same for each."""
CHANGES = ("new", "resolved", "present on both", "absent from both")
"""Candidates of comparison questions."""
_OUTCOMES = ("in_hospital_death", "los_7d")
_SECOND = timedelta(seconds=1)


class DrawnStudy(NamedTuple):
    """One study of a patient: when it was taken, its pictures, and what they were drawn with."""

    subject_id: int
    hadm_id: int | None
    time: datetime
    images: tuple[str, ...]
    """Paths below the image root, the frontal view first."""
    present: frozenset[str]

    @property
    def known_at(self) -> datetime:
        """The first full second at which the film is there."""
        whole = self.time.replace(microsecond=0)
        return whole if whole == self.time else whole + _SECOND


def read_drawn(file: Path) -> list[DrawnStudy]:
    """The studies of a cohort, as the file beside its films tells them."""
    drawn = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [
        DrawnStudy(
            subject_id=one["subject_id"],
            hadm_id=one["hadm_id"],
            time=datetime.fromisoformat(one["time"]),
            images=tuple(image["path"] for image in one["images"]),
            present=frozenset(one["findings"]["present"]),
        )
        for one in drawn
    ]


def film_questions(
    studies: Sequence[DrawnStudy], raw: Mapping[int, RawRows], *, per_task: int, seed: int
) -> list[Asked]:
    """So many questions a task; within a task each answer is as frequent as the others.

    Presence asks for one finding a task, enumeration for all that a film shows, comparison for the
    change between a film and the one before; outcomes are asked with the newest film of the stay.
    """
    rng = random.Random(f"films {seed}")
    found = [*_presence(studies), *_enumeration(studies), *_comparison(studies)]
    found += _outcomes(studies, raw)
    by_task: dict[str, list[Asked]] = defaultdict(list)
    for one in found:
        by_task[one.task].append(one)
    return [one for members in by_task.values() for one in _even(members, per_task, rng)]


def _presence(studies: Iterable[DrawnStudy]) -> Iterator[Asked]:
    for study in studies:
        for finding, words in ASKED_ABOUT.items():
            task = f"presence_{finding.replace(' ', '_')}"
            asked = _about(study, task, "presence", f"Is there {words} on this chest film?")
            label = "yes" if finding in study.present else "no"
            yield asked._replace(label=label, answer_form="yes_no")


def _enumeration(studies: Iterable[DrawnStudy]) -> Iterator[Asked]:
    for study in studies:
        shown = [name for name in LISTED if name in study.present] or [NONE]
        asked = _about(
            study, "findings", "enumeration", "Which of these findings does this chest film show?"
        )
        yield asked._replace(label=shown, answer_form="list", candidates=LISTED)


def _comparison(studies: Iterable[DrawnStudy]) -> Iterator[Asked]:
    by_patient: dict[int, list[DrawnStudy]] = defaultdict(list)
    for study in studies:
        by_patient[study.subject_id].append(study)
    for members in by_patient.values():
        for before, after in pairwise(sorted(members, key=lambda study: study.time)):
            for finding in CHANGING:
                was, now = finding in before.present, finding in after.present
                label = CHANGES[2 if now else 1] if was else CHANGES[0 if now else 3]
                asked = _about(
                    after, "change", "comparison",
                    f"Two chest films of one patient, the earlier first: is {ASKED_ABOUT[finding]} "
                    "new on the later film, resolved, present on both, or absent from both?",
                )  # fmt: skip
                images = (before.images[0], after.images[0])
                yield asked._replace(
                    label=[label], answer_form="choice", candidates=CHANGES, images=images
                )


def _outcomes(studies: Iterable[DrawnStudy], raw: Mapping[int, RawRows]) -> Iterator[Asked]:
    by_stay: dict[int, list[DrawnStudy]] = defaultdict(list)
    for study in studies:
        if study.hadm_id is not None:
            by_stay[study.hadm_id].append(study)
    for subject_id, rows in raw.items():
        for name in _OUTCOMES:
            for one in instances(OUTCOMES[name], subject_id, rows).instances:
                hadm_id = one.ids.get("hadm_id")
                films = by_stay.get(hadm_id or 0, [])
                seen = [film for film in films if str(film.known_at) <= one.cutoff]
                if seen:
                    newest = max(seen, key=lambda film: film.time)
                    yield Asked(
                        f"{name}_with_film", subject_id, one.cutoff,
                        f"{RISK[name]} The newest chest film of this stay is attached.",
                        one.truth, "yes_no", hadm_id, images=newest.images, group="outcome",
                    )  # fmt: skip


def _about(study: DrawnStudy, task: str, group: str, question: str) -> Asked:
    """A question at the moment of a film; its answer is still to be said."""
    return Asked(
        task, study.subject_id, str(study.known_at), question, None, "text", study.hadm_id,
        images=study.images, group=group,
    )  # fmt: skip


def _even(asked: Sequence[Asked], wanted: int, rng: random.Random) -> list[Asked]:
    """At most so many, each answer as often as the rarest; of enumerations, each list in turn."""
    by_label: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_label[str(one.label)].append(one)
    for members in by_label.values():
        rng.shuffle(members)
    kinds = [by_label[label] for label in sorted(by_label)]
    if asked[0].answer_form == "yes_no":
        least = min(map(len, kinds)) if len(kinds) == 2 else 0
        kinds = [members[: min(least, max(1, wanted // 2))] for members in kinds]
    rng.shuffle(kinds)
    turns = max(map(len, kinds))
    taken = [kind[turn] for turn in range(turns) for kind in kinds if turn < len(kind)]
    return sorted(taken[:wanted], key=lambda one: (one.subject_id, one.cutoff, one.question))
