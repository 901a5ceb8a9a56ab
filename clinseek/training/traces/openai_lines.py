"""Conversations in OpenAI's chat form, one a line, as traces: what they tell, and no more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.transcripts.submitted import finish_arguments
from clinseek.models.dialects import split_reasoning
from clinseek.training.traces.messages import dotted_schema, plain_message
from clinseek.training.traces.patients import named_patients
from clinseek.training.traces.trace import (
    Message,
    Observed,
    Origin,
    Trace,
    calls_in,
    hash_of,
    text_in,
)

_MESSAGES = TypeAdapter(list[Message])


def openai_trace(held: Mapping[str, Any], *, at: str, source: str, row: Row | None = None) -> Trace:
    """The trace of a line with `messages`, and `tools` where it has them.

    `subject_id`, `qid`, `task`, `cutoff`, `label` and `epoch` are read where the line or `row`
    has them; else the patient is the one that the first messages name. Tool names are made dotted,
    and reasoning that stands in <think> tags is moved to `reasoning_content`. SettingError, with
    `at`, where there is no conversation.
    """
    images: dict[str, str] = {}
    messages = _messages(held, images, at)
    arguments = finish_arguments(messages)
    answer = _answer(arguments)
    subject = row.subject_id if row else _subject(held, messages)
    qid = str(held.get("qid") or held.get("id") or (row.qid if row else hash_of(messages)[:16]))
    epoch = _epoch(held, at)
    try:
        return Trace(
            id=hash_of([source, qid, epoch, messages])[:16],
            qid=qid,
            epoch=epoch,
            subject_id=subject,
            cutoff=row.cutoff if row else held.get("cutoff") or held.get("prediction_time"),
            task=str(held.get("task") or (row.task if row else "unnamed")),
            task_type=str(held.get("task_type") or (row.task_type if row else "decision")),
            setting="automated",
            messages=messages,
            tools=_tools(held, at),
            observed=list(_observed(messages)),
            label=row.label if row else held.get("label"),
            answer=answer,
            citations=[],
            status="answered" if answer else "abstained",
            stop_reason="finish" if arguments is not None else "not told",
            images=images,
            origin=Origin(
                source=source, model=str(held.get("model") or ""), package="", rules="", prompts="",
                role="", store="", profile="",
            ),
            sha256=hash_of(held.get("messages")),
        )  # fmt: skip
    except ValidationError as error:
        raise SettingError(f"{at}: {_fault(error)}") from None


def _messages(held: Mapping[str, Any], images: dict[str, str], at: str) -> list[Message]:
    given = held.get("messages")
    if not isinstance(given, list) or not given:
        raise SettingError(
            f"{at}: no conversation (a line has a list `messages` in OpenAI's form, with roles "
            "system, user, assistant and tool)"
        )
    try:
        messages = [_message(message, images) for message in given]
        return _MESSAGES.validate_python(messages)
    except ValidationError as error:
        raise SettingError(f"{at}: messages.{_fault(error)}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise SettingError(f"{at}: messages cannot be read ({error})") from None


def _message(message: Mapping[str, Any], images: dict[str, str]) -> Message:
    held = plain_message(message, images)
    content = held["content"]
    if held["role"] == "assistant" and isinstance(content, str):
        reasoning, said = split_reasoning(content)
        if reasoning:
            before = held.get("reasoning_content", "")
            held["reasoning_content"] = "\n".join(filter(None, [before, reasoning]))
            held["content"] = said
    return held


def _fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"


def _answer(arguments: Mapping[str, Any] | None) -> list[str]:
    response = (arguments or {}).get("response")
    if isinstance(response, str):
        return [response]
    return [str(each) for each in response] if isinstance(response, (list, tuple, set)) else []


def _epoch(held: Mapping[str, Any], at: str) -> int:
    given = held.get("epoch") or held.get("run_index") or 1
    try:
        return int(given)
    except (TypeError, ValueError, OverflowError):
        raise SettingError(f"{at}: epoch {str(given)[:40]!r} is no number") from None


def _tools(held: Mapping[str, Any], at: str) -> list[dict[str, Any]]:
    tools = held.get("tools") or []
    if isinstance(tools, str):
        try:
            tools = json.loads(tools)
        except (ValueError, RecursionError):
            raise SettingError(f"{at}: tools is a text that is no JSON") from None
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise SettingError(f"{at}: tools is no list of schemas")
    return [dotted_schema(tool) for tool in tools]


def _subject(held: Mapping[str, Any], messages: Sequence[Message]) -> int | None:
    """The patient that the line names, else the one that its first messages do; None if several."""
    given = held.get("subject_id")
    if given is not None:
        try:
            return int(float(given))
        except (TypeError, ValueError, OverflowError):
            return None
    named = named_patients(messages)
    return next(iter(named)) if len(named) == 1 else None


def _observed(messages: Sequence[Message]) -> Iterator[Observed]:
    answers = {
        message.get("tool_call_id"): text_in(message["content"])
        for message in messages
        if message["role"] == "tool"
    }
    for number, (_, call) in enumerate(calls_in(messages), start=1):
        text = answers.get(call["id"], "")
        opening = text.lstrip()[:20].lower()
        yield Observed(
            call_id=call["id"],
            number=number,
            first_number=number,
            sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            tool=call["function"]["name"],
            refused=opening.startswith(("error", "failed", "exception", "traceback")),
            chars=len(text),
            shown_chars=len(text),
        )
