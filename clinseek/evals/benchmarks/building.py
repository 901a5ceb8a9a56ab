"""From a store to the rows of a benchmark: scan every patient, draw, examine, and count it all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from clinseek.evals.benchmarks.availability import why_not_given
from clinseek.evals.benchmarks.balance import (
    Placed,
    Prevalence,
    Reserve,
    bounds_for,
    taken,
    wanted_of_label,
)
from clinseek.evals.benchmarks.candidates import CandidateRule, Pools, offered, pools_of
from clinseek.evals.benchmarks.examining import Drawn, Errand, Examined, examine_patient
from clinseek.evals.benchmarks.scanning import Found, Scan, scan_patients
from clinseek.evals.benchmarks.splits import SPLITS, Split, split_of
from clinseek.evals.benchmarks.tasks import Task, TaskKind
from clinseek.evals.benchmarks.tasks.code_book import code_book
from clinseek.evals.rows import Row
from clinseek.toolkits.ehr.store import Store
from clinseek.validity.processes import Workers, workers

_TYPES: dict[TaskKind, str] = {
    "decision": "decision_making",
    "risk": "risk_prediction",
    "agentehr": "agentehr",
    "medmod": "medmod",
}
_PATIENTS_AT_ONCE = 8
_OVERSHOOT = 2
"""How many replacements are examined for each that is wanted, once some were dropped."""


class BuildSettings(NamedTuple):
    """What decides the rows, beside the store and the tasks."""

    per_task: int = 40
    seed: int = 42
    prevalence: Prevalence = "balanced"
    candidates: CandidateRule = "frozen"
    split: Split | None = None


class BuildProgress(NamedTuple):
    """How far it is: patients read for questions, then questions examined through their case."""

    stage: Literal["patients", "questions"]
    done: int
    total: int
    seconds: float


Tell = Callable[[BuildProgress], None]


@dataclass
class TaskRows:
    """What became of one task. `not_given` says in a sentence why a store cannot give it."""

    task: Task
    not_given: str | None = None
    found: Found = field(default_factory=Found)
    examined: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    pool: int = 0
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Built(NamedTuple):
    """The rows in the order of the tasks, and what became of each task."""

    store: Store
    settings: BuildSettings
    rows: list[Row]
    tasks: list[TaskRows]


def build(
    store: str | Path,
    tasks: Sequence[Task],
    *,
    settings: BuildSettings | None = None,
    jobs: int = 1,
    progress: Tell = lambda _progress: None,
) -> Built:
    """The rows of `tasks` over a store; the same arguments give the same rows, in any `jobs`.

    A task that the store cannot give has a sentence in place of rows. StoreError and RuleError as
    a case raises them.
    """
    opened, chosen = Store.open(store), settings or BuildSettings()
    subjects = [
        subject_id
        for subject_id in opened.subjects()
        if chosen.split is None or split_of(subject_id) == chosen.split
    ]
    with code_book(opened.vocabulary) as book:
        made = [TaskRows(task, why_not_given(task, opened.tables, book)) for task in tasks]
        given = [each for each in made if each.not_given is None]
        pools = pools_of([each.task for each in given], opened, book)
    began = time.monotonic()

    def tell(stage: Literal["patients", "questions"], done: int, total: int) -> None:
        progress(BuildProgress(stage, done, total, time.monotonic() - began))

    with workers(jobs) as each_of:
        building = _Building(opened, chosen, pools, each_of, tell)
        reserves = building.scanned(given, subjects)
        building.fill(given, reserves)
    return Built(opened, chosen, [row for each in made for row in each.rows], made)


class _Building:
    """One build under way: its settings, and the processes that share the work."""

    def __init__(
        self,
        store: Store,
        settings: BuildSettings,
        pools: Pools,
        each_of: Workers,
        tell: Callable[[Literal["patients", "questions"], int, int], None],
    ) -> None:
        self._store, self._settings, self._pools = store, settings, pools
        self._each_of, self._tell = each_of, tell

    def scanned(
        self, made: Sequence[TaskRows], subjects: Sequence[int]
    ) -> dict[str, dict[str, Reserve]]:
        """The first questions of each task by group, out of every patient's record."""
        bounds = bounds_for(self._settings.per_task)
        names = tuple(each.task.name for each in made)
        scan = Scan(
            str(self._store.path), names, self._pools.bounds, self._settings.seed,
            self._settings.prevalence, bounds,
        )  # fmt: skip
        reserves: dict[str, dict[str, Reserve]] = {name: {} for name in names}
        parts = [
            subjects[at : at + _PATIENTS_AT_ONCE]
            for at in range(0, len(subjects), _PATIENTS_AT_ONCE)
        ]
        self._tell("patients", 0, len(subjects))
        found_in = self._each_of(_Scanner(scan), parts if names else [])
        for done, found in enumerate(found_in, start=1):
            for each in made:
                part = found[each.task.name]
                _merge(each.found, part)
                for group, first in part.first.items():
                    held = reserves[each.task.name].setdefault(group, Reserve(bounds.of_task))
                    held.add(first)
            self._tell("patients", min(done * _PATIENTS_AT_ONCE, len(subjects)), len(subjects))
        return reserves

    def fill(self, made: Sequence[TaskRows], reserves: Mapping[str, Mapping[str, Reserve]]) -> None:
        """Examine questions in their order until every task has its rows, or has no more."""
        queues = [queue for each in made for queue in self._queues(each, reserves[each.task.name])]
        done, total = 0, 0
        while batch := [(queue, one) for queue in queues for one in queue.next()]:
            total += len(batch)
            for examined in self._each_of(examine_patient, self._errands(batch)):
                for one in examined:
                    queue, placed = batch[one.number]
                    queue.settle(placed, one)
                done += len(examined)
                self._tell("questions", done, total)
        for each in made:
            own = [queue for queue in queues if queue.made is each]
            self._finish(each, {queue.group: queue.passed() for queue in own})

    def _queues(self, made: TaskRows, reserves: Mapping[str, Reserve]) -> Iterator[_Queue]:
        """Of labels that are to be balanced no more is looked at than the rarer one can match."""
        held = {group: reserve.in_order() for group, reserve in sorted(reserves.items())}
        wanted = self._settings.per_task
        if self._is_balanced(made.task):
            rarer = min(len(held.get(label, [])) for label in ("yes", "no"))
            wanted = min(wanted_of_label(wanted), rarer)
        for group, in_order in held.items():
            yield _Queue(made, group, in_order, wanted)

    def _is_balanced(self, task: Task) -> bool:
        return self._settings.prevalence == "balanced" and task.is_yes_or_no

    def _errands(self, batch: Sequence[tuple[_Queue, Placed]]) -> list[Errand]:
        by_patient: dict[int, list[Drawn]] = {}
        for number, (queue, one) in enumerate(batch):
            drawn = Drawn(number, queue.made.task.name, one.question)
            by_patient.setdefault(one.subject_id, []).append(drawn)
        path = str(self._store.path)
        return [Errand(path, subject, tuple(drawn)) for subject, drawn in by_patient.items()]

    def _finish(self, made: TaskRows, passed: Mapping[str, list[tuple[Placed, str]]]) -> None:
        settings, task = self._settings, made.task
        evidence = {id(one): told for members in passed.values() for one, told in members}
        chosen = taken(
            task,
            {group: [one for one, _ in members] for group, members in passed.items()},
            per_task=settings.per_task, prevalence=settings.prevalence,
        )  # fmt: skip
        names = self._pools.names[task.name]
        made.pool = len(names)
        made.rows = [self._row(task, one, evidence[id(one)], names) for one in chosen]
        made.remarks = list(_remarks(made, settings))

    def _row(self, task: Task, one: Placed, evidence: str, names: tuple[str, ...]) -> Row:
        question, settings = one.question, self._settings
        qid = qid_of(task, one)
        label: str | list[str] = question.label[0] if task.is_yes_or_no else list(question.label)
        return Row(
            qid=qid,
            subject_id=one.subject_id,
            hadm_id=question.hadm_id,
            stay_id=question.stay_id,
            cutoff=question.cutoff,
            task=task.name,
            task_type=_TYPES[task.kind],
            question=task.question,
            candidates=offered(
                names, question.label, rule=settings.candidates, seed=settings.seed, qid=qid
            ),
            answer_form=task.form,
            label=label,
            curated_evidence=evidence,
            vocabulary=task.pool.vocabulary,
            metadata={
                "source": task.source,
                "split": split_of(one.subject_id),
                "store": self._store.fingerprint,
            },
        )


