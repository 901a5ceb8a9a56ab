"""Which questions are asked: so many of each template, over all patients, their answers mixed."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import CutoffError
from clinseek.evals.benchmarks.openseek.asking import EVERYTHING, Asked, ask, moment_of
from clinseek.evals.benchmarks.openseek.cutoffs import TABLES, drawn_cutoff
from clinseek.evals.benchmarks.openseek.raw_keys import Keyed, keyed
from clinseek.evals.benchmarks.openseek.template import Template
from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.case import Case, label_clock, open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.validity.probe.patient import KeptRecord

ROUNDS = 8
"""How often all patients are gone round at most."""
_A_CASE = 4
"""Questions about one patient at one moment."""
_A_PATIENT = 3
"""Questions of one template about one patient."""
_MOST_PATIENTS = 400


class Tally:
    """What has been asked so far, and what may still be."""

    def __init__(self, templates: Sequence[Template], *, per_template: int) -> None:
        self._templates = templates
        self._wanted = per_template
        self._asked: Counter[str] = Counter()
        self._answers: dict[str, Counter[str]] = defaultdict(Counter)
        self._patients: Counter[tuple[str, int]] = Counter()
        self._questions: set[tuple[int, str, str]] = set()

    def open(self, subject_id: int, rng: random.Random) -> list[Template]:
        """The templates that still want questions, those with the fewest first."""
        wanting = [
            (self._asked[one.name] / self._wanted, rng.random(), one)
            for one in self._templates
            if self._asked[one.name] < self._wanted
            and self._patients[one.name, subject_id] < _A_PATIENT
        ]
        return [one for *_, one in sorted(wanting, key=lambda each: each[:2])]

    def accepts(self, asked: Asked) -> bool:
        """Whether this question is new, and its answer not that of too many others."""
        most = max(1, round(asked.template.most_alike * self._wanted))
        name = asked.template.name
        return (
            (asked.subject_id, asked.cutoff, asked.question) not in self._questions
            and (asked.answer is None or self._answers[name][str(asked.answer)] < most)
        )  # fmt: skip

    def add(self, asked: Asked) -> None:
        """Count a question."""
        name = asked.template.name
        self._asked[name] += 1
        self._answers[name][str(asked.answer)] += 1
        self._patients[name, asked.subject_id] += 1
        self._questions.add((asked.subject_id, asked.cutoff, asked.question))

    @property
    def full(self) -> bool:
        """Whether every template has all the questions that it wants."""
        return all(self._asked[one.name] >= self._wanted for one in self._templates)

    @property
    def asked(self) -> int:
        """How many questions there are."""
        return self._asked.total()


class _Kept(NamedTuple):
    """The whole records laid out so far, which go with their folder."""

    folder: Path
    whole: dict[int, Case]


def drawn(
    store: Store,
    templates: Sequence[Template],
    *,
    per_template: int,
    seed: int,
    rounds: int = ROUNDS,
    told: Callable[[int, int], None] = lambda *_: None,
) -> list[Keyed]:
    """Up to `per_template` questions of each template, with raw keys; the seed decides which.

    Goes round the patients, each time at a new cutoff. `told` hears how many there are, of how
    many.
    """
    rng = random.Random(seed)
    subjects = store.subjects()
    rng.shuffle(subjects)
    subjects = sorted(subjects[:_MOST_PATIENTS], key=lambda _: rng.random())
    tally = Tally(templates, per_template=per_template)
    found: list[Keyed] = []
    with scratch_folder("clinseek-openseek-") as folder:
        kept = _Kept(folder, {})
        for at in range(rounds):
            before = tally.asked
            for subject_id in subjects:
                if tally.full:
                    return found
                mixed = random.Random(f"{seed}:{subject_id}:{at}")
                found += _of_patient(store, subject_id, tally, mixed, kept=kept)
                told(tally.asked, per_template * len(templates))
            if tally.asked == before:  # those that are still wanted fit nobody
                break
    return found


def _of_patient(
    store: Store, subject_id: int, tally: Tally, rng: random.Random, *, kept: _Kept
) -> list[Keyed]:
    """Up to four questions about one patient at one new cutoff."""
    templates = tally.open(subject_id, rng)
    if not templates:
        return []
    record = KeptRecord(store, subject_id)
    read = record.read_subject(subject_id)
    cutoff = drawn_cutoff({name: read[name].to_pylist() for name in TABLES}, rng)
    if cutoff is None:
        return []
    try:
        opened = open_case(record, subject_id, cutoff=cutoff, folder=kept.folder)
    except CutoffError:  # nothing is known yet
        return []
    with closing(opened) as case:
        whole = kept.whole.get(subject_id)
        if whole is None:
            whole = open_case(record, subject_id, cutoff=EVERYTHING, folder=kept.folder)
            kept.whole[subject_id] = whole
        asked = list(_questions(templates, case, whole, tally, rng))
        if not asked:
            return []
        with label_clock(record, subject_id) as clock:
            return [keyed(one, case=case, whole=whole, clock=clock) for one in asked]


def _questions(
    templates: Sequence[Template], case: Case, whole: Case, tally: Tally, rng: random.Random
) -> Iterator[Asked]:
    moment, left = moment_of(case, whole), _A_CASE
    for template in templates:
        asked = ask(template, moment, rng)
        if asked is None or not tally.accepts(asked):
            continue
        tally.add(asked)
        yield asked
        left -= 1
        if not left:
            return
