"""Conversations that outgrow the model's context."""

from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from clinseek.models import HostFacts
from clinseek.models.tokens import characters_of
from clinseek.nodes.condensing import condense
from clinseek.records import Record
from tests.graphs.conftest import Ask
from tests.graphs.doubles import CREATININE, CUTOFF, ScriptedModel, Ward, finishing, labs

ROUNDS = 12
TOKENS = 6_000
CHARACTERS_A_TOKEN = 3


class Narrow(ScriptedModel):
    """A model with a small context that counts its tokens, and refuses what is too long."""

    facts: Any = HostFacts(max_output=1000)
    tells: bool = True

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        tokens = (characters_of(messages) + len(str(kwargs.get("tools", "")))) // CHARACTERS_A_TOKEN
        if tokens + 1000 > TOKENS + _TOOLS // CHARACTERS_A_TOKEN:
            told = f"maximum context length is {_CONTEXT} tokens" if self.tells else "too long"
            raise ContextOverflowError(told)
        result = super()._generate(messages, stop, run_manager, **kwargs)
        spoken = result.generations[0].message
        assert isinstance(spoken, AIMessage)
        counted = {"input_tokens": tokens, "output_tokens": 10, "total_tokens": tokens + 10}
        said = spoken.model_copy(update={"usage_metadata": counted})
        return ChatResult(generations=[ChatGeneration(message=said)])


_TOOLS = 30_000
_CONTEXT = TOKENS + _TOOLS // CHARACTERS_A_TOKEN


def _looking(ward: Ward) -> None:
    """So many lab rows that each look at them is long."""
    ward.labs += [
        (f"2150-03-0{1 + hour // 24} {hour % 24:02d}:{minute:02d}:00", CREATININE, minute / 10)
        for hour in range(48)
        for minute in range(0, 60, 12)
    ]


def _looks(messages: Sequence[BaseMessage]) -> AIMessage:
    made = sum(isinstance(message, AIMessage) for message in messages)
    name, arguments = labs(f"2150-03-01 {made:02d}:00:00")
    call = {"name": name, "args": arguments, "id": f"c{made}", "type": "tool_call"}
    return AIMessage("", tool_calls=[call])


def _run(ask: Ask, ward: Ward, model: Narrow) -> Record:
    _looking(ward)
    return ask(means=ward.means(model), max_revisions=0, cutoff=CUTOFF)


def _narrow(*, tells: bool, facts: HostFacts) -> Narrow:
    script = [*[_looks] * ROUNDS, finishing("3.2", citations=["E1"])]
    return Narrow(script=script, tells=tells, facts=facts)


@pytest.mark.parametrize("tells", [True, False])
def test_a_run_that_outgrows_an_unknown_context_goes_on_to_its_answer(
    ask: Ask, ward: Ward, *, tells: bool
) -> None:
    record = _run(ask, ward, _narrow(tells=tells, facts=HostFacts(max_output=1000)))

    assert (record.answer, record.stop_reason) == (["3.2"], "finish")
    assert len(record.evidence) == ROUNDS + 1
    assert record.replaced
    assert record.model["context_length"] == (_CONTEXT if tells else None)


def test_a_context_that_the_host_told_is_never_overrun(ask: Ask, ward: Ward) -> None:
    facts = HostFacts(context_length=_CONTEXT, max_output=1000)

    record = _run(ask, ward, _narrow(tells=True, facts=facts))

    assert (record.answer, record.stop_reason) == (["3.2"], "finish")
    assert record.replaced
    assert record.usage["model_calls"] == len(record.turns) == ROUNDS + 1
    assert all(turn["attempts"] == 1 for turn in record.turns)


def test_the_record_keeps_the_full_text_and_tells_what_was_sent(ask: Ask, ward: Ward) -> None:
    model = _narrow(tells=True, facts=HostFacts(context_length=_CONTEXT, max_output=1000))

    record = _run(ask, ward, model)

    kept = {m["tool_call_id"]: m["content"] for m in record.messages if m["role"] == "tool"}
    for entry in record.evidence:
        assert len(kept[entry["call_id"]]) == entry["chars"]
    sent = model.heard[-1]
    replaced = {each["evidence"]: each["line"] for each in record.replaced}
    for entry, message in zip(
        record.evidence, [m for m in sent if isinstance(m, ToolMessage)], strict=False
    ):
        assert message.text == replaced.get(entry["id"], kept[entry["call_id"]])
    assert [m.type for m in sent[:2]] == ["system", "human"]
    assert sent[0].text == record.messages[0]["content"]


def test_what_was_sent_in_any_round_can_be_rebuilt(ask: Ask, ward: Ward) -> None:
    model = _narrow(tells=True, facts=HostFacts(context_length=_CONTEXT, max_output=1000))

    record = _run(ask, ward, model)

    whole = model.heard[-1]
    for round_, heard in enumerate(model.heard, start=1):
        replaced = {
            each["evidence"]: each["line"] for each in record.replaced if each["round"] <= round_
        }
        full = _with_full_texts(whole[: len(heard)], record)
        rebuilt = condense(full, record.evidence, replaced=replaced, limit=None).messages
        assert [message.text for message in rebuilt] == [message.text for message in heard]


def _with_full_texts(messages: Sequence[BaseMessage], record: Record) -> list[Any]:
    kept = {m["tool_call_id"]: m["content"] for m in record.messages if m["role"] == "tool"}
    return [
        message.model_copy(update={"content": kept[message.tool_call_id]})
        if isinstance(message, ToolMessage)
        else message
        for message in messages
    ]


def test_a_task_that_alone_is_too_long_ends_with_its_own_word(ask: Ask, ward: Ward) -> None:
    record = ask(
        question="Why? " * 20_000,
        means=ward.means(_narrow(tells=True, facts=HostFacts())),
        max_revisions=0,
    )

    assert (record.answer, record.stop_reason) == ([], "context_limit")
    assert record.errors[0]["kind"] == "context_overflow"


def test_what_gave_way_is_told_once_in_the_order_of_rounds(ask: Ask, ward: Ward) -> None:
    model = _narrow(tells=True, facts=HostFacts(context_length=_CONTEXT, max_output=1000))

    record = _run(ask, ward, model)

    rounds = [each["round"] for each in record.replaced]
    assert rounds == sorted(rounds)
    assert len({(each["evidence"], each["line"]) for each in record.replaced}) == len(rounds)
