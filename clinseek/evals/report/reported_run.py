"""An evaluation as a report tells it: scores, use of tools, what it cost, and each run in brief."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.report.saved_scores import saved_scores
from clinseek.evals.scorers.resources import NOTHING, Resources
from clinseek.evals.scorers.row_score import ScorerName
from clinseek.evals.scorers.run_source import RunSource
from clinseek.evals.scorers.scored_run import ScoredRun, score_run
from clinseek.evals.scorers.summary import ScorerSummary, summarise
from clinseek.evals.statistics import IntervalMethod
from clinseek.records import Record

BESIDES: tuple[ScorerName, ...] = ("default", "published", "groundedness", "policy")
"""What is told of every evaluation, beside the scorer that leads."""


class BriefRun(NamedTuple):
    """What a case side by side needs of one run, without its messages."""

    answer: tuple[str, ...]
    citations: tuple[tuple[str, ...], ...]
    status: str
    stop_reason: str


@dataclass
class Spending:
    """What an evaluation cost. `dollars` is None where a model has no price."""

    runs: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    dollars: float | None = 0.0
    estimated: bool = False

    def add(self, record: Record) -> None:
        """Count one run."""
        self.runs += 1
        self.input_tokens += record.usage["input_tokens"]
        self.output_tokens += record.usage["output_tokens"]
        self.seconds += record.timings["elapsed"]
        self.estimated |= record.usage["estimated"]
        spent = record.usage["dollars"]
        self.dollars = None if spent is None or self.dollars is None else self.dollars + spent

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class ReportedRun:
    """One evaluation of a report. `path` is its folder or results file; `label` names it there."""

    path: Path
    label: str
    scored: ScoredRun
    leading: ScorerName
    summaries: dict[ScorerName, ScorerSummary]
    spending: Spending = field(default_factory=Spending)
    brief: dict[tuple[str, int], BriefRun] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()

    @property
    def source(self) -> RunSource:
        """Where it comes from."""
        return self.scored.source

    @property
    def model(self) -> str:
        """The model's spec; the name of a results file, which does not tell it."""
        return str(self.source.settings.get("model") or self.source.name)

    @property
    def setting(self) -> str:
        """`automated`, `curated` or `briefed`; empty where it is not told."""
        return str(self.source.settings.get("setting") or "")

    @property
    def summary(self) -> ScorerSummary:
        """By the scorer that leads."""
        return self.summaries[self.leading]


class _Gathered:
    """Passes records on, and keeps what is not scores."""

    def __init__(self, records: Callable[[], Iterator[Record]]) -> None:
        self._records = records
        self.spending = Spending()
        self.brief: dict[tuple[str, int], BriefRun] = {}
        self.profiles: dict[str, None] = {}

    def __call__(self) -> Iterator[Record]:
        for record in self._records():
            self.spending.add(record)
            self.profiles[record.versions["profile"] or "available"] = None
            self.brief[record.qid, record.epoch] = BriefRun(
                tuple(record.answer),
                tuple(tuple(cited) for cited in record.citations),
                record.status,
                record.stop_reason,
            )
            yield record


def reported_run(
    path: Path,
    source: RunSource,
    *,
    label: str,
    leading: ScorerName = "default",
    interval: IntervalMethod = "auto",
    at_hand: Resources = NOTHING,
) -> ReportedRun:
    """Read an evaluation once. Scores that `clinseek score` left are taken where they are as new
    as the records; the others are computed.

    SettingError where the evaluation has no records.
    """
    wanted = tuple(dict.fromkeys((leading, *BESIDES)))
    kept = {name: held for name in wanted if (held := saved_scores(source, name)) is not None}
    gathered = _Gathered(source.records)
    scored = score_run(
        replace(source, records=gathered),
        [name for name in wanted if name not in kept],
        at_hand=at_hand,
    )
    if not gathered.spending.runs:
        raise SettingError(f"{path} holds no records; run it first with clinseek eval")
    scores = {name: kept.get(name) or scored.scores[name] for name in wanted}
    return ReportedRun(
        path=path,
        label=label,
        scored=replace(scored, source=source, scores=scores),
        leading=leading,
        summaries={name: summarise(name, held, interval=interval) for name, held in scores.items()},
        spending=gathered.spending,
        brief=gathered.brief,
        profiles=tuple(gathered.profiles),
    )


def labels_of(runs: Sequence[tuple[Path, Any]]) -> list[str]:
    """A short name for each (path, settings): model and setting where that tells them apart,
    else the end of the path too.

    >>> labels_of([(Path("r/a"), {"model": "offline", "setting": "automated"}),
    ...            (Path("r/b"), {"model": "offline", "setting": "curated"})])
    ['offline, automated', 'offline, curated']
    >>> labels_of([(Path("r/a"), {"model": "m", "setting": "curated"}),
    ...            (Path("r/b"), {"model": "m", "setting": "curated"})])
    ['m, curated (a)', 'm, curated (b)']
    """
    from clinseek.evals.runner.naming import folder_names

    plain: list[str] = []
    for path, settings in runs:
        model = settings.get("model")
        named = folder_names([str(model)])[0] if model else path.name
        setting = settings.get("setting")
        plain.append(f"{named}, {setting}" if setting else named)
    if len(set(plain)) == len(plain):
        return plain
    ends = [path.absolute().name for path, _ in runs]
    if len({*zip(plain, ends, strict=True)}) < len(plain):
        ends = [str(path) for path, _ in runs]
    return [
        f"{name} ({end})" if plain.count(name) > 1 else name
        for name, end in zip(plain, ends, strict=True)
    ]
