"""Rows and records made by hand, to be scored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clinseek.evals.rows import Row, write_rows
from clinseek.evals.runner import RunSettings
from clinseek.evals.runner.run_folder import RunPlan
from clinseek.record_file import append_record
from clinseek.records import (
    NO_TIME,
    NO_USAGE,
    EvidenceEntry,
    ModelUsed,
    Record,
    RunError,
    Status,
    StopReason,
    Versions,
)

CUTOFF = "2150-03-05 08:00:00"


def a_row(label: Any = "yes", **fields: Any) -> Row:
    """A benchmark item about patient 10000019."""
    given = {
        "qid": "q1",
        "subject_id": 10000019,
        "cutoff": CUTOFF,
        "task": "task",
        "question": "Which?",
        "label": label,
    }
    return Row(**{**given, **fields})


def finish_call(arguments: Any) -> dict[str, Any]:
    """A turn that calls ehr.finish; arguments that are no text are written as JSON."""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    call = {"name": "ehr.finish", "arguments": written}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "f", "type": "function", "function": call}],
    }


def an_entry(number: int, text: str, **fields: Any) -> tuple[EvidenceEntry, dict[str, Any]]:
    """An entry of the ledger and the message that holds its text."""
    full = f"[E{number}] {text}"
    given: dict[str, Any] = {
        "id": f"E{number}",
        "number": number,
        "round": number,
        "call_id": f"c{number}",
        "tool": "ehr.get_latest_records",
        "arguments": {"table_name": "labevents"},
        "tables": ["labevents"],
        "table": "labevents",
        "row_ids": [],
        "refused": False,
        "sha256": "",
        "chars": len(full),
        "shown_chars": len(full),
        "seconds": 0.1,
    }
    message = {"role": "tool", "content": full, "tool_call_id": f"c{number}", "name": "x"}
    return EvidenceEntry(**{**given, **fields}), message  # type: ignore[typeddict-item]


def a_record(
    answer: Sequence[str] = (),
    *,
    citations: Sequence[Sequence[str]] = (),
    evidence: Sequence[tuple[EvidenceEntry, Mapping[str, Any]]] = (),
    finish: Any = None,
    status: Status | None = None,
    stop_reason: StopReason = "finish",
    errors: Sequence[RunError] = (),
    **fields: Any,
) -> Record:
    """A run that handed in `answer` by ehr.finish (or the call `finish`), as the harness keeps it.

    The words of the answer stand in the finish call as they are.
    """
    cited = [list(each) for each in citations] or [[] for _ in answer]
    arguments = {"response": list(answer), "citations": cited} if finish is None else finish
    messages = [dict(message) for _, message in evidence]
    if stop_reason == "finish":
        messages.append(finish_call(arguments))
    given: dict[str, Any] = {
        "qid": "q1",
        "epoch": 1,
        "row": {},
        "thread": "t",
        "setting": "automated",
        "model": ModelUsed(spec="offline", parameters={}, address=None, context_length=None),
        "messages": messages,
        "tools": [{"function": {"name": "ehr.get_latest_records"}}],
        "images": {},
        "shortened": [],
        "replaced": [],
        "answer": list(answer),
        "citations": cited,
        "salvaged": None,
        "evidence": [entry for entry, _ in evidence],
        "status": status or ("answered" if answer else "abstained"),
        "stop_reason": stop_reason,
        "repairs": {},
        "turns": [],
        "usage": NO_USAGE,
        "timings": NO_TIME,
        "errors": list(errors),
        "versions": Versions(
            package="0", rules="", role="clinseek", prompts="", store="", profile="available"
        ),
    }
    return Record(**{**given, **fields})


def a_run_folder(
    path: Path, rows: Sequence[Row], records: Iterable[Record], *, epochs: int = 1, **settings: Any
) -> Path:
    """A run folder as `clinseek eval` leaves it; records are of the row with their qid."""
    path.mkdir()
    by_qid = {row.qid: row for row in rows}
    fingerprints = {row.qid: row.fingerprint for row in rows}
    plan = RunPlan(
        run_id="made",
        command="",
        rows_file="",
        rows_fingerprint="",
        rows=fingerprints,
        epochs=epochs,
        settings=RunSettings(**{"model": "offline", **settings}),
        store="",
        store_fingerprint="",
        versions={},
        begun="",
    )
    (path / "run.json").write_text(plan.model_dump_json())
    write_rows(path / "rows.jsonl", rows)
    for record in records:
        content = by_qid[record.qid].content if record.qid in by_qid else {"qid": record.qid}
        append_record(path / "records.jsonl", record.model_copy(update={"row": content}))
    return path
