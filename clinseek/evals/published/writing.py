"""Writing runs of ours as a published results file, so that the published scorer reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import number_text
from clinseek.records import Record, StopReason
from clinseek.whole_file import whole_file

_STOPS: dict[StopReason, str] = {"finish": "finish_tool_call", "model_error": "exception"}
_FINISH_ID = "finish_by_harness"


def write_published(path: str | Path, rows: Iterable[Row], records: Iterable[Record]) -> int:
    """Write each record of a known row as a line; how many were written.

    An answer that came without a finish call (a limit was reached, or the run ended in words)
    stands as one, as the published harness does it. The file is whole or as it was; SettingError
    where it cannot be written.
    """
    file, known = Path(path), {row.qid: row for row in rows}
    written = 0
    with whole_file(file) as making, making.open("w", encoding="utf-8") as opened:
        for record in records:
            if record.qid in known:
                line = published_result(known[record.qid], record)
                opened.write(json.dumps(line, ensure_ascii=False) + "\n")
                written += 1
    return written


def published_result(row: Row, record: Record) -> dict[str, Any]:
    """One run under the published names."""
    failed = record.status == "failed"
    status = "error" if failed else "success" if record.answer else "incomplete"
    told = {
        "qid": row.qid,
        "run_index": record.epoch,
        "runs_per_question": 1,
        "session_id": f"{row.qid}__q_1__run_{record.epoch}",
        "question": row.question,
        "messages": _messages(record),
        "completed": not failed and bool(record.answer),
        "status": status,
        "stop_reason": _STOPS.get(record.stop_reason, _other_stop(record)),
        "subject_id": row.subject_id,
        "hadm_id": row.hadm_id,
        "stay_id": row.stay_id,
        "prediction_time": row.cutoff,
        "task": row.task,
        "task_type": row.task_type,
        "candidates": row.candidates,
        "label": _label(row.label),
    }
    if record.setting == "curated":
        told["backend_model_id"] = record.model["spec"]  # by it theirs are known as curated
    if row.images:
        told["image_paths"] = row.images
    if row.reports:
        told["report_paths"] = row.reports
    if failed:
        told["error"] = record.errors[-1]["message"] if record.errors else record.stop_reason
    return told


def _other_stop(record: Record) -> str:
    return "finish_tool_call" if record.answer else "no_final_answer"


def _label(label: Any) -> Any:
    """The published scorer knows texts and lists; a number is the text that is compared."""
    return [number_text(label)] if isinstance(label, float) else label


def _messages(record: Record) -> list[dict[str, Any]]:
    messages = [_message(message, record.images) for message in record.messages]
    if record.stop_reason != "finish" and record.answer:
        arguments = json.dumps({"response": record.answer}, ensure_ascii=False)
        call = {"name": "ehr.finish", "arguments": arguments}
        called = {"id": _FINISH_ID, "type": "function", "function": call}
        messages.append({"role": "assistant", "content": "", "tool_calls": [called]})
    return messages


def _message(message: Mapping[str, Any], images: Mapping[str, str]) -> dict[str, Any]:
    kept = ("role", "content", "tool_calls", "tool_call_id", "reasoning_content")
    told = {name: message[name] for name in kept if name in message}
    if isinstance(told.get("content"), list):
        told["content"] = [_block(block, images) for block in told["content"]]
    if message.get("role") == "assistant":
        told.setdefault("tool_calls", None)
    return told


def _block(block: Any, images: Mapping[str, str]) -> Any:
    """An image as a data URL, the way the published files hold them."""
    if not isinstance(block, dict) or block.get("type") != "image":
        return block
    shown = block.get("base64") or images.get(str(block.get("sha256")))
    if shown is None:
        return block
    kind = block.get("mime_type", "image/jpeg")
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{shown}"}}
