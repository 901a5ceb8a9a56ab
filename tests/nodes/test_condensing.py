"""What gives way when a conversation grows too long, and what never does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from clinseek.models.tokens import characters_of
from clinseek.nodes.condensing import Condensed, condense, line_of, room_for
from clinseek.records import EvidenceEntry

Conversation = tuple[list[AnyMessage], list[EvidenceEntry]]


def _entry(number: int, round_: int, chars: int, **told: Any) -> EvidenceEntry:
    entry = EvidenceEntry(
        id=f"E{number}",
        number=number,
        round=round_,
        call_id=f"c{number}",
        tool="ehr.get_records_by_time",
        arguments={"table_name": "labevents", "number": number},
        tables=["labevents"],
        table="labevents",
        row_ids=list(range(chars // 10)),
        refused=False,
        sha256="",
        chars=chars,
        shown_chars=chars,
        seconds=0.0,
    )
    return {**entry, **told}  # type: ignore[typeddict-item]


def _observation(number: int, chars: int) -> ToolMessage:
    lines = "\n".join(f"row {at}" for at in range(chars // 6))
    return ToolMessage(
        f"[E{number}] {lines}"[:chars],
        tool_call_id=f"c{number}",
        name="ehr.get_records_by_time",
        id=f"m{number}",
        artifact={"full": "much more"},
    )


def _conversation(*rounds: list[int], reasoning: int = 0) -> Conversation:
    """One turn for each round, with an observation of so many characters for each call."""
    messages: list[AnyMessage] = [
        SystemMessage("You seek.", id="system"),
        HumanMessage("What was it?", id="task"),
    ]
    ledger: list[EvidenceEntry] = []
    for round_, sizes in enumerate(rounds, start=1):
        numbers = range(len(ledger) + 1, len(ledger) + len(sizes) + 1)
        calls = [
            {"name": "ehr.get_records_by_time", "args": {}, "id": f"c{number}", "type": "tool_call"}
            for number in numbers
        ]
        kwargs = {"reasoning_content": "r" * reasoning, "reasoning_wire": {"k": 1}}
        messages.append(
            AIMessage("I look.", tool_calls=calls, additional_kwargs=kwargs if reasoning else {})
        )
        for number, chars in zip(numbers, sizes, strict=True):
            ledger.append(_entry(number, round_, chars))
            messages.append(_observation(number, chars))
        messages.append(HumanMessage("Few rounds are left.", id=f"warning-{round_}"))
    return messages, ledger


def _condensed(
    held: Conversation, limit: int | None, replaced: dict[str, str] | None = None
) -> Condensed:
    return condense(held[0], held[1], replaced=replaced or {}, limit=limit)


def test_a_conversation_with_room_is_sent_as_it_is() -> None:
    held = _conversation([1000], [1000], [1000], [1000])

    condensed = _condensed(held, 8000)

    assert condensed == (held[0], {}, True)


def test_without_a_known_limit_nothing_gives_way() -> None:
    held = _conversation([10**6], [10**6], [10**6])

    assert _condensed(held, None) == (held[0], {}, True)


def test_the_oldest_large_observations_give_way_to_one_line_each() -> None:
    held = _conversation([5000], [60], [5000], [5000], [5000], [5000])

    condensed = _condensed(held, 25_000)

    assert list(condensed.replaced) == ["E1", "E3"]
    assert condensed.fits
    assert characters_of(condensed.messages) <= 0.7 * 25_000
    assert condensed.messages[3].content == (
        "[E1] ehr.get_records_by_time(table_name=labevents, number=1): 500 rows; "
        "removed here to make room, call again if needed"
    )
    assert condensed.messages[6].content == held[0][6].content  # small, and stays


def test_the_last_rounds_stay_whole_while_others_can_give_way() -> None:
    held = _conversation([5000], [5000], [9000, 9000], [9000])

    condensed = _condensed(held, 32_000)

    assert list(condensed.replaced) == ["E1", "E2"]
    assert condensed.messages[8:] == held[0][8:]


def test_the_last_observations_are_shortened_when_nothing_else_is_left() -> None:
    held = _conversation([5000], [800, 50_000], [50_000])

    condensed = _condensed(held, 20_000)

    assert set(condensed.replaced) == {"E1", "E3", "E4"}
    assert condensed.fits
    assert characters_of(condensed.messages) > 0.85 * 20_000  # no more than needed is cut
    shown = condensed.messages[-2].text
    assert shown.startswith("[E4] row 0")
    assert "left out; narrow the call to see them" in shown


def test_reasoning_goes_last_and_the_oldest_first() -> None:
    held = _conversation([10], [10], [10], [10], [10], reasoning=2000)

    condensed = _condensed(held, 8200)

    turns = [message for message in condensed.messages if isinstance(message, AIMessage)]
    assert condensed.replaced == {"T1": "", "T2": ""}
    assert [turn.additional_kwargs.get("reasoning_content", "")[:1] for turn in turns] == [
        "",
        "",
        "r",
        "r",
        "r",
    ]
    assert "reasoning_wire" not in turns[0].additional_kwargs
    assert turns[0].tool_calls == held[0][2].tool_calls  # type: ignore[union-attr]
    assert condensed.fits


def test_it_says_when_even_so_there_is_too_much() -> None:
    held = _conversation([5000], [5000], [5000])

    condensed = _condensed(held, 600)

    assert not condensed.fits
    assert characters_of(condensed.messages) < 2000


def test_a_shortened_observation_gives_way_to_a_line_when_it_is_old() -> None:
    held = _conversation([50_000], [50_000])
    first = _condensed(held, 10_000)
    assert first.replaced["E1"].startswith("[E1] row 0")

    longer = _conversation([50_000], [50_000], [4000], [4000])
    second = _condensed(longer, 10_000, first.replaced)

    assert second.replaced["E1"] == line_of(longer[1][0])
    assert second.fits


def test_images_go_with_their_observation() -> None:
    held = _conversation([500], [500], [500], [500])
    image = {"type": "image", "base64": "A" * 99, "mime_type": "image/jpeg"}
    held[0][3] = ToolMessage(
        [{"type": "text", "text": "[E1] a view"}, image], tool_call_id="c1", id="m1"
    )

    condensed = _condensed(held, 8000)

    assert list(condensed.replaced) == ["E1"]
    assert isinstance(condensed.messages[3].content, str)


def test_that_images_are_left_out_of_the_last_rounds_is_said() -> None:
    held = _conversation([9000])
    image = {"type": "image", "base64": "A" * 99, "mime_type": "image/jpeg"}
    held[0][3] = ToolMessage(
        [{"type": "text", "text": "[E1] " + "x" * 9000}, image], tool_call_id="c1", id="m1"
    )

    shown = _condensed(held, 5000).messages[3].content

    assert isinstance(shown, str)
    assert shown.endswith("[its images were left out]")


def test_the_answer_to_a_call_that_never_ran_is_left_alone() -> None:
    held = _conversation([5000], [5000], [5000], [5000])
    held[0][3] = ToolMessage("x" * 5000, tool_call_id="c-not-run", status="error")

    condensed = _condensed(held, 16_000)

    assert condensed.messages[3] == held[0][3]
    assert "E2" in condensed.replaced


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"refused": True}, "(table_name=labevents, number=7): refused; removed"),
        ({"table": None}, "(table_name=labevents, number=7): 12,340 characters; removed"),
        ({"row_ids": [4]}, "(table_name=labevents, number=7): 1 row; removed"),
        ({"arguments": {}}, "ehr.get_records_by_time(): 1,234 rows; removed"),
        ({"arguments": {"sql_query": "SELECT\n  *  " + "x" * 99}}, "(sql_query=SELECT * xxx"),
    ],
)
def test_the_line_says_what_was_called_and_what_it_held(told: dict[str, Any], said: str) -> None:
    line = line_of(_entry(7, 1, 12_340, **told))

    assert line.startswith("[E7] ehr.get_records_by_time(")
    assert said in line
    assert "\n" not in line
    assert len(line) < 300


def test_room_is_what_the_answer_leaves_at_the_hosts_own_count() -> None:
    assert room_for(100_000, max_output=8192) == int((100_000 - 8192) * 2.5)
    assert room_for(8192, max_output=8192, characters=8000, input_tokens=2000) == 4096 * 4
    assert room_for(40_000, characters=None, input_tokens=None) == int((40_000 - 8192) * 2.5)
    assert room_for(1000, max_output=1, overhead_characters=10**6) == 0


def test_what_is_counted_beside_the_conversation_is_taken_off_the_room() -> None:
    with_tools = room_for(
        32_768, max_output=8192, characters=4000, input_tokens=4000, overhead_characters=12_000
    )

    assert with_tools == (32_768 - 8192) * 4 - 12_000


_rounds = st.lists(st.lists(st.integers(10, 5000), max_size=3), max_size=8)
_limits = st.integers(0, 40_000)


def _whole(held: Conversation, condensed: Condensed) -> None:
    """What holds of every conversation that was made shorter."""
    given, sent = held[0], condensed.messages
    assert [message.type for message in sent] == [message.type for message in given]
    assert [message.id for message in sent] == [message.id for message in given]
    for before, after in zip(given, sent, strict=True):
        if isinstance(before, ToolMessage):
            assert isinstance(after, ToolMessage)
            assert (after.tool_call_id, after.name, after.status) == (
                before.tool_call_id,
                before.name,
                before.status,
            )
            assert after.text.split("]")[0] == before.text.split("]")[0]
            assert len(after.text) <= max(len(before.text), 500)
        elif isinstance(before, AIMessage):
            assert isinstance(after, AIMessage)
            assert (after.content, after.tool_calls) == (before.content, before.tool_calls)
        else:
            assert after == before


@given(_rounds, _limits, st.integers(0, 2000))
def test_order_and_pairing_hold_and_nothing_but_observations_and_reasoning_changes(
    rounds: list[list[int]], limit: int, reasoning: int
) -> None:
    held = _conversation(*rounds, reasoning=reasoning)

    condensed = _condensed(held, limit)

    _whole(held, condensed)
    assert condensed.fits == (characters_of(condensed.messages) <= limit)


@given(_rounds, _limits, st.integers(0, 2000))
def test_a_second_time_nothing_more_gives_way(
    rounds: list[list[int]], limit: int, reasoning: int
) -> None:
    held = _conversation(*rounds, reasoning=reasoning)
    first = _condensed(held, limit)

    again = _condensed(held, limit, first.replaced)
    of_sent = condense(first.messages, held[1], replaced=first.replaced, limit=limit)

    assert again == (first.messages, {}, first.fits)
    assert of_sent == (first.messages, {}, first.fits)


@given(_rounds, _limits, st.integers(0, 800))
def test_what_gave_way_stays_so_as_the_conversation_grows(
    rounds: list[list[int]], limit: int, reasoning: int
) -> None:
    replaced: dict[str, str] = {}
    for end in range(len(rounds) + 1):
        held = _conversation(*rounds[:end], reasoning=reasoning)
        condensed = _condensed(held, limit, replaced)
        for key, text in condensed.replaced.items():
            assert key not in replaced or len(text) < len(replaced[key])
        replaced |= condensed.replaced
        sent = {
            entry["id"]: message.text
            for message in condensed.messages
            for entry in held[1]
            if isinstance(message, ToolMessage) and message.tool_call_id == entry["call_id"]
        }
        assert all(sent[key] == text for key, text in replaced.items() if key.startswith("E"))


@given(_rounds, st.integers(2500, 40_000))
def test_it_fits_whenever_lines_and_short_last_observations_would(
    rounds: list[list[int]], limit: int
) -> None:
    held = _conversation(*rounds)
    observations = sum(isinstance(message, ToolMessage) for message in held[0])
    rest = characters_of(held[0]) - sum(
        len(message.text) for message in held[0] if isinstance(message, ToolMessage)
    )

    condensed = _condensed(held, limit)

    assert condensed.fits or rest + observations * 500 > 0.9 * limit


@given(st.integers(256, 10**7), st.integers(1, 10**6), st.integers(0, 10**7), st.integers(1, 10**7))
def test_the_room_is_never_less_than_nothing_and_grows_with_the_context(
    context: int, output: int, characters: int, tokens: int
) -> None:
    def room(length: int) -> int:
        return room_for(length, max_output=output, characters=characters, input_tokens=tokens)

    assert 0 < room(context) <= room(2 * context)
