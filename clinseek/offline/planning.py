"""Which plan a question gets, and how far a conversation has come in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from clinseek.offline.answering import Submission, submission_of
from clinseek.offline.conversation import Conversation
from clinseek.offline.plans.codes import diagnosis, procedure
from clinseek.offline.plans.cultures import culture
from clinseek.offline.plans.drugs import drug
from clinseek.offline.plans.measurements import measurement
from clinseek.offline.plans.plan import UNSEEN, Ask, Asks, Desk, Draft, Observed, Plan
from clinseek.offline.plans.ranking import among, coming
from clinseek.offline.plans.risk import risk
from clinseek.offline.plans.stays import demographic, stay
from clinseek.offline.plans.urine import urine_output
from clinseek.offline.task.intent import Intent, Topic
from clinseek.offline.task.reading import read_task

_PLANS: dict[Topic, Callable[[Intent, Desk], Plan]] = {
    "measurement": measurement,
    "urine_output": urine_output,
    "drug": drug,
    "culture": culture,
    "diagnosis": diagnosis,
    "procedure": procedure,
    "admission": stay,
    "icu": stay,
    "careunit": stay,
    "service": stay,
    "demographic": demographic,
    "risk": risk,
    "next": coming,
}
_NOT_HELD = "not in what it cites"
"""How a submission is sent back whose answer was made of the cited rows and stands in none."""

_END_OF_TIME = datetime(9999, 1, 1)
LONGEST_QUESTION = 20_000
"""Characters; what is longer is no question in plain words, and takes a second for each 50,000."""


class Turn(NamedTuple):
    """The next turn: calls to make, or else a submission."""

    asks: Asks = ()
    submission: Submission | None = None


def next_turn(conversation: Conversation, tools: frozenset[str]) -> Turn:
    """What to do next, worked out from the conversation alone.

    The plan is run from its beginning and fed with what was observed. Where something that it
    asks for has not been called yet, that is the next turn; a plan that ends gives the answer.
    Without `tools` the plan is that of the run so far, fed with the findings that are repeated.
    """
    if len(conversation.question) > LONGEST_QUESTION:
        return Turn(submission=_too_long(conversation.question))
    cutoff = conversation.cutoff or _END_OF_TIME
    intent = read_task(
        _of_this_patient(conversation),
        cutoff=cutoff,
        candidates=conversation.candidates,
        form=conversation.answer_form,
    )
    may_ask = not conversation.must_conclude and bool(tools - {"ehr.finish"})
    desk = Desk(
        tools or conversation.tools,
        cutoff,
        conversation.tables,
        conversation.subject_id,
        attempt=conversation.submissions,
    )
    draft, missing = _followed(plan_of(intent, desk), conversation, may_ask=may_ask)
    if missing:
        return Turn(asks=missing)
    assert draft is not None
    if draft.is_empty and not may_ask and desk.attempt == 0:
        draft = replace(draft, said=f"{draft.said} I could not look any further.")
    submission = submission_of(draft, intent, answer_form=conversation.answer_form)
    if conversation.gap is not None and _NOT_HELD in conversation.gap:
        submission = submission.citing_whole_evidence()
    return Turn(submission=submission)


def _too_long(question: str) -> Submission:
    """No answer, and why: no part is read, for the part that is left out may turn its meaning."""
    return Submission(
        (),
        (),
        f"The question has {len(question):,} characters; I read one of at most "
        f"{LONGEST_QUESTION:,}. So I give no answer.",
    )


def _of_this_patient(conversation: Conversation) -> str:
    """The question with this patient's own number taken out: another's stays and is noticed."""
    if conversation.subject_id is None:
        return conversation.question
    own = (
        rf"\b(?:the )?(?:patient|subject)(?:_id)? (?:#|no\.? |number )?{conversation.subject_id}\b"
    )
    return re.sub(own, "the patient", conversation.question, flags=re.IGNORECASE)


def plan_of(intent: Intent, desk: Desk) -> Plan:
    """The plan for an intent: by its topic, or by the candidates where only they name things."""
    if intent.unread is not None:
        return _not_understood(intent.unread)
    picks = intent.candidates and intent.form in ("list", "choice") and intent.concept is None
    if picks and intent.topic == "measurement" and intent.measure in ("which", "exists"):
        return among(intent, desk)
    return _PLANS[intent.topic](intent, desk)


def _not_understood(unread: str) -> Plan:
    """The plan of a question of which a part is beyond the policy: the rest is another one."""
    yield from ()
    return Draft(f"I do not understand this part of the question: {unread!r}. So I give no answer.")


def _followed(
    plan: Plan, conversation: Conversation, *, may_ask: bool
) -> tuple[Draft | None, Asks]:
    """The draft that the plan comes to, or the calls that it waits for."""
    made = 0
    answers: dict[Ask, Observed] = {}
    try:
        asks = next(plan)
        while True:
            missing = tuple(ask for ask in dict.fromkeys(asks) if ask not in conversation.answered)
            if missing and may_ask:
                return None, missing
            for ask in dict.fromkeys(asks):
                if ask not in answers:
                    made += 1
                    answers[ask] = _answer(ask, conversation, number=made)
            asks = plan.send(tuple(answers[ask] for ask in asks))
    except StopIteration as ended:
        draft: Draft = ended.value
        return draft, ()


def _answer(ask: Ask, conversation: Conversation, *, number: int) -> Observed:
    """What a call gave. A conclusion repeats results without their calls: there the number tells,
    for evidence is numbered in the order in which the plan makes its calls.
    """
    if ask in conversation.answered:
        return conversation.answered[ask]
    finding = conversation.findings.get(f"E{number}")
    return finding if finding is not None and _could_be(ask, finding) else UNSEEN


def _could_be(ask: Ask, finding: Observed) -> bool:
    """Whether the first line of a finding names a table that the call reads."""
    named = re.findall(r"(?:FROM|JOIN) (\w+)|\"table_name\": \"(\w+)", ask.arguments)
    first_line = finding.text.partition("\n")[0]
    return any((by_sql or by_tool) in first_line for by_sql, by_tool in named)
