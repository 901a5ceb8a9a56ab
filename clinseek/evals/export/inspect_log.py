"""A log that Inspect reads: its `.eval` archive, written without Inspect.

The archive is a zip: `header.json` (the evaluation and its results), `samples/QID_epoch_N.json`
(one run each), `summaries.json`, and the journal that names the start. Format version 2, tried
with inspect_ai 0.3.285 (`inspect view`, `read_eval_log`, its data frames).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from clinseek import __version__
from clinseek.evals.export.inspect_samples import sample_of, summary_of, usage_of
from clinseek.evals.scorers.row_score import RowScore, ScorerName
from clinseek.evals.scorers.run_source import RunSource
from clinseek.evals.scorers.summary import summarise
from clinseek.whole_file import whole_file

_VERSION = 2
Scores = Mapping[ScorerName, Sequence[RowScore]]


def write_inspect_log(file: Path, source: RunSource, scores: Scores) -> int:
    """Write the runs of `source` with their scores; how many. Records are held one at a time."""
    rows = {row.qid: row for row in source.rows}
    by_key = _by_key(scores)
    summaries: list[dict[str, Any]] = []
    usage: dict[str, dict[str, Any]] = {}
    with whole_file(file) as making, ZipFile(making, "w", ZIP_DEFLATED, compresslevel=6) as log:
        now = datetime.now(UTC)
        begun = now.isoformat(timespec="seconds")
        start = {"version": _VERSION, "eval": _spec(source, begun), "plan": _plan(source)}
        _write(log, "_journal/start.json", start)
        for record in source.records():
            if record.qid not in rows:
                continue
            held = by_key.get((record.qid, record.epoch), {})
            sample = sample_of(rows[record.qid], record, held, begun=now)
            _write(log, f"samples/{record.qid}_epoch_{record.epoch}.json", sample)
            summaries.append(summary_of(sample))
            _add_usage(usage, record.model["spec"], usage_of(record))
        _write(log, "summaries.json", summaries)
        _write(log, "reductions.json", _reductions(scores))
        header = {
            **start,
            "status": "success",
            "results": _results(source, scores, len(summaries)),
            "stats": {"started_at": begun, "completed_at": begun, "model_usage": usage},
        }
        _write(log, "header.json", header)
    return len(summaries)


def _write(log: ZipFile, name: str, value: Any) -> None:
    log.writestr(name, json.dumps(value, ensure_ascii=False, allow_nan=False))


def _by_key(scores: Scores) -> dict[tuple[str, int], dict[str, RowScore]]:
    found: dict[tuple[str, int], dict[str, RowScore]] = {}
    for name, held in scores.items():
        for score in held:
            found.setdefault((score.qid, score.epoch), {})[name] = score
    return found


def _spec(source: RunSource, begun: str) -> dict[str, Any]:
    settings = dict(source.settings)
    ids = [row.qid for row in source.rows]
    epochs = max((epoch for _, epoch in source.expected), default=1)
    return {
        "eval_id": f"clinseek-{source.name}",
        "run_id": f"clinseek-{source.name}",
        "created": begun,
        "task": f"clinseek/{source.name}",
        "task_id": f"clinseek-{source.name}",
        "task_args": settings,
        "solver": "clinseek",
        "dataset": {"name": source.name, "samples": len(ids), "sample_ids": ids},
        "model": str(settings.get("model") or source.name),
        "config": {"epochs": epochs},
        "packages": {"clinseek": __version__},
        "metadata": {"research_only": "clinseek is not a medical device"},
    }


def _plan(source: RunSource) -> dict[str, Any]:
    tools = str(source.settings.get("tools") or "")
    step = {"solver": "clinseek", "params": {"tools": tools}}
    return {"name": "plan", "steps": [step], "config": {}}


def _results(source: RunSource, scores: Scores, there: int) -> dict[str, Any]:
    return {
        "total_samples": len(source.expected),
        "completed_samples": there,
        "scores": [_metrics(name, held) for name, held in scores.items()],
    }


def _metrics(name: ScorerName, held: Sequence[RowScore]) -> dict[str, Any]:
    """The mean with its error, clustered by patient as everywhere in clinseek."""
    micro = summarise(name, held).micro
    numbers: dict[str, float | None] = {"mean": None if micro is None else micro.value}
    if micro is not None:
        numbers |= {"stderr": micro.error, "low": micro.low, "high": micro.high}
    counted = sum(score.value is not None for score in held)
    return {
        "name": name,
        "scorer": name,
        "scored_samples": counted,
        "unscored_samples": len(held) - counted,
        "params": {},
        "metrics": {
            title: {"name": title, "value": value, "params": {}}
            for title, value in numbers.items()
            if value is not None
        },
    }


def _reductions(scores: Scores) -> list[dict[str, Any]]:
    """The mean over the epochs of each row."""
    return [
        {"scorer": name, "reducer": "mean", "samples": list(_reduced(held))}
        for name, held in scores.items()
    ]


def _reduced(held: Sequence[RowScore]) -> Iterator[dict[str, Any]]:
    by_row: dict[str, list[float]] = {}
    for score in held:
        if score.value is not None:
            by_row.setdefault(score.qid, []).append(score.value)
    for qid, values in by_row.items():
        yield {"sample_id": qid, "value": sum(values) / len(values)}


def _add_usage(total: dict[str, dict[str, Any]], model: str, added: Mapping[str, int]) -> None:
    held = total.setdefault(model, {})
    for name, tokens in added.items():
        held[name] = held.get(name, 0) + tokens
