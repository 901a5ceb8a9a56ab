"""The comparison itself: overall, by task, and row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from clinseek.evals.comparison.aligning import LeftOut, Pair, align
from clinseek.evals.scorers.row_score import ScorerName
from clinseek.evals.scorers.scored_run import ScoredRun
from clinseek.evals.statistics import PairedTest, holm, paired_test
from clinseek.evals.statistics.means import DRAWS
from clinseek.evals.tool_use import CallCount, ToolDifference, tools_side_by_side

Direction = Literal["gained", "lost"]
RIGHT = 0.5
"""A row counts as right from here on, where graded scores are turned into right and wrong."""


@dataclass(frozen=True)
class TaskComparison:
    """One task, or all: the means of A and B over the shared rows, and the test of B - A.

    `p_holm` is adjusted over all tasks.
    """

    task: str
    a: float
    b: float
    test: PairedTest
    p_holm: float | None = None


@dataclass(frozen=True)
class Flip:
    """A row that one system gets right and the other does not."""

    qid: str
    epoch: int
    subject_id: int
    task: str
    direction: Direction
    a: float
    b: float
    a_explanation: str
    b_explanation: str


@dataclass(frozen=True)
class Comparison:
    """B against A over what they share. `macro` is over tasks; `tools` (the paper's
    Figure 5) are the calls of the shared runs.

    `settings` are those in which the two were made differently: name -> (A's, B's);
    of settings with parts, as `parameters`, those parts (`parameters.temperature`).
    """

    a_name: str
    b_name: str
    scorer: ScorerName
    rows: int
    runs: int
    overall: TaskComparison
    macro: float
    tasks: tuple[TaskComparison, ...]
    flips: tuple[Flip, ...]
    left_out: tuple[LeftOut, ...]
    tools: tuple[ToolDifference, ...]
    settings: dict[str, tuple[Any, Any]]

    @property
    def made_differently(self) -> list[str]:
        """The settings that differ in words: `setting is automated in A and curated in B`."""
        return [
            f"{name} is {_set(one)} in A and {_set(other)} in B"
            for name, (one, other) in self.settings.items()
        ]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        told = asdict(self)
        told["left_out"] = [
            {"reason": each.reason, "runs": [list(run) for run in each.runs]}
            for each in self.left_out
        ]
        return told


class _Row:
    """The pairs of one row, as one pair of means over the epochs that both have."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.task, self.subject_id = pairs[0].a.task, pairs[0].a.subject_id
        self.a = sum(pair.a.value or 0.0 for pair in pairs) / len(pairs)
        self.b = sum(pair.b.value or 0.0 for pair in pairs) / len(pairs)


def compare_runs(
    a: ScoredRun, b: ScoredRun, *, scorer: ScorerName = "default", draws: int = DRAWS, seed: int = 0
) -> Comparison:
    """B against A by `scorer`; both must have been scored by it.

    SettingError where they share nothing. Each row weighs the same, however many epochs it has;
    patients are what is drawn.
    """
    aligned = align(a, b, scorer=scorer)
    by_row: dict[str, list[Pair]] = {}
    for pair in aligned.pairs:
        by_row.setdefault(pair.a.qid, []).append(pair)
    rows = [_Row(pairs) for pairs in by_row.values()]
    by_task: dict[str, list[_Row]] = {}
    for row in rows:
        by_task.setdefault(row.task, []).append(row)
    tasks = [
        _compared(task, held, draws=draws, seed=seed) for task, held in sorted(by_task.items())
    ]
    adjusted = holm([each.test.p for each in tasks])
    return Comparison(
        a_name=a.source.name,
        b_name=b.source.name,
        scorer=scorer,
        rows=len(rows),
        runs=len(aligned.pairs),
        overall=_compared("all", rows, draws=draws, seed=seed),
        macro=sum(each.test.difference for each in tasks) / len(tasks),
        tasks=tuple(
            TaskComparison(each.task, each.a, each.b, each.test, p)
            for each, p in zip(tasks, adjusted, strict=True)
        ),
        flips=tuple(flip for pair in aligned.pairs if (flip := _flip(pair)) is not None),
        left_out=tuple(aligned.left_out),
        tools=tuple(tools_side_by_side(_calls(a, aligned.pairs), _calls(b, aligned.pairs))),
        settings=_unlike(a.source.settings, b.source.settings),
    )


def _calls(run: ScoredRun, pairs: Sequence[Pair]) -> list[dict[str, CallCount]]:
    return [run.calls.get((pair.a.qid, pair.a.epoch), {}) for pair in pairs]


def _unlike(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for name in (each for each in a if each in b and a[each] != b[each]):
        one, other = a[name], b[name]
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            parts = dict.fromkeys([*one, *other])
            whole = _unlike({p: one.get(p) for p in parts}, {p: other.get(p) for p in parts})
            found |= {f"{name}.{part}": both for part, both in whole.items()}
        else:
            found[name] = (one, other)
    return found


def _set(value: object) -> str:
    return "not set" if value is None else str(value)


def _compared(task: str, rows: Sequence[_Row], *, draws: int, seed: int) -> TaskComparison:
    first, second = [row.a for row in rows], [row.b for row in rows]
    test = paired_test(first, second, [row.subject_id for row in rows], draws=draws, seed=seed)
    return TaskComparison(task, sum(first) / len(rows), sum(second) / len(rows), test)


def _flip(pair: Pair) -> Flip | None:
    a, b = pair.a.value or 0.0, pair.b.value or 0.0
    if (a >= RIGHT) == (b >= RIGHT):
        return None
    return Flip(
        qid=pair.a.qid,
        epoch=pair.a.epoch,
        subject_id=pair.a.subject_id,
        task=pair.a.task,
        direction="gained" if b > a else "lost",
        a=a,
        b=b,
        a_explanation=pair.a.explanation,
        b_explanation=pair.b.explanation,
    )
