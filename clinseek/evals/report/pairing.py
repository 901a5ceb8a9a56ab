"""Which evaluations of a report are held against each other, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.comparison import Comparison, compare_runs
from clinseek.evals.report.reported_run import ReportedRun

PairKind = Literal["evidence", "system"]
"""`evidence`: one model, curated against automated. `system`: two systems in one setting."""


class ReportedPair(NamedTuple):
    """B against A."""

    kind: PairKind
    a: ReportedRun
    b: ReportedRun
    compared: Comparison


class NotCompared(NamedTuple):
    """Two evaluations that could not be compared, and why."""

    a: str
    b: str
    reason: str


def pairs_of(runs: Sequence[ReportedRun]) -> tuple[list[ReportedPair], list[NotCompared]]:
    """For each model automated against curated; in each setting, every run against the first.

    The numbers are those of `clinseek compare`: as many draws, from the same seed.
    """
    found: list[ReportedPair] = []
    failed: list[NotCompared] = []
    for kind, a, b in [*_of_evidence(runs), *_of_systems(runs)]:
        try:
            compared = compare_runs(a.scored, b.scored, scorer=a.leading)
        except SettingError as error:
            failed.append(NotCompared(a.label, b.label, str(error)))
        else:
            found.append(ReportedPair(kind, a, b, compared))
    return found, failed


def _of_evidence(
    runs: Sequence[ReportedRun],
) -> Iterator[tuple[PairKind, ReportedRun, ReportedRun]]:
    for curated in runs:
        if curated.setting != "curated":
            continue
        for automated in runs:
            if automated.setting == "automated" and _same_model(curated, automated):
                yield "evidence", curated, automated


def _of_systems(
    runs: Sequence[ReportedRun],
) -> Iterator[tuple[PairKind, ReportedRun, ReportedRun]]:
    for setting in dict.fromkeys(run.setting for run in runs):
        first, *others = (run for run in runs if run.setting == setting)
        for other in others:
            if _shares_rows(first, other):
                yield "system", first, other


def _same_model(one: ReportedRun, other: ReportedRun) -> bool:
    """The same spec; what the packaged evidence was asked with may differ by protocol."""
    return one.model == other.model and _shares_rows(one, other)


def _shares_rows(one: ReportedRun, other: ReportedRun) -> bool:
    mine = {row.qid for row in one.source.rows}
    return any(row.qid in mine for row in other.source.rows)
