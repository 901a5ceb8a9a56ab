"""One line of a published results file as a record: what it tells, and no more.

The file has no usage, no times and no ledger. Calls are made entries of a ledger from the messages,
so that the use of tools can be counted; nothing in them can be cited.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clinseek.evals.rows import Row
from clinseek.evals.transcripts.evidence import text_of
from clinseek.evals.transcripts.submitted import PUBLISHED, finish_arguments
from clinseek.models.names import NameTable
from clinseek.nodes.toolset import ALL_TOOLS
from clinseek.records import (
    NO_TIME,
    NO_USAGE,
    RAW,
    EvidenceEntry,
    ModelUsed,
    Record,
    RunError,
    Status,
    StopReason,
    Versions,
)

_STOPS: dict[str, StopReason] = {
    "finish_tool_call": "finish",
    "no_final_answer": "round_limit",
    "exact_answer_text_content": "stopped_calling",
    "exact_answer_text_reasoning_content": "stopped_calling",
    "exception": "model_error",
    "exception_before_completion": "model_error",
}
_FAILED_OPENINGS = ("error", "failed", "exception", "traceback")


def published_record(held: Mapping[str, Any], row: Row) -> Record:
    """The record of a line of a results file; `row` is its benchmark item."""
    messages = [dict(message) for message in held.get("messages") or ()]
    error = held.get("error") or (held.get("stop_reason") if _is_error(held) else None)
    answer = [] if error else _answer(messages)
    stop = _STOPS.get(str(held.get("stop_reason")), "finish" if answer else "round_limit")
    return Record(
        qid=row.qid,
        epoch=run_index_of(held),
        row=dict(row.content),
        thread=str(held.get("session_id") or row.qid),
        setting="curated" if "backend_model_id" in held else "automated",
        model=ModelUsed(
            spec=str(held.get("backend_model_id") or held.get("model") or "published"),
            parameters={},
            address=None,
            context_length=None,
        ),
        messages=messages,
        tools=[],
        images={},
        shortened=[],
        replaced=[],
        answer=answer,
        citations=[[] for _ in answer],
        salvaged=None,
        evidence=list(_ledger(messages)),
        status=_status(answer, failed=bool(error)),
        stop_reason=stop,
        repairs={},
        turns=[],
        usage=NO_USAGE,
        timings=NO_TIME,
        errors=[_error(str(error))] if error else [],
        versions=Versions(
            package="", rules="", role=PUBLISHED, prompts="", store="", profile="reference"
        ),
    )


def run_index_of(held: Mapping[str, Any]) -> int:
    """The run of a line, which may be 0; 1 where it is not told. ValueError where it is none.

    >>> run_index_of({"run_index": 0}), run_index_of({})
    (0, 1)
    """
    given = held.get("run_index")
    try:
        return 1 if given is None else int(given)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"run_index {given!r} is no number") from None


def _is_error(held: Mapping[str, Any]) -> bool:
    return str(held.get("status", "")) == "error"


def _status(answer: Sequence[str], *, failed: bool) -> Status:
    if failed:
        return "failed"
    return "answered" if answer else "abstained"


def _answer(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    response = (finish_arguments(messages) or {}).get("response")
    if isinstance(response, str):
        return [response]
    return [str(item) for item in response] if isinstance(response, (list, tuple)) else []


def _ledger(messages: Sequence[Mapping[str, Any]]) -> Iterator[EvidenceEntry]:
    answers = {
        str(message.get("tool_call_id")): text_of(message.get("content"))
        for message in messages
        if message.get("role") == "tool"
    }
    names, number, turn = NameTable(ALL_TOOLS), 0, 0
    for message in messages:
        calls = message.get("tool_calls") or ()
        turn += message.get("role") == "assistant"
        for call in calls:
            number += 1
            yield _entry(call, names, number=number, turn=turn, answers=answers)


def _entry(
    call: Mapping[str, Any],
    names: NameTable,
    *,
    number: int,
    turn: int,
    answers: Mapping[str, str],
) -> EvidenceEntry:
    function = call.get("function") or {}
    written = str(function.get("name", ""))
    tool = names.repair(written).name if names.knows(written) else written
    text = answers.get(str(call.get("id")), "")
    arguments = _arguments(function.get("arguments"))
    table = arguments.get("table_name")
    return EvidenceEntry(
        id=f"E{number}",
        number=number,
        round=turn,
        call_id=str(call.get("id")),
        tool=tool,
        arguments=arguments,
        tables=[str(table)] if table else [],
        table=None,
        row_ids=[],
        refused=text.lstrip().lower().startswith(_FAILED_OPENINGS),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        chars=len(text),
        shown_chars=len(text),
        seconds=0.0,
    )


def _arguments(written: Any) -> dict[str, Any]:
    if isinstance(written, dict):
        return written
    try:
        held = json.loads(str(written))
    except ValueError:
        return {RAW: written}
    return held if isinstance(held, dict) else {RAW: written}


def _error(message: str) -> RunError:
    return RunError(where="published", round=0, number=0, kind="model_error", message=message)
