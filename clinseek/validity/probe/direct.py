"""The direct probe: every look-up asked of a case, and how each of them ended."""

from __future__ import annotations

import sqlite3
import time
from typing import Literal, NamedTuple

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.outcomes import Answer, Instance, Kind, Outcome
from clinseek.validity.probe.look_up import LookUp
from clinseek.validity.probe.lookups import LOOK_UPS

_SECONDS = 10.0
_INSTRUCTIONS_BETWEEN_CHECKS = 10_000

Ended = Literal["answered", "nothing", "lacking", "failed"]


class Tried(NamedTuple):
    """How one look-up ended: an answer, nothing (no row or NULL), or not at all.

    `lacking` is what the store or the profile does not have by design, and `why` names it: a table
    of the schema, or a column that only the reference profile adds. `failed` is any other SQL error
    (too slow, too), in its words: then nobody knows what the record would have told.
    """

    ended: Ended
    answer: Answer | None = None
    why: str | None = None


class Place(NamedTuple):
    """Where a question is asked: the profile of its case, and the tables that the store holds."""

    profile: str
    tables: frozenset[str]


class Trial(NamedTuple):
    """One question asked of one case: every look-up, in the order of LOOK_UPS.

    `tried` is empty where no case opened: nothing was known by then, and nothing was asked.
    """

    outcome: str
    profile: str
    subject_id: int
    cutoff: str
    truth: Answer
    state: str
    tried: tuple[Tried, ...]

    @property
    def opened(self) -> bool:
        """True when there was a case to ask."""
        return bool(self.tried)

    @property
    def answer(self) -> Answer | None:
        """What the agent says: the answer of the first look-up that gives one, hints apart."""
        tried = zip(LOOK_UPS[self.outcome], self.tried, strict=self.opened)
        return next(
            (
                each.answer
                for look_up, each in tried
                if each.answer is not None and not look_up.hint
            ),
            None,
        )


def ask(
    connection: sqlite3.Connection | None, outcome: Outcome, instance: Instance, *, place: Place
) -> Trial:
    """Try every look-up of the outcome; none where no case opened (`connection` is None)."""
    look_ups = LOOK_UPS[outcome.name] if connection is not None else ()
    return Trial(
        outcome.name, place.profile, instance.subject_id, instance.cutoff, instance.truth,
        instance.state,
        tuple(
            _try(connection, each, instance, outcome.kind, place=place)
            for each in look_ups
            if connection is not None
        ),
    )  # fmt: skip


def _try(
    connection: sqlite3.Connection, look_up: LookUp, instance: Instance, kind: Kind, *, place: Place
) -> Tried:
    deadline = time.monotonic() + _SECONDS
    connection.set_progress_handler(
        lambda: time.monotonic() > deadline, _INSTRUCTIONS_BETWEEN_CHECKS
    )
    try:
        rows = connection.execute(
            look_up.sql, {"cutoff": instance.cutoff, **instance.ids}
        ).fetchall()
    except sqlite3.Error as error:
        lacking = lacks(str(error), look_up, place)
        return Tried("failed", why=str(error)) if lacking is None else Tried("lacking", why=lacking)
    found = [str(row[0]) for row in rows if row[0] is not None]
    if not found:
        return Tried("nothing")
    return Tried("answered", frozenset(found) if kind == "set" else found[0])


def lacks(error: str, look_up: LookUp, place: Place) -> str | None:
    """What an SQL error says to be absent by design: a table or a column; None of other errors.

    A table is, that the schema knows and the store does not hold; a column, that only the reference
    profile adds, under another one.
    """
    table = error.removeprefix("no such table: ")
    if table != error:
        return table if table in TABLES and table not in place.tables else None
    column = look_up.reference_column
    if column is None or place.profile == "reference":
        return None
    missing = error.removeprefix("no such column: ").rpartition(".")[2]
    return column if missing == column.rpartition(".")[2] else None
