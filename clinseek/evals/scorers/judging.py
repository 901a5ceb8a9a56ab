"""A language model as judge, where rules cannot decide whether two answers say the same.

The prompt is one text of this module and is known by its hash, which stands in every summary. A
reply that cannot be read is asked for again, and at last leaves the run unscored: it is never a
mismatch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.scorers.answer_sets import normal_names
from clinseek.evals.scorers.resources import Resources
from clinseek.evals.scorers.row_score import Verdict, unscored
from clinseek.models.dialects.json_values import value_at
from clinseek.records import Record

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

JudgeKind = Literal["yesno", "date_time", "id", "count", "label_name", "generic_string"]

TRIES = 3
_CONTEXT = 1_200
PROMPT = """You compare an answer with the right answer of a clinical benchmark.
Decide only whether both mean the same; do not judge whether the right answer is right.
Kind of answer: {kind}. {rule}

Question:
{question}

Right answer: {gold}
Given answer: {answer}

Reply with one JSON object and nothing else: {{"match": true or false, "reason": "a few words"}}"""
RULES: dict[JudgeKind, str] = {
    "yesno": "true, 1 and yes are the same; false, 0 and no are the same.",
    "date_time": "Formats may differ; the moment must be the same to the precision that is given.",
    "id": "The digits must be the same.",
    "count": "The number must be the same; units and words around it do not matter.",
    "label_name": "Synonyms and abbreviations of the same finding are the same; a more general or "
    "a more specific finding is not.",
    "generic_string": "Wording may differ; the meaning must be the same.",
}
PROMPT_HASH = hashlib.sha256((PROMPT + json.dumps(RULES, sort_keys=True)).encode()).hexdigest()[:16]


class Remembers(Protocol):
    """What keeps the verdicts of judges."""

    def get(self, judge: str, prompt: str) -> Judgement | None:
        """What this judge decided about this prompt before; None where it was not asked."""
        ...

    def put(self, judge: str, prompt: str, judgement: Judgement) -> None:
        """Keep a verdict."""
        ...


class Judgement(NamedTuple):
    """What a judge decided; `match` is None where no reply could be read."""

    match: bool | None
    reason: str


@dataclass(frozen=True)
class Judge:
    """Asks `ask`, which answers a prompt with a text. `name` says which model it is.

    With `verdicts` nothing is asked that was asked before.
    """

    name: str
    ask: Callable[[str], str]
    verdicts: Remembers | None = None

    def decide(self, *, kind: JudgeKind, question: str, gold: str, answer: str) -> Judgement:
        """Whether `answer` says what `gold` says; asked up to three times for a readable reply."""
        prompt = PROMPT.format(
            kind=kind,
            rule=RULES[kind],
            question=question[:_CONTEXT],
            gold=gold,
            answer=answer[:_CONTEXT],
        )
        if self.verdicts and (before := self.verdicts.get(self.name, prompt)) is not None:
            return before
        reply = ""
        for _ in range(TRIES):
            reply = self.ask(prompt)
            if (judgement := read_judgement(reply)) is not None:
                if self.verdicts:
                    self.verdicts.put(self.name, prompt, judgement)
                return judgement
        return Judgement(
            None, f"{self.name} gave no verdict in {TRIES} tries, last: {reply[:80]!r}"
        )


def read_judgement(reply: str) -> Judgement | None:
    """The verdict in a reply, which may stand among other words; None where there is none.

    >>> read_judgement('Sure: {"match": true, "reason": "same drug"}')
    Judgement(match=True, reason='same drug')
    >>> read_judgement('{"match": "perhaps"}') is None
    True
    """
    for at in (place for place, character in enumerate(reply) if character == "{"):
        read = value_at(reply, at)
        held = read.value if read is not None else None
        if isinstance(held, dict) and isinstance(held.get("match"), bool):
            return Judgement(held["match"], str(held.get("reason", "")))
    return None


def judge_of(model: BaseChatModel, *, name: str) -> Judge:
    """A chat model as a judge."""

    def ask(prompt: str) -> str:
        return str(model.invoke(prompt).text)

    return Judge(name, ask)


def judged(row: Row, record: Record, at_hand: Resources) -> Verdict:
    """1 where the judge finds the answer to say what the label says; equal words need no judge."""
    gold = names_of_label(row.label) or [str(row.label)]
    if normal_names(record.answer) == normal_names(gold):
        return Verdict(1.0, "the same words", {"judged": 0.0})
    return ask_judge(row, at_hand, kind="generic_string", gold=gold, answer=record.answer)


def ask_judge(
    row: Row, at_hand: Resources, *, kind: JudgeKind, gold: list[str], answer: list[str]
) -> Verdict:
    """The judge's verdict as a score; unscored without a judge, or without a readable reply."""
    if not answer:
        return Verdict(0.0, "nothing was answered", {"judged": 0.0})
    if at_hand.judge is None:
        return unscored("rules cannot tell whether it is the same; name a judge (--judge MODEL)")
    found = at_hand.judge.decide(
        kind=kind, question=row.question, gold="; ".join(gold), answer="; ".join(answer)
    )
    if found.match is None:
        return unscored(found.reason)
    words = "the same" if found.match else "not the same"
    told = f"{at_hand.judge.name} (prompt {PROMPT_HASH}) finds it {words}: {found.reason}"
    return Verdict(float(found.match), told, {"judged": 1.0})
