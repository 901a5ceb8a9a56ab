"""Built rows held against their own cases: is a label, or what tells it, visible at the cutoff?

Every row is asked for again in the raw record, so that the moment of its event is known, and that a
row which the store does not ask is found. Then, in the case at its cutoff: the look-ups that would
have dropped it, the sweep over what is to come, and the look-ups that answer its task; and what the
row itself says, its packaged evidence included, must be what its task and that case give.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.cases import PatientCases, cases_of
from clinseek.evals.benchmarks.leaks.altered import OTHER_EVIDENCE, altered_words
from clinseek.evals.benchmarks.leaks.answers import ANSWERS
from clinseek.evals.benchmarks.leaks.looking import Known, known_of, told_by
from clinseek.evals.benchmarks.leaks.to_come import TO_COME
from clinseek.evals.benchmarks.scanning import records_of
from clinseek.evals.benchmarks.tasks import TASKS, Question, Task
from clinseek.evals.benchmarks.tasks.code_book import code_book
from clinseek.evals.curated import package
from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.scorers.answer_sets import normal_names, set_scores
from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.availability.profiles import CaseProfile
from clinseek.toolkits.ehr.case import Case, reader
from clinseek.toolkits.ehr.store import Store
from clinseek.validity.probe.direct import Place
from clinseek.validity.probe.look_up import LookUp
from clinseek.validity.processes import workers

PROFILES: tuple[CaseProfile, ...] = ("available", "reference")


class AskedRow(NamedTuple):
    """What the check needs of a row; it travels to another process.

    `altered` names what was found in the row without its case (altered.py).
    """

    qid: str
    task: str
    label: tuple[str, ...]
    question: Question
    evidence: str | None
    altered: tuple[str, ...]


class Errand(NamedTuple):
    """One patient's rows."""

    store: str
    subject_id: int
    rows: tuple[AskedRow, ...]
    profiles: tuple[CaseProfile, ...]


class Finding(NamedTuple):
    """One row under one profile.

    `shown` names every look-up that found the label, what tells it, or anything to come; `by` is
    the look-up that answered, None where none did, and `score` the F1 of what it said. `altered`
    names, under `available`, what the row says and its task and case do not.
    """

    qid: str
    task: str
    profile: CaseProfile
    shown: tuple[str, ...]
    by: str | None
    score: float
    altered: tuple[str, ...] = ()


class Checked(NamedTuple):
    """Every finding, and the qids of rows whose question the store's raw record does not ask."""

    findings: list[Finding]
    unasked: list[str]


