"""A patient's raw record, read once for the questions of all tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from clinseek.evals.benchmarks.balance import Bounds, Placed, Prevalence, placed
from clinseek.evals.benchmarks.tasks import TASKS, Question, Task
from clinseek.evals.benchmarks.tasks.code_book import CodeBook, code_book
from clinseek.evals.benchmarks.tasks.raw_record import RawRecord
from clinseek.toolkits.ehr.store import Store


class Scan(NamedTuple):
    """What every process needs to know to find questions; names, so that it travels."""

    store: str
    tasks: tuple[str, ...]
    pools: Mapping[str, frozenset[str]]
    seed: int
    prevalence: Prevalence
    bounds: Bounds


@dataclass
class Found:
    """Questions of one task: how many there are, by label of yes or no, and the first of them."""

    asked: int = 0
    patients: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Placed]] = field(default_factory=dict)

    def add(self, task: Task, questions: Sequence[Question], left_out: Counter[str]) -> None:
        """Count one patient's questions."""
        self.asked += len(questions)
        self.patients += bool(questions)
        self.left_out += left_out
        if task.is_yes_or_no:
            self.labels += Counter(one.label[0] for one in questions)


def scan_patients(scan: Scan, subject_ids: Sequence[int]) -> dict[str, Found]:
    """The questions of some patients by task, each patient's record opened once."""
    store = Store.open(scan.store)
    tasks = [TASKS[name] for name in scan.tasks]
    found = {task.name: Found() for task in tasks}
    with code_book(store.vocabulary) as book:
        for record in records_of(store, subject_ids, tasks, book, scan.pools):
            for task in tasks:
                _scan(scan, task, record, found[task.name])
    return found


def tables_of(tasks: Sequence[Task], store: Store) -> frozenset[str]:
    """The tables of the store that hold labels of the tasks."""
    from clinseek.evals.benchmarks.tasks.happenings import EVENT_TIMES

    asked = {table for task in tasks for table in task.tables} | {"admissions"}
    if any(task.name == "next_event" for task in tasks):
        asked |= set(EVENT_TIMES)
    return frozenset(asked & set(store.tables))


def records_of(
    store: Store,
    subject_ids: Sequence[int],
    tasks: Sequence[Task],
    book: CodeBook,
    pools: Mapping[str, frozenset[str]],
) -> Iterator[RawRecord]:
    """The raw records of some patients, of the tables that hold labels of the tasks."""
    tables = tables_of(tasks, store)
    for subject_id in subject_ids:
        rows = store.read_subject(subject_id, tables=tables)
        yield RawRecord(subject_id, rows, book=book, pools=pools)


def _scan(scan: Scan, task: Task, record: RawRecord, found: Found) -> None:
    questions, left_out = task.ask(record)
    found.add(task, questions, left_out)
    kept = placed(
        task, record.subject_id, questions, seed=scan.seed, prevalence=scan.prevalence,
        most=scan.bounds.of_patient,
    )  # fmt: skip
    for group, first in kept.items():
        found.first.setdefault(group, []).extend(first)
