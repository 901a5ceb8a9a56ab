"""How an evaluation stands: what ended and how, the score so far, tokens, cost, time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from clinseek.evals.rows import Row
from clinseek.records import Record

ScoreOf = Callable[[Row, Record], float | None]


class ScoreSoFar(NamedTuple):
    """A mean with how far its 95 % interval reaches on the wider side, clustered by patient.

    `radius` is None where there is no interval: of one patient, or where all graded scores agree.
    """

    mean: float
    radius: float | None
    scored: int


class Tally:
    """Counted as runs end. `total` are all runs of the folder, ended ones of before included."""

    def __init__(self, total: int, *, score_of: ScoreOf | None = None) -> None:
        self.total = total
        self.done = self.failed = self.running = self.retried = 0
        self.answered = self.abstained = 0
        self.input_tokens = self.output_tokens = 0
        self.dollars: float | None = 0.0
        self.remarks: list[str] = []
        self.first_error: str | None = None
        self._score_of = score_of
        self._values: list[float] = []
        self._patients: list[int] = []
        self._began = time.monotonic()
        self._ended_here = 0

    @property
    def ended(self) -> int:
        """Runs that ended, failed ones among them."""
        return self.done + self.failed

    @property
    def seconds(self) -> float:
        """Since this sitting began."""
        return time.monotonic() - self._began

    @property
    def seconds_left(self) -> float | None:
        """By the pace of this sitting; None before its first run ended."""
        if not self._ended_here:
            return None
        return self.seconds / self._ended_here * (self.total - self.ended)

    @property
    def score(self) -> ScoreSoFar | None:
        """The mean of the runs scored so far; failed ones count 0. None where none is."""
        if not self._values:
            return None
        from clinseek.evals.statistics import mean_estimate

        found = mean_estimate(self._values, self._patients)
        if found.low is None or found.high is None:
            return ScoreSoFar(found.value, None, found.n)
        reach = max(found.value - found.low, found.high - found.value)
        return ScoreSoFar(found.value, reach, found.n)

    def remark(self, said: str) -> None:
        """Something to tell the user, once."""
        if said not in self.remarks:
            self.remarks.append(said)

    def began(self) -> None:
        """A run begins, or goes on."""
        self.running += 1

    def left(self) -> None:
        """A run was left where it stood."""
        self.running -= 1

    def count(self, row: Row, record: Record, *, here: bool = True, again: bool = False) -> None:
        """A run ended: in this sitting, or before. `again`: it failed and is tried once more."""
        if record.status == "failed" and self.first_error is None and record.errors:
            self.first_error = f"{record.qid}: {record.errors[-1]['message']}"
        if again:
            self.retried += 1  # what it cost stands in the record of the next attempt, too
            return
        self._ended_here += here
        self.input_tokens += record.usage["input_tokens"]
        self.output_tokens += record.usage["output_tokens"]
        spent = record.usage["dollars"]
        self.dollars = None if spent is None or self.dollars is None else self.dollars + spent
        self.failed += record.status == "failed"
        self.done += record.status != "failed"
        self.answered += record.status == "answered"
        self.abstained += record.status == "abstained"
        self._add_score(row, record)

    def _add_score(self, row: Row, record: Record) -> None:
        value = self._score_of(row, record) if self._score_of is not None else None
        if value is None:
            return
        self._values.append(value)
        self._patients.append(row.cluster)
