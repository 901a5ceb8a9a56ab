"""One line a run: what was asked, how it ended, what it scored, what it took."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clinseek.evals.rows import Row
from clinseek.evals.scorers.row_score import RowScore, ScorerName
from clinseek.evals.scorers.run_source import RunSource
from clinseek.records import Record

Line = dict[str, str | int | float | bool | None]
Scores = Mapping[ScorerName, Sequence[RowScore]]

_ROW: Mapping[str, type] = {
    "run": str, "qid": str, "epoch": int, "subject_id": int, "hadm_id": int, "stay_id": int,
    "cutoff": str, "task": str, "task_type": str, "group": str, "question": str, "label": str,
}  # fmt: skip
_RECORD: Mapping[str, type] = {
    "model": str, "setting": str, "profile": str, "status": str, "stop_reason": str,
    "salvaged": str, "answer": str, "citations": int, "rounds": int, "calls": int, "refused": int,
    "browser_calls": int, "errors": int, "model_calls": int, "input_tokens": int,
    "cached_tokens": int, "output_tokens": int, "reasoning_tokens": int, "tokens_estimated": bool,
    "dollars": float, "seconds": float, "model_seconds": float, "tool_seconds": float,
    "waiting_seconds": float, "package": str,
}  # fmt: skip


def columns_of(scorers: Sequence[ScorerName]) -> dict[str, type]:
    """Every column with its type. A score has three: its value, its state and the reason."""
    scores: dict[str, type] = {}
    for name in scorers:
        scores |= {f"score_{name}": float, f"state_{name}": str, f"why_{name}": str}
    return {**_ROW, **_RECORD, **scores}


def run_lines(source: RunSource, scores: Scores) -> Iterator[Line]:
    """A line for every run that there should be; runs without a record have `status` missing.

    Lists (answer, label) are JSON text. Records are read one at a time; the runs without one
    come last.
    """
    rows = {row.qid: row for row in source.rows}
    by_key = {
        name: {(each.qid, each.epoch): each for each in held} for name, held in scores.items()
    }
    there: set[tuple[str, int]] = set()
    for record in source.records():
        key = (record.qid, record.epoch)
        if record.qid not in rows:
            continue
        there.add(key)
        yield {**_of_row(source, rows[record.qid], record.epoch), **_of_record(record),
               **_of_scores(by_key, key)}  # fmt: skip
    for qid, epoch in source.expected:
        if (qid, epoch) not in there:
            nothing: Line = {**dict.fromkeys(_RECORD), "status": "missing"}
            yield {**_of_row(source, rows[qid], epoch), **nothing,
                   **_of_scores(by_key, (qid, epoch))}  # fmt: skip


def _of_row(source: RunSource, row: Row, epoch: int) -> Line:
    return {
        "run": source.name,
        "qid": row.qid,
        "epoch": epoch,
        "subject_id": row.subject_id,
        "hadm_id": row.hadm_id,
        "stay_id": row.stay_id,
        "cutoff": row.cutoff,
        "task": row.task,
        "task_type": row.task_type,
        "group": row.group,
        "question": row.question,
        "label": None if row.label is None else _json(row.label),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _of_record(record: Record) -> Line:
    usage, timings = record.usage, record.timings
    return {
        "model": record.model["spec"],
        "setting": record.setting,
        "profile": record.versions["profile"],
        "status": record.status,
        "stop_reason": record.stop_reason,
        "salvaged": record.salvaged,
        "answer": _json(record.answer),
        "citations": sum(len(cited) for cited in record.citations),
        "rounds": max((turn["round"] for turn in record.turns), default=0),
        "calls": len(record.evidence),
        "refused": sum(entry["refused"] for entry in record.evidence),
        "browser_calls": sum(entry["tool"].startswith("browser.") for entry in record.evidence),
        "errors": len(record.errors),
        "model_calls": usage["model_calls"],
        "input_tokens": usage["input_tokens"],
        "cached_tokens": usage["cached_tokens"],
        "output_tokens": usage["output_tokens"],
        "reasoning_tokens": usage["reasoning_tokens"],
        "tokens_estimated": usage["estimated"],
        "dollars": usage["dollars"],
        "seconds": timings["elapsed"],
        "model_seconds": timings["model"],
        "tool_seconds": timings["tools"],
        "waiting_seconds": timings["waiting"],
        "package": record.versions["package"],
    }


def _of_scores(
    by_key: Mapping[ScorerName, Mapping[tuple[str, int], RowScore]], key: tuple[str, int]
) -> Line:
    line: Line = {}
    for name, held in by_key.items():
        score = held.get(key)
        line[f"score_{name}"] = score.value if score else None
        line[f"state_{name}"] = score.state if score else None
        line[f"why_{name}"] = score.explanation if score else None
    return line