def check_rows(
    rows: Sequence[Row],
    store: str | Path,
    *,
    profiles: Sequence[CaseProfile] = PROFILES,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Checked:
    """Every row under every profile. SettingError for rows of a task that `bench build` lacks."""
    opened = Store.open(store)
    by_patient: dict[int, list[AskedRow]] = defaultdict(list)
    for row in rows:
        by_patient[row.bound[0]].append(_asked(row))
    errands = [
        Errand(str(opened.path), subject_id, tuple(asked), tuple(profiles))
        for subject_id, asked in by_patient.items()
    ]
    findings: list[Finding] = []
    unasked: list[str] = []
    done = 0
    with workers(jobs) as each_of:
        for part in each_of(check_patient, errands):
            findings += part.findings
            unasked += part.unasked
            done += len({each.qid for each in part.findings}) + len(part.unasked)
            progress(done, len(rows))
    order = {row.qid: place for place, row in enumerate(rows)}
    findings.sort(key=lambda each: (order[each.qid], profiles.index(each.profile)))
    return Checked(findings, sorted(unasked, key=order.__getitem__))


def check_patient(errand: Errand) -> Checked:
    """One patient's rows, over a raw record that is read once."""
    store = Store.open(errand.store)
    asked, unasked = _with_moments(store, errand)
    findings: list[Finding] = []
    with scratch_folder("clinseek-leaks-") as folder:
        for profile in errand.profiles:
            with cases_of(store, errand.subject_id, profile=profile, folder=folder) as cases:
                place = Place(profile, frozenset(store.tables))
                findings += _found(cases, asked, place=place, profile=profile)
    return Checked(findings, unasked)


def _asked(row: Row) -> AskedRow:
    subject_and_cutoff = row.bound
    if row.task not in TASKS:
        raise SettingError(
            f"row {row.qid} is of the task {row.task}, which bench build does not make; tasks are "
            "listed by: clinseek bench tasks"
        )
    label = tuple(sorted(names_of_label(row.label)))
    if not label:
        raise SettingError(f"row {row.qid} has no label; check rows as bench build wrote them")
    question = Question(subject_and_cutoff[1], label, row.hadm_id, row.stay_id)
    altered = altered_words(row, TASKS[row.task])
    return AskedRow(row.qid, row.task, label, question, row.curated_evidence, altered)


def _with_moments(store: Store, errand: Errand) -> tuple[list[AskedRow], list[str]]:
    """The rows with the moments of their events, and those that the raw record does not ask."""
    tasks: list[Task] = [TASKS[name] for name in dict.fromkeys(row.task for row in errand.rows)]
    there: dict[tuple[str, Question], Question] = {}
    with code_book(store.vocabulary) as book:
        for record in records_of(store, [errand.subject_id], tasks, book, {}):
            for task in tasks:
                for one in task.ask(record).questions:
                    there[task.name, one._replace(moment=None)] = one
    asked = [
        row._replace(question=there[row.task, row.question])
        for row in errand.rows
        if (row.task, row.question) in there
    ]
    held = {row.qid for row in asked}
    return asked, [row.qid for row in errand.rows if row.qid not in held]


def _found(
    cases: PatientCases, rows: Sequence[AskedRow], *, place: Place, profile: CaseProfile
) -> Iterator[Finding]:
    by_cutoff: dict[str, list[AskedRow]] = defaultdict(list)
    for row in rows:
        by_cutoff[row.question.cutoff].append(row)
    for cutoff, asked in by_cutoff.items():
        with cases.at(cutoff) as case:
            if case is None:
                found = [Finding(row.qid, row.task, profile, (), None, 0.0) for row in asked]
            else:
                with reader(case) as connection:
                    known = known_of(Question(cutoff, ()))
                    ahead = _telling(connection, TO_COME, known, place)
                    found = [
                        _finding(connection, row, ahead, place=place, profile=profile)
                        for row in asked
                    ]
            yield from found if profile != "available" else _with_altered(found, asked, case)


def _with_altered(
    found: Sequence[Finding], asked: Sequence[AskedRow], case: Case | None
) -> Iterator[Finding]:
    told = None if case is None else package(case)
    for finding, row in zip(found, asked, strict=True):
        other = () if row.evidence in (None, told) else (OTHER_EVIDENCE,)
        yield finding._replace(altered=(*row.altered, *other))


def _finding(
    connection: sqlite3.Connection,
    row: AskedRow,
    ahead: list[str],
    *,
    place: Place,
    profile: CaseProfile,
) -> Finding:
    known = known_of(row.question)
    near = _telling(connection, TASKS[row.task].drops, known, place)
    by, score = _answered(connection, row, known, place)
    answered = [] if by is None else [by]
    return Finding(
        row.qid, row.task, profile, tuple(dict.fromkeys((*answered, *near, *ahead))), by, score
    )


def _telling(
    connection: sqlite3.Connection, look_ups: Sequence[LookUp], known: Known, place: Place
) -> list[str]:
    return [each.name for each in look_ups if told_by(connection, each, known, place=place)]


def _answered(
    connection: sqlite3.Connection, row: AskedRow, known: Known, place: Place
) -> tuple[str | None, float]:
    """The first look-up that answers, and the F1 of its answer; of one answer the first counts."""
    for look_up in ANSWERS.get(row.task, ()):
        told = told_by(connection, look_up, known, place=place)
        if told:
            said = told if TASKS[row.task].form == "list" else told[:1]
            return look_up.name, set_scores(normal_names(said), normal_names(row.label)).f1
    return None, 0.0
