"""Reading a conversation: the task, the record's tables, and every observation made so far."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from clinseek.offline.plans.plan import Ask, Observed
from clinseek.offline.sheets import moment, read_sheet

_CUTOFF = re.compile(r"^record as of: (\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?)", re.MULTILINE)
_SUBJECT = re.compile(r"^patient: subject_id (\d+)", re.MULTILINE)
_TABLES = re.compile(r"^tables: (.*)$", re.MULTILINE)
_TABLE = re.compile(r"(\w+) \(([\d,]+) rows?\)")
_TOOLS = re.compile(r"^tools: ([^;\n]*)", re.MULTILINE)
_FORM = re.compile(r"^answer form: (.*)$", re.MULTILINE)
_EVIDENCE = re.compile(r"\A\[(E\d+)\] ?")
_FINDING = re.compile(r"^\[(E\d+)\] ", re.MULTILINE)
_CONCLUDE = re.compile(
    r"with what you (?:know|have)|conclude (?:now|soon)|budget of this run is spent", re.IGNORECASE
)
_ROUNDS_LEFT = re.compile(r"\b(\d+) rounds? (?:are|is) left")
_BROWSER = re.compile(r"\bbrowser calls? (?:are|is) left")
_NOT_RUN = "this call was not run"


@dataclass(frozen=True)
class Conversation:
    """What the messages say, and nothing else: the policy remembers nothing of its own.

    `tools` are those that the prompt names, bound to this turn or not. `tables` are the record's
    tables with their row counts (empty when the prompt names none).
    `answered` maps each call made so far to what came back. `submissions` counts the answers
    handed in, `gap` is why the last one was sent back.
    """

    question: str
    candidates: tuple[str, ...] = ()
    answer_form: str | None = None
    cutoff: datetime | None = None
    subject_id: int | None = None
    tools: frozenset[str] = frozenset()
    tables: Mapping[str, int] = field(default_factory=dict)
    answered: Mapping[Ask, Observed] = field(default_factory=dict)
    findings: Mapping[str, Observed] = field(default_factory=dict)
    submissions: int = 0
    gap: str | None = None
    must_conclude: bool = False


def read_conversation(messages: Sequence[BaseMessage]) -> Conversation:
    """The conversation in `messages`; a prompt without tags is the question as a whole."""
    spoken = [message for message in messages if isinstance(message, HumanMessage)]
    prompt = _text(spoken[0]) if spoken else ""
    cutoff, subject = _CUTOFF.search(prompt), _SUBJECT.search(prompt)
    submissions = sum(_submits(message) for message in messages)
    later = [_text(message) for message in spoken[1:]]
    form = _FORM.search(prompt)
    return Conversation(
        question=_question(prompt),
        candidates=_candidates(prompt),
        answer_form=form[1].strip().replace(" ", "_") if form else None,
        cutoff=moment(cutoff[1]) if cutoff else None,
        subject_id=int(subject[1]) if subject else None,
        tools=_tools(prompt),
        tables=_tables(prompt),
        answered=_answered(messages),
        findings=_findings(later),
        submissions=submissions,
        gap=later[-1] if submissions and later else None,
        must_conclude=_must_conclude(messages),
    )


def canonical(tool_name: str) -> str:
    """The dotted name of a tool, however the wire spells it.

    >>> canonical("ehr_run_sql_query"), canonical("ehr.finish"), canonical("finish")
    ('ehr.run_sql_query', 'ehr.finish', 'ehr.finish')
    """
    bare = re.sub(r"^ehr[._]+", "", tool_name)
    return f"ehr.{bare}" if bare != tool_name or "." not in tool_name else tool_name


def _text(message: BaseMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = (part if isinstance(part, str) else part.get("text", "") for part in message.content)
    return "\n".join(str(part) for part in parts)


def _tagged(prompt: str, tag: str) -> str | None:
    """What stands in the first such tags. By search alone: a question may open a tag a million
    times and close none, and a pattern would look for the end from each.
    """
    _, opening, rest = prompt.partition(f"<{tag}>")
    inside, closing, _ = rest.partition(f"</{tag}>")
    return inside.strip() if opening and closing else None


def _untagged(prompt: str, tag: str) -> str:
    """The prompt without such tags and what stands in them."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    *closed, rest = prompt.split(closing)
    kept = (part.partition(opening)[0] if opening in part else part + closing for part in closed)
    return "".join([*kept, rest])


def _question(prompt: str) -> str:
    """What is asked, without evidence that came with it: the policy reads no free text."""
    asked = _tagged(prompt, "task") or prompt.strip()
    return _untagged(asked, "curated_evidence").strip()


def _candidates(prompt: str) -> tuple[str, ...]:
    listed = _tagged(prompt, "candidates") or _tagged(prompt, "candidate_answers") or ""
    return tuple(
        line.strip().removeprefix("- ").strip() for line in listed.split("\n") if line.strip()
    )


def _tables(prompt: str) -> dict[str, int]:
    line = _TABLES.search(_tagged(prompt, "run_context") or "")
    if line is None:
        return {}
    return {name: int(rows.replace(",", "")) for name, rows in _TABLE.findall(line[1])}


def _tools(prompt: str) -> frozenset[str]:
    line = _TOOLS.search(_tagged(prompt, "run_context") or "")
    return frozenset(name.strip() for name in line[1].split(",")) if line else frozenset()


def _answered(messages: Sequence[BaseMessage]) -> dict[Ask, Observed]:
    asked: dict[str, Ask] = {}
    answered: dict[Ask, Observed] = {}
    tries: dict[Ask, int] = {}
    for message in messages:
        if isinstance(message, AIMessage):
            asked |= {call["id"]: _ask(call) for call in message.tool_calls if call["id"]}
        if not isinstance(message, ToolMessage) or message.tool_call_id not in asked:
            continue
        ask = asked[message.tool_call_id]
        tries[ask] = tries.get(ask, 0) + 1
        if _NOT_RUN not in _text(message) or tries[ask] > 1:
            answered[ask] = observed(_text(message))
    return answered


def _ask(call: Mapping[str, Any]) -> Ask:
    return Ask(canonical(call["name"]), json.dumps(call["args"], sort_keys=True))


def observed(text: str) -> Observed:
    """An observation as its text tells it: the evidence number, and the rows if there are any."""
    numbered = _EVIDENCE.match(text)
    body = text[numbered.end() :] if numbered else text
    return Observed(numbered[1] if numbered else None, body, read_sheet(body))


def _findings(later: Sequence[str]) -> dict[str, Observed]:
    """The observations that a conclusion prompt repeats, by their evidence number."""
    found: dict[str, Observed] = {}
    for text in later:
        starts = [match.start() for match in _FINDING.finditer(text)]
        for start, end in pairwise([*starts, len(text)]):
            one = observed(text[start:end])
            if one.evidence:
                found[one.evidence] = one
    return found


def _submits(message: BaseMessage) -> bool:
    return isinstance(message, AIMessage) and any(
        canonical(call["name"]) == "ehr.finish" for call in message.tool_calls
    )


def _must_conclude(messages: Sequence[BaseMessage]) -> bool:
    """Whether the harness said that the end is near, and this is the last turn to answer in.

    A warning that counts rounds leaves all of them but the last for looking further.
    """
    turns = 0
    for message in reversed(messages):
        turns += isinstance(message, AIMessage)
        if isinstance(message, HumanMessage) and _CONCLUDE.search(text := _text(message)):
            left = _ROUNDS_LEFT.search(text)
            if left is None or int(left[1]) - turns <= 1:
                return not _BROWSER.search(text)
    return False