class _Queue:
    """The questions of one group of a task in their order, and what became of those examined."""

    def __init__(self, made: TaskRows, group: str, in_order: list[Placed], wanted: int) -> None:
        self.made, self.group = made, group
        self._waiting, self._wanted = in_order, wanted
        self._order = {id(one): place for place, one in enumerate(in_order)}
        self._passed: list[tuple[Placed, str]] = []
        self._at = 0

    def next(self) -> list[Placed]:
        """Those to be examined now: as many as are wanted, then more for those dropped."""
        lacking = self._wanted - len(self._passed)
        more = lacking if self._at == 0 else lacking * _OVERSHOOT
        taking = self._waiting[self._at : self._at + max(0, more)]
        self._at += len(taking)
        return taking

    def settle(self, one: Placed, examined: Examined) -> None:
        """Keep what one was found to be."""
        self.made.examined += 1
        if examined.evidence is None:
            self.made.dropped[examined.dropped or ""] += 1
        else:
            self._passed.append((one, examined.evidence))

    def passed(self) -> list[tuple[Placed, str]]:
        """The questions that may be asked, in order, with their evidence."""
        return sorted(self._passed, key=lambda each: self._order[id(each[0])])


class _Scanner:
    """`scan_patients` for one scan, as a function that travels."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan

    def __call__(self, subject_ids: Sequence[int]) -> dict[str, Found]:
        return scan_patients(self._scan, subject_ids)


def qid_of(task: Task, one: Placed) -> str:
    """The name of a row: its task, patient, stay and cutoff, so that it stays in other builds."""
    question = one.question
    stay = question.stay_id or question.hadm_id or 0
    moment = question.cutoff.replace("-", "").replace(":", "").replace(" ", "T")
    return f"{task.name}_{one.subject_id}_{stay}_{moment}"


def splits_of(rows: Iterable[Row]) -> dict[Split, int]:
    """How many rows each split has."""
    counted = Counter(row.metadata["split"] for row in rows)
    return {split: counted[split] for split in SPLITS}


def _merge(into: Found, part: Found) -> None:
    into.asked += part.asked
    into.patients += part.patients
    into.labels += part.labels
    into.left_out += part.left_out


def _remarks(made: TaskRows, settings: BuildSettings) -> Iterator[str]:
    """What a person should know who asked for so many rows."""
    task, found = made.task, made.found
    if not found.asked:
        yield f"{task.name}: the store's record holds no such question"
        return
    if task.is_yes_or_no and settings.prevalence == "balanced":
        alone = [label for label in ("yes", "no") if not found.labels[label]]
        if alone:
            other = "no" if alone == ["yes"] else "yes"
            yield (
                f"{task.name}: every answer is {other}, so there is nothing to balance; "
                "--prevalence natural takes it as it is"
            )
            return
        rarer = min(("yes", "no"), key=lambda label: found.labels[label])
        if len(made.rows) < settings.per_task:
            yield (
                f"{task.name}: {settings.per_task:,} rows were asked for; {len(made.rows):,} were "
                f"taken, as many yes as no, since of {found.asked:,} questions "
                f"{found.labels[rarer]:,} have the answer {rarer}{_apart(made)}"
            )
        return
    if len(made.rows) < settings.per_task:
        yield (
            f"{task.name}: {settings.per_task:,} rows were asked for; all {len(made.rows):,} that "
            f"there are were taken{_apart(made)}"
        )


def _apart(made: TaskRows) -> str:
    dropped = sum(made.dropped.values())
    return f" ({dropped:,} of those looked at were dropped)" if dropped else ""
