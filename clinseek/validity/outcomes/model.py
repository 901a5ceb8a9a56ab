"""What an outcome is: a row that is asked about, a moment, and the answer in the raw record.

Pure: raw rows in, instances out. Times in raw rows are naive `datetime`, dates `date`, as the store
reads them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Kind = Literal["yes/no", "category", "set"]
Answer = str | frozenset[str]
"""`yes` or `no`, one category, or a set of codes."""

RawRow = Mapping[str, Any]
RawRows = Mapping[str, Sequence[RawRow]]
"""All raw rows of one patient, by table."""


class Instance(NamedTuple):
    """One question about one patient.

    `cutoff` is the prediction time ('YYYY-MM-DD HH:MM:SS', inclusive), `ids` name the stay that is
    meant. `state` is what the record rightly tells by then of the road to the answer (a patient
    already admitted can come to the ICU, one in the waiting room hardly): only instances in the
    same state may be compared where a signal is to prove a leak.
    """

    subject_id: int
    cutoff: str
    ids: Mapping[str, int]
    truth: Answer
    state: str = ""


UNTOLD = "the raw record does not say"


class Asked(NamedTuple):
    """The instances of one outcome in one patient; `settled` counts those asked too late.

    Too late means that by the prediction time the record itself states the answer, as a fact of
    the past. `excluded` counts, by reason, the rows that are not asked about at all.
    """

    instances: tuple[Instance, ...]
    settled: int
    excluded: Mapping[str, int] = MappingProxyType({})


def _nobody(_row: RawRow) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """The rows that are asked about, and when. `at` is None where a row is not asked about.

    `open_at` is False where the answer is past and in the record by then. `excludes` tells why a
    row that has a moment is left out all the same, in a few words.
    """

    table: str
    ids: tuple[str, ...]
    tables: tuple[str, ...]
    words: str
    at: Callable[[RawRow, RawRows], datetime | None]
    open_at: Callable[[RawRow, RawRows, datetime], bool]
    excludes: Callable[[RawRow], str | None] = _nobody


def _no_state(_row: RawRow, _rows: RawRows, _moment: datetime) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One outcome. `truth` is None where the raw record does not say.

    `tables` are those that truth and state are read from, beside the anchor's. `definition` says
    what counts, and where that is from; `differs` says in what the question is not the published
    one. `follows` names what an outcome follows from in every cohort beyond its `state`, so that a
    signal in the record's structure is no proof of a leak; its look-ups count all the same.
    """

    name: str
    title: str
    kind: Kind
    anchor: Anchor
    definition: str
    differs: tuple[str, ...]
    truth: Callable[[RawRow, RawRows], Answer | None]
    tables: tuple[str, ...] = ()
    settled: Callable[[RawRow, RawRows, datetime], bool] = lambda _row, _rows, _moment: False
    state: Callable[[RawRow, RawRows, datetime], str] = _no_state
    follows: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Every table without which the outcome cannot be told."""
        return tuple(dict.fromkeys((self.anchor.table, *self.anchor.tables, *self.tables)))


def instances(outcome: Outcome, subject_id: int, rows: RawRows) -> Asked:
    """Every question of `outcome` about the patient whose raw rows these are, in order of time."""
    asked: list[Instance] = []
    settled, excluded = 0, Counter[str]()
    for row in rows[outcome.anchor.table]:
        moment = outcome.anchor.at(row, rows)
        if moment is None or any(row[name] is None for name in outcome.anchor.ids):
            continue
        moment = moment.replace(microsecond=0)
        truth, why = outcome.truth(row, rows), outcome.anchor.excludes(row)
        if truth is None or why is not None:
            excluded[why or UNTOLD] += 1
            continue
        if not outcome.anchor.open_at(row, rows, moment) or outcome.settled(row, rows, moment):
            settled += 1
            continue
        asked.append(
            Instance(
                subject_id,
                moment.isoformat(sep=" "),
                {name: row[name] for name in outcome.anchor.ids},
                truth,
                outcome.state(row, rows, moment),
            )
        )
    return Asked(tuple(sorted(asked, key=lambda each: each.cutoff)), settled, excluded)
