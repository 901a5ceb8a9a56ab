"""The reducers: the same list however writes are batched and whichever call ended first."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
)
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from clinseek.graphs.state import fold_errors, fold_evidence, fold_messages
from tests.graphs.doubles import LATEST_LABS, calling

_IDS = [f"m{number}" for number in range(4)]

_MESSAGES = st.one_of(
    st.builds(
        lambda text, name: HumanMessage(text, id=name),
        st.sampled_from("abc"),
        st.sampled_from(_IDS),
    ),
    st.sampled_from([*_IDS, REMOVE_ALL_MESSAGES]).map(lambda gone: RemoveMessage(id=gone)),
    st.just(calling(LATEST_LABS, LATEST_LABS, LATEST_LABS, tag="turn")),
    st.builds(
        lambda at, text: ToolMessage(text, tool_call_id=f"turn-{at}", id=f"t{at}"),
        st.integers(0, 2),
        st.sampled_from("xyz"),
    ),
)
_WRITES = st.lists(st.lists(_MESSAGES, max_size=3), max_size=8)


def _texts(messages: list[Any]) -> list[tuple[str, str | None, Any]]:
    return [(message.type, message.id, message.content) for message in messages]


@given(writes=_WRITES, cut=st.integers(0, 8))
def test_messages_fold_the_same_in_one_batch_or_two(
    writes: list[list[BaseMessage]], cut: int
) -> None:
    whole = fold_messages([], writes)
    in_two = fold_messages(fold_messages([], writes[:cut]), writes[cut:])

    assert _texts(whole) == _texts(in_two)


@given(order=st.permutations([0, 1, 2]), parts=st.booleans())
def test_answers_stand_in_the_order_of_the_calls_whichever_ended_first(
    order: list[int], parts: bool
) -> None:
    turn = calling(LATEST_LABS, LATEST_LABS, LATEST_LABS, tag="turn")
    answers = [ToolMessage(f"{at}", tool_call_id=f"turn-{at}", id=f"t{at}") for at in order]

    writes: list[Any] = [[answer] for answer in answers] if parts else [answers]
    folded = fold_messages([turn], writes)

    assert [message.content for message in folded[1:]] == ["0", "1", "2"]


def test_an_answer_that_comes_late_stands_behind_its_turn_not_at_the_end() -> None:
    turn = calling(LATEST_LABS, tag="turn")

    folded = fold_messages(
        [turn, HumanMessage("later")], [[ToolMessage("row", tool_call_id="turn-0")]]
    )

    assert [message.type for message in folded] == ["ai", "tool", "human"]


def test_remove_all_empties_and_what_follows_in_the_same_write_stays() -> None:
    removed = RemoveMessage(id=REMOVE_ALL_MESSAGES)

    folded = fold_messages([HumanMessage("old", id="a")], [[removed, HumanMessage("new", id="b")]])

    assert [message.content for message in folded] == ["new"]


def test_messages_sent_as_json_are_read() -> None:
    folded = fold_messages([], [[{"role": "user", "content": "hello", "id": "a"}]])

    assert _texts(folded) == [("human", "a", "hello")]


def test_a_message_with_a_known_id_is_replaced_in_its_place() -> None:
    held = [AIMessage("one", id="a"), AIMessage("two", id="b")]

    assert [m.content for m in fold_messages(held, [[AIMessage("1", id="a")]])] == ["1", "two"]


@given(numbers=st.lists(st.integers(1, 6), max_size=8), cut=st.integers(0, 8))
def test_the_ledger_is_in_the_order_of_its_numbers(numbers: list[int], cut: int) -> None:
    writes = [[{"number": number}] for number in numbers]

    whole = fold_evidence([], writes)

    assert [entry["number"] for entry in whole] == sorted(set(numbers))
    assert whole == fold_evidence(fold_evidence([], writes[:cut]), writes[cut:])


@given(
    writes=st.lists(
        st.fixed_dictionaries({"round": st.integers(0, 3), "number": st.integers(0, 3)}), max_size=8
    ),
    cut=st.integers(0, 8),
)
def test_errors_fold_the_same_in_one_batch_or_two(writes: list[Any], cut: int) -> None:
    whole = fold_errors([], [[write] for write in writes])

    assert whole == fold_errors(fold_errors([], writes[:cut]), writes[cut:])
