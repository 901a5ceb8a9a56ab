"""Scoring every run of an evaluation, one record in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clinseek.evals.scorers.resources import NOTHING, Resources
from clinseek.evals.scorers.row_score import RowScore, ScorerName
from clinseek.evals.scorers.run_source import RunSource
from clinseek.evals.scorers.score import missing_score, score_record
from clinseek.evals.tool_use import CallCount, ToolUse, ToolUseCount

ALWAYS: tuple[ScorerName, ...] = ("default", "published", "normalised", "groundedness", "policy")
"""What `clinseek score` computes when nothing else is asked for: all that needs no model."""

OnRecord = Callable[[int, int], None]
"""Called with how many records were scored, and how many runs there should be."""


@dataclass(frozen=True)
class ScoredRun:
    """The scores of one evaluation by scorer, in the order of its rows, and its use of tools.

    `calls` are the calls by tool of each run, by (qid, epoch).
    """

    source: RunSource
    scores: dict[ScorerName, list[RowScore]]
    tool_use: ToolUse
    records: int
    unknown: tuple[str, ...]
    calls: dict[tuple[str, int], dict[str, CallCount]]


def score_run(
    source: RunSource,
    scorers: Sequence[ScorerName] = ALWAYS,
    *,
    at_hand: Resources = NOTHING,
    on_record: OnRecord | None = None,
) -> ScoredRun:
    """Score every run of `source` by each of `scorers`; runs without a record are missing.

    Records of rows that the source does not have are not scored; `unknown` names them.
    """
    rows = {row.qid: row for row in source.rows}
    found: dict[tuple[str, int], dict[ScorerName, RowScore]] = {}
    unknown: list[str] = []
    calls: dict[tuple[str, int], dict[str, CallCount]] = {}
    counting = ToolUseCount()
    for number, record in enumerate(source.records(), start=1):
        row = rows.get(record.qid)
        if row is None:
            unknown.append(record.qid)
            continue
        key = (record.qid, record.epoch)
        found[key] = {
            scorer: score_record(row, record, scorer, at_hand=at_hand) for scorer in scorers
        }
        calls[key] = counting.add(record, task=row.task)
        if on_record is not None:
            on_record(number, len(source.expected))
    keys = list(dict.fromkeys([*source.expected, *found]))
    scores = {
        scorer: [
            found[key][scorer] if key in found else missing_score(rows[key[0]], key[1], scorer)
            for key in keys
        ]
        for scorer in scorers
    }
    return ScoredRun(source, scores, counting.result(), len(found), tuple(unknown), calls)
