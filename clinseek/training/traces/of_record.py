"""From a record of a run to a trace: the conversation as the model was shown it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clinseek.evals.rows import Row
from clinseek.evals.rows.row import NO_PATIENT
from clinseek.evals.scorers import NOTHING, Resources, ScorerName, score_record
from clinseek.nodes.shortening import shorten
from clinseek.records import EvidenceEntry, Record
from clinseek.training.traces.messages import plain_message
from clinseek.training.traces.trace import (
    Judgement,
    Message,
    Observed,
    Origin,
    Trace,
    hash_of,
)

SCORERS: tuple[ScorerName, ...] = ("default", "groundedness", "policy")
"""What a trace is judged by: its answer, what the answer stands on, and how it came by it."""


def trace_of(
    record: Record,
    row: Row,
    *,
    source: str,
    at_hand: Resources = NOTHING,
    shown: int | None = None,
) -> Trace:
    """The trace of a run, judged by SCORERS; `source` is the name of the run or file.

    `shown` is how many characters of an observation the model was shown at most, where it is known.
    The id is made of source, qid, epoch and the conversation, so the same run is the same trace.
    """
    images = dict(record.images)
    messages = list(_messages(record, images, shown))
    scores: dict[str, Judgement] = {
        name: _judgement(row, record, name, at_hand) for name in SCORERS
    }
    return Trace(
        id=hash_of([source, row.fingerprint, row.qid, record.epoch])[:16],
        qid=row.qid,
        epoch=record.epoch,
        subject_id=_patient(row),
        cutoff=row.cutoff,
        task=row.task,
        task_type=row.task_type,
        setting=record.setting,
        messages=messages,
        tools=record.tools,
        observed=[_observed(entry) for entry in record.evidence],
        label=row.label,
        answer=record.answer,
        citations=record.citations,
        status=record.status,
        stop_reason=record.stop_reason,
        salvaged=record.salvaged,
        repairs=record.repairs,
        condensed=len(record.replaced),
        scores=scores,
        images=images,
        origin=_origin(record, source),
        sha256=hash_of(record.messages),
    )


def _patient(row: Row) -> int | None:
    """The row's patient; published rows without one have a number that stands for none."""
    subject = row.subject_id
    return None if subject is None or subject > NO_PATIENT else subject


def _origin(record: Record, source: str) -> Origin:
    made = record.versions
    return Origin(
        source=source,
        model=record.model["spec"],
        package=made["package"],
        rules=made["rules"],
        prompts=made["prompts"],
        role=made["role"],
        store=made["store"],
        profile=made["profile"],
    )


def _judgement(row: Row, record: Record, scorer: ScorerName, at_hand: Resources) -> Judgement:
    scored = score_record(row, record, scorer, at_hand=at_hand)
    return Judgement(value=scored.value, state=scored.state, explanation=scored.explanation)


def _observed(entry: EvidenceEntry) -> Observed:
    return Observed(
        call_id=entry["call_id"],
        number=entry["number"],
        first_number=entry["number"],
        sha256=entry["sha256"],
        tool=entry["tool"],
        refused=entry["refused"],
        chars=entry["chars"],
        shown_chars=entry["shown_chars"],
    )


def _messages(record: Record, images: dict[str, str], shown: int | None) -> Iterator[Message]:
    entries = {entry["call_id"]: entry for entry in record.evidence}
    for message in record.messages:
        held = plain_message(message, images)
        entry = entries.get(held.get("tool_call_id", ""))
        if held["role"] == "tool" and entry is not None and entry["shown_chars"] < entry["chars"]:
            held["content"] = _as_shown(held["content"], shown or entry["shown_chars"])
        yield held


def _as_shown(content: str | list[dict[str, Any]], limit: int) -> str | list[dict[str, Any]]:
    if isinstance(content, str):
        return shorten(content, limit)
    return [
        {**block, "text": shorten(str(block["text"]), limit)}
        if block.get("type") == "text" else block
        for block in content
    ]  # fmt: skip
