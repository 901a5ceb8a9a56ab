"""Asking a case one look-up: what it answers, and that a table which a store lacks says nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from clinseek.errors import CaseError
from clinseek.evals.benchmarks.tasks import Question
from clinseek.validity.probe.direct import Place, lacks
from clinseek.validity.probe.look_up import LookUp

Known = Mapping[str, str | int | None]


def known_of(question: Question) -> Known:
    """What a look-up may name: the cutoff, the stay, and the moment that is asked for."""
    return {
        "cutoff": question.cutoff,
        "hadm_id": question.hadm_id,
        "stay_id": question.stay_id,
        "moment": question.moment,
    }


def told_by(
    connection: sqlite3.Connection, look_up: LookUp, known: Known, *, place: Place
) -> list[str]:
    """What the look-up selects, NULLs apart; CaseError where it cannot be made."""
    try:
        rows = connection.execute(look_up.sql, known).fetchall()
    except sqlite3.Error as error:
        if lacks(str(error), look_up, place) is not None:
            return []
        raise CaseError(f"the look-up {look_up.name!r} could not be made: {error}") from error
    return [str(row[0]) for row in rows if row[0] is not None]
