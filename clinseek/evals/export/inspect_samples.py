"""One run as Inspect tells a sample: messages, tool calls, scores, usage, errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from clinseek.evals.export.inspect_events import events_of
from clinseek.evals.rows import Row
from clinseek.evals.scorers.row_score import RowScore
from clinseek.evals.transcripts.evidence import text_of
from clinseek.records import RAW, Record

_LIMITS = {
    "round_limit": "message",
    "token_limit": "token",
    "cost_limit": "cost",
    "time_limit": "time",
    "context_limit": "context",
}
_SHORT = 1_000


def sample_of(
    row: Row, record: Record, scores: Mapping[str, RowScore], *, begun: datetime
) -> dict[str, Any]:
    """The sample of a run. Its `metadata` holds what Inspect has no field for."""
    spec = record.model["spec"]
    messages = [_message(at, each, record) for at, each in enumerate(record.messages)]
    return {
        "id": record.qid,
        "epoch": record.epoch,
        "input": row.question,
        "choices": row.candidates,
        "target": _target(row.label),
        "messages": messages,
        "output": {
            "model": spec,
            "completion": "; ".join(record.answer),
            "choices": [_choice(messages, record)],
            "usage": usage_of(record),
            "time": record.timings["model"],
        },
        "scores": {name: _score(score, record) for name, score in scores.items()},
        "metadata": _metadata(row, record),
        "store": {},
        "events": list(events_of(record, messages, begun=begun)),
        "model_usage": {spec: usage_of(record)},
        "total_time": record.timings["elapsed"],
        "working_time": max(0.0, record.timings["elapsed"] - record.timings["waiting"]),
        "uuid": f"{record.thread}-{record.qid}-{record.epoch}",
        "error": _error(record),
        "limit": _limit(record),
        "attachments": {},
    }


def summary_of(sample: Mapping[str, Any]) -> dict[str, Any]:
    """What Inspect lists of a sample without opening it."""
    kept = ("id", "epoch", "input", "choices", "target", "model_usage", "total_time",
            "working_time", "uuid")  # fmt: skip
    error, limit = sample["error"], sample["limit"]
    scores = {
        name: {key: score[key] for key in ("value", "answer", "explanation")}
        for name, score in sample["scores"].items()
    }
    return {
        **{name: sample[name] for name in kept},
        "input": sample["input"][:_SHORT],
        "metadata": {k: v for k, v in sample["metadata"].items() if isinstance(v, str | int)},
        "scores": scores,
        "error": error["message"] if error else None,
        "limit": limit["type"] if limit else None,
        "retries": 0,
        "completed": True,
        "message_count": len(sample["messages"]),
    }


def usage_of(record: Record) -> dict[str, int]:
    """Tokens under Inspect's names."""
    usage = record.usage
    return {
        "input_tokens": usage["input_tokens"],
        "output_tokens": usage["output_tokens"],
        "total_tokens": usage["input_tokens"] + usage["output_tokens"],
        "input_tokens_cache_read": usage["cached_tokens"],
        "reasoning_tokens": usage["reasoning_tokens"],
    }


def _target(label: Any) -> str | list[str]:
    if label is None:
        return ""
    if not isinstance(label, list):
        return str(label)
    return [str(each.get("name", each)) if isinstance(each, dict) else each for each in label]


def _message(at: int, message: Mapping[str, Any], record: Record) -> dict[str, Any]:
    role = "system" if message["role"] == "developer" else message["role"]
    told: dict[str, Any] = {
        "id": f"{record.qid}-{record.epoch}-{at}",
        "role": role,
        "content": _content(message, record),
    }
    if role == "tool":
        told |= {"tool_call_id": message.get("tool_call_id"), "function": message.get("name")}
    elif role == "assistant":
        told |= {
            "source": "generate",
            "model": record.model["spec"],
            "tool_calls": [_call(call) for call in message.get("tool_calls") or []] or None,
        }
    return told


def _content(message: Mapping[str, Any], record: Record) -> str | list[dict[str, Any]]:
    content = message.get("content")
    parts: list[dict[str, Any]] = []
    if reasoning := text_of(message.get("reasoning_content") or message.get("reasoning")):
        parts.append({"type": "reasoning", "reasoning": reasoning})
    parts += _images(content, record)
    text = text_of(content)
    return [*parts, {"type": "text", "text": text}] if parts else text


def _images(content: Any, record: Record) -> list[dict[str, Any]]:
    if not isinstance(content, list):
        return []
    return [
        {"type": "image", "detail": "auto",
         "image": f"data:{block.get('mime_type', 'image/jpeg')};base64,{record.images[name]}"}
        for block in content
        if isinstance(block, dict) and (name := str(block.get("sha256"))) in record.images
    ]  # fmt: skip


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments, error = function["arguments"], None
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            arguments, error = {RAW: arguments}, "arguments that are no JSON"
    if not isinstance(arguments, dict):
        arguments, error = {RAW: arguments}, "arguments that are no object"
    told = {"id": str(call["id"]), "function": function["name"], "arguments": arguments}
    return {**told, "type": "function", **({"parse_error": error} if error else {})}


def _choice(messages: list[dict[str, Any]], record: Record) -> dict[str, Any]:
    last = next((each for each in reversed(messages) if each["role"] == "assistant"), None)
    nothing = {"id": "none", "role": "assistant", "content": "", "source": "generate"}
    reasons = {"length": "max_tokens", "content_filter": "content_filter"}
    stop = reasons.get(record.stop_reason, "stop")
    return {"message": last or nothing, "stop_reason": stop}


def _score(score: RowScore, record: Record) -> dict[str, Any]:
    """Inspect wants a value: what has none is told as text, so that no mean takes it."""
    return {
        "value": score.state if score.value is None else score.value,
        "answer": "; ".join(record.answer),
        "explanation": score.explanation,
        "metadata": {"state": score.state, "rule": score.rule, **score.parts},
    }


def _metadata(row: Row, record: Record) -> dict[str, Any]:
    return {
        "subject_id": row.subject_id,
        "hadm_id": row.hadm_id,
        "cutoff": row.cutoff,
        "task": row.task,
        "task_type": row.task_type,
        "group": row.group,
        "setting": record.setting,
        "status": record.status,
        "stop_reason": record.stop_reason,
        "answer": record.answer,
        "citations": record.citations,
        "dollars": record.usage["dollars"],
        "versions": dict(record.versions),
    }


def _error(record: Record) -> dict[str, str] | None:
    if record.status != "failed":
        return None
    said = record.errors[-1]["message"] if record.errors else record.stop_reason
    return {"message": said, "traceback": "", "traceback_ansi": ""}


def _limit(record: Record) -> dict[str, Any] | None:
    kind = _LIMITS.get(record.stop_reason)
    return None if kind is None else {"type": kind, "limit": 0.0}
