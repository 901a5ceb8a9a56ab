"""A patient's drawn questions, each looked at through the case at its cutoff.

A question whose answer the case tells is dropped; for every other the evidence is packaged from
that same case, so that all settings of an evaluation know the same.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from clinseek.evals.benchmarks.cases import cases_of
from clinseek.evals.benchmarks.leaks.looking import known_of, told_by
from clinseek.evals.benchmarks.tasks import TASKS, Question
from clinseek.evals.curated import package
from clinseek.evals.curated.events import EVENT_NAMES
from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.availability import Profile
from clinseek.toolkits.ehr.case import Case, reader
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.probe.direct import Place

PROFILE: Profile = "available"
_WORD = re.compile(r"[a-z_]+")
_PATIENT_TABLES = frozenset(name for name, table in TABLES.items() if not table.is_dictionary)
_PACKAGED = frozenset(EVENT_NAMES)
NOTHING_KNOWN = "nothing was known of the patient by the cutoff"


class Drawn(NamedTuple):
    """A question and its task, and where the answer to it goes."""

    number: int
    task: str
    question: Question


class Errand(NamedTuple):
    """One patient's drawn questions; names, so that it travels to another process."""

    store: str
    subject_id: int
    drawn: tuple[Drawn, ...]


class Examined(NamedTuple):
    """What became of one: its packaged evidence, or why it is dropped."""

    number: int
    evidence: str | None
    dropped: str | None


def examine_patient(errand: Errand) -> list[Examined]:
    """One case for all questions of a cutoff, over a raw record that is read once."""
    store = Store.open(errand.store)
    by_cutoff: dict[str, list[Drawn]] = defaultdict(list)
    for one in errand.drawn:
        by_cutoff[one.question.cutoff].append(one)
    examined: list[Examined] = []
    with (
        scratch_folder("clinseek-bench-") as folder,
        cases_of(store, errand.subject_id, profile=PROFILE, folder=folder) as cases,
    ):
        for cutoff, drawn in by_cutoff.items():
            with cases.at(cutoff, tables=tables_looked_at(one.task for one in drawn)) as case:
                if case is None:
                    examined += [Examined(one.number, None, NOTHING_KNOWN) for one in drawn]
                else:
                    examined += _examined(case, drawn, frozenset(store.tables))
    return examined


def tables_looked_at(tasks: Iterable[str]) -> frozenset[str]:
    """The tables that packaged evidence and the look-ups of some tasks read."""
    named = {
        word
        for task in set(tasks)
        for look_up in TASKS[task].drops
        for word in _WORD.findall(look_up.sql)
    }
    return _PACKAGED | (named & _PATIENT_TABLES)


def _examined(case: Case, drawn: Sequence[Drawn], tables: frozenset[str]) -> list[Examined]:
    with reader(case) as connection:
        told = {one.number: telling_cell(connection, one, tables=tables) for one in drawn}
    evidence = package(case) if None in told.values() else None
    return [
        Examined(one.number, evidence if told[one.number] is None else None, told[one.number])
        for one in drawn
    ]


def telling_cell(
    connection: sqlite3.Connection, drawn: Drawn, *, tables: frozenset[str]
) -> str | None:
    """The first look-up of the task that answers from the case, by name; None where none does."""
    known, place = known_of(drawn.question), Place(PROFILE, tables)
    return next(
        (
            look_up.name
            for look_up in TASKS[drawn.task].drops
            if told_by(connection, look_up, known, place=place)
        ),
        None,
    )
