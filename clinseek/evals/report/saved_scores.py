"""The scores that `clinseek score` left beside a run, where they are those of its records."""

from __future__ import annotations

from clinseek.errors import SettingError
from clinseek.evals.scorers.row_score import RowScore, ScorerName
from clinseek.evals.scorers.run_source import RunSource
from clinseek.evals.scorers.score_files import read_scores


def saved_scores(source: RunSource, scorer: ScorerName) -> list[RowScore] | None:
    """The scores of every run that there should be; None where they are older than the records,
    broken, of other runs, or not there.
    """
    file = source.scores / f"{scorer}.jsonl"
    records = source.scores.parent / "records.jsonl"
    if not file.is_file() or not records.is_file():
        return None
    if file.stat().st_mtime_ns < records.stat().st_mtime_ns:
        return None
    try:
        held = list(read_scores(source.scores, scorer))
    except SettingError:
        return None
    expected = set(source.expected)
    return held if {(score.qid, score.epoch) for score in held} == expected else None
