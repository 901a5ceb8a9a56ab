"""Which runs of A and B can be compared: by (qid, epoch), with the reasons of those left out."""

from __future__ import annotations

from typing import Literal, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.rows.row import UNKNOWN_MOMENT
from clinseek.evals.scorers.row_score import RowScore, ScorerName
from clinseek.evals.scorers.scored_run import ScoredRun

Reason = Literal[
    "row only in A",
    "row only in B",
    "no record in A",
    "no record in B",
    "another row in A than in B",
    "unscored in A",
    "unscored in B",
    "nothing to score",
]


_COUNTED: dict[Reason, tuple[str, str]] = {
    "row only in A": ("row only in A", "rows only in A"),
    "row only in B": ("row only in B", "rows only in B"),
    "no record in A": ("run without a record in A", "runs without a record in A"),
    "no record in B": ("run without a record in B", "runs without a record in B"),
    "another row in A than in B": (
        "row that is another in A than in B",
        "rows that are others in A than in B",
    ),
    "unscored in A": ("run unscored in A", "runs unscored in A"),
    "unscored in B": ("run unscored in B", "runs unscored in B"),
    "nothing to score": ("run with nothing to score", "runs with nothing to score"),
}


class Pair(NamedTuple):
    """One run of A and one of B that answer the same row in the same epoch."""

    a: RowScore
    b: RowScore


class LeftOut(NamedTuple):
    """Runs that are in no pair, and why."""

    reason: Reason
    runs: tuple[tuple[str, int], ...]

    @property
    def counted(self) -> str:
        """How many, and why, in words.

        >>> LeftOut("row only in A", (("q1", 1), ("q2", 1))).counted
        '2 rows only in A'
        """
        one, many = _COUNTED[self.reason]
        return f"{len(self.runs)} {one if len(self.runs) == 1 else many}"


class Aligned(NamedTuple):
    """The pairs in the order of A's rows, and what was left out."""

    pairs: list[Pair]
    left_out: list[LeftOut]


def align(a: ScoredRun, b: ScoredRun, *, scorer: ScorerName = "default") -> Aligned:
    """Pairs of scores. A run that failed is a score of 0 and stays; one that is not there goes.

    Rows of one qid that differ (another question, cutoff, label, candidates, tolerance, unit,
    answer form or gold rows) are not compared; with a published file, as far as both tell.
    SettingError where nothing can be compared.
    """
    first = {(score.qid, score.epoch): score for score in a.scores[scorer]}
    second = {(score.qid, score.epoch): score for score in b.scores[scorer]}
    pairs: list[Pair] = []
    left_out: dict[Reason, list[tuple[str, int]]] = {}
    changed = _changed_rows(a, b)
    for key in dict.fromkeys([*first, *second]):
        one, other = first.get(key), second.get(key)
        reason = _reason(one, other, changed=key[0] in changed)
        if reason is not None:
            left_out.setdefault(reason, []).append(key)
        elif one is not None and other is not None:
            pairs.append(Pair(one, other))
    told = [LeftOut(reason, tuple(runs)) for reason, runs in left_out.items()]
    if not pairs:
        raise SettingError(_nothing_shared(a, b, told))
    return Aligned(pairs, told)


def _reason(one: RowScore | None, other: RowScore | None, *, changed: bool) -> Reason | None:
    if one is None:
        return "row only in B"
    if other is None:
        return "row only in A"
    if changed:
        return "another row in A than in B"
    for score, where in ((one, "A"), (other, "B")):
        if score.state == "missing":
            return "no record in A" if where == "A" else "no record in B"
        if score.state == "unscored":
            return "unscored in A" if where == "A" else "unscored in B"
    return "nothing to score" if one.value is None or other.value is None else None


def _changed_rows(a: ScoredRun, b: ScoredRun) -> set[str]:
    """The qids that ask something else in A than in B, or are scored by something else."""
    first = {row.qid: row for row in a.source.rows}
    like = _like_as_far_as_told if a.source.published or b.source.published else _like
    both = [(first[row.qid], row) for row in b.source.rows if row.qid in first]
    return {row.qid for row, other in both if not like(row, other)}


def _like(row: Row, other: Row) -> bool:
    forms = row.answer_form == other.answer_form
    return forms and _asked(row) == _asked(other) and _judged_by(row) == _judged_by(other)


def _like_as_far_as_told(row: Row, other: Row) -> bool:
    """Whether two rows are alike in all that both tell: a published file leaves much untold."""
    told = [each for each in zip(_judged_by(row), _judged_by(other), strict=True) if all(each)]
    return _asked(row) == _asked(other) and all(one == another for one, another in told)


def _asked(row: Row) -> tuple[object, ...]:
    """What two rows must share; a published file keeps a number as the name that is compared."""
    asked = row.subject_id, row.question, row.candidates, row.images
    return *asked, sorted(names_of_label(row.label))


def _judged_by(row: Row) -> tuple[object, ...]:
    """What else decides whether an answer is right."""
    moment = None if row.cutoff == UNKNOWN_MOMENT else row.cutoff
    return moment, row.tolerance, row.unit, row.vocabulary, row.gold_rows


def _nothing_shared(a: ScoredRun, b: ScoredRun, left_out: list[LeftOut]) -> str:
    counted = ", ".join(each.counted for each in left_out) or "no rows"
    return (
        f"{a.source.name} and {b.source.name} share no row that both have scored ({counted}); "
        "compare two runs of the same benchmark"
    )
