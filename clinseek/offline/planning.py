"""Which plan a question gets, and how far a conversation has come in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from clinseek.offline.answering import Submission, submission_of
from clinseek.offline.conversation import Conversation
from clinseek.offline.plans.measurements import measurement
from clinseek.offline.plans.plan import UNSEEN, Ask, Asks, Desk, Draft, Observed, Plan
from clinseek.offline.task.intent import Intent, Topic
from clinseek.offline.task.reading import read_task

_PLANS: dict[Topic, Callable[[Intent, Desk], Plan]] = {
    "measurement": measurement,
    "unknown": measurement,
}
_END_OF_TIME = datetime(9999, 1, 1)
NOT_UNDERSTOOD = "I do not understand this kind of question."


class Turn(NamedTuple):
    """The next turn: calls to make, or else a submission."""

    asks: Asks = ()
    submission: Submission | None = None


def next_turn(conversation: Conversation, tools: frozenset[str]) -> Turn:
    """What to do next, worked out from the conversation alone.

    The plan is run from its beginning and fed with what was observed. Where something that it
    asks for has not been called yet, that is the next turn; a plan that ends gives the answer.
    """
    cutoff = conversation.cutoff or _END_OF_TIME
    intent = read_task(
        conversation.question,
        cutoff=cutoff,
        candidates=conversation.candidates,
        form=conversation.answer_form,
    )
    may_ask = not conversation.must_conclude and bool(tools - {"ehr.finish"})
    desk = Desk(tools, cutoff, conversation.tables, attempt=conversation.submissions)
    draft, missing = _followed(_PLANS[intent.topic](intent, desk), conversation, may_ask=may_ask)
    if missing:
        return Turn(asks=missing)
    assert draft is not None
    if draft.is_empty and not may_ask and desk.attempt == 0:
        draft = replace(draft, said=f"{draft.said} I could not look any further.")
    return Turn(submission=submission_of(draft, intent, answer_form=conversation.answer_form))


def _followed(
    plan: Plan, conversation: Conversation, *, may_ask: bool
) -> tuple[Draft | None, Asks]:
    """The draft that the plan comes to, or the calls that it waits for."""
    try:
        asks = next(plan)
        while True:
            missing = tuple(ask for ask in dict.fromkeys(asks) if ask not in conversation.answered)
            if missing and may_ask:
                return None, missing
            asks = plan.send(tuple(_answer(ask, conversation) for ask in asks))
    except StopIteration as ended:
        draft: Draft = ended.value
        return draft, ()


def _answer(ask: Ask, conversation: Conversation) -> Observed:
    return conversation.answered.get(ask, UNSEEN)
