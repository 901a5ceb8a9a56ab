"""Calls of a turn: parallel, unknown, broken, repeated, cut off: each one is answered."""

import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool, StructuredTool

from clinseek.records import Record
from clinseek.toolkits.observation import Observation
from tests.graphs.conftest import Ask
from tests.graphs.doubles import LATEST_LABS, Ward, calling, finishing, labs, scripted


def _observations(record: Record) -> list[str]:
    return [message["content"] for message in record.messages if message["role"] == "tool"]


def _slow_tool(**seconds: float) -> BaseTool:
    def wait(name: str) -> tuple[str, Observation]:
        """Wait as long as `name` takes."""
        time.sleep(seconds[name])
        return f"waited for {name}", Observation()

    return StructuredTool.from_function(
        wait, name="ehr.wait", response_format="content_and_artifact"
    )


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(delays=st.permutations([0.0, 0.01, 0.03]))
def test_numbers_follow_the_order_of_the_calls_not_of_their_completion(
    ask: Ask, ward: Ward, delays: list[float]
) -> None:
    seconds = dict(zip("abc", delays, strict=True))
    calls = [("ehr.wait", {"name": name}) for name in "abc"]
    model = scripted(calling(*calls, tag="t"), finishing("done"))
    tools = [_slow_tool(**seconds), _finish()]

    record = ask(means=ward.means(model, tools_of=lambda _: tools), max_revisions=0)

    assert [entry["arguments"].get("name") for entry in record.evidence[:3]] == ["a", "b", "c"]
    assert _observations(record)[:3] == [
        "[E1] waited for a",
        "[E2] waited for b",
        "[E3] waited for c",
    ]


def test_the_calls_of_a_turn_run_side_by_side(ask: Ask, ward: Ward) -> None:
    running: list[int] = []
    most: list[int] = []

    def count() -> str:
        """Count how many run at once."""
        running.append(1)
        time.sleep(0.05)
        most.append(len(running))
        running.pop()
        return "counted"

    model = scripted(calling(*[("ehr.count", {})] * 4, tag="t"), finishing("done"))
    tools = [StructuredTool.from_function(count, name="ehr.count"), _finish()]

    ask(means=ward.means(model, tools_of=lambda _: tools))

    assert max(most) > 1


def test_an_underscore_or_a_bare_name_means_the_published_tool(ask: Ask) -> None:
    name, arguments = LATEST_LABS
    record = ask(
        calling((name.replace(".", "_"), arguments), (name.partition(".")[2], arguments)),
        finishing("3.2", citations=["E2#3"]),
    )

    assert [entry["tool"] for entry in record.evidence[:2]] == [name, name]
    assert record.citations == [["E2#3"]]
    assert [call["function"]["name"] for call in record.messages[2]["tool_calls"]] == [name, name]


def test_an_unknown_tool_is_answered_with_the_names_that_there_are(ask: Ask) -> None:
    record = ask(calling(("ehr.get_latest_record", {})), finishing("3.2"), max_revisions=0)

    told = _observations(record)[0]
    assert "there is no tool 'ehr.get_latest_record' here" in told
    assert "Did you mean ehr.get_latest_records?" in told
    assert "ehr.run_sql_query" in told
    assert record.evidence[0]["refused"]


def test_a_tool_outside_the_set_of_the_run_is_refused(ask: Ask) -> None:
    record = ask(calling(LATEST_LABS), finishing("3"), tools="ehr.run_sql_query", max_revisions=0)

    assert "there is no tool 'ehr.get_latest_records' here" in _observations(record)[0]


def test_arguments_that_are_no_json_are_answered_and_sent_back_as_valid_calls(ask: Ask) -> None:
    broken = AIMessage(
        "",
        tool_calls=[{"name": LATEST_LABS[0], "args": LATEST_LABS[1], "id": "good"}],
        invalid_tool_calls=[
            {"name": "ehr_run_sql_query", "args": '{"sql_query": ', "id": "bad", "error": "no JSON"}
        ],
    )
    model = scripted(broken, finishing("3.2", citations=["E1#3"]))

    record = ask(model=model)

    assert "the arguments are not one JSON object" in _observations(record)[1]
    assert '{"sql_query": ' in _observations(record)[1]
    turn = model.heard[1][2]
    assert isinstance(turn, AIMessage)
    assert turn.invalid_tool_calls == []
    assert [call["id"] for call in turn.tool_calls] == ["good", "bad"]


def test_two_calls_with_one_id_both_run_under_ids_of_their_own(ask: Ask) -> None:
    twins = AIMessage(
        "",
        tool_calls=[
            {"name": LATEST_LABS[0], "args": LATEST_LABS[1], "id": "same"},
            {"name": labs()[0], "args": labs()[1], "id": "same"},
        ],
    )
    record = ask(twins, finishing("3.2", citations=["E1#3"]))

    ids = [entry["call_id"] for entry in record.evidence]
    assert len(set(ids)) == len(ids)
    assert "rows 1-1 of 1" in _observations(record)[0]
    assert "rows 1-3 of 3" in _observations(record)[1]


def test_an_id_used_in_an_earlier_turn_is_not_used_again(ask: Ask) -> None:
    turn = calling(LATEST_LABS, tag="again")
    record = ask(turn, turn, finishing("3.2", citations=["E2#3"]))

    assert len({entry["call_id"] for entry in record.evidence}) == 3


def test_unknown_arguments_are_named_instead_of_dropped(ask: Ask) -> None:
    name, arguments = LATEST_LABS
    record = ask(calling((name, {**arguments, "limitt": 5})), finishing("3.2"), max_revisions=0)

    assert "limitt" in _observations(record)[0]
    assert record.evidence[0]["refused"]


def test_a_tool_that_fails_is_an_observation_without_paths_and_an_error_in_the_record(
    ask: Ask, ward: Ward
) -> None:
    def explode() -> str:
        """Fail."""
        raise KeyError("/secret/path/of/this/machine")

    tools = [StructuredTool.from_function(explode, name="ehr.explode"), _finish()]
    model = scripted(calling(("ehr.explode", {})), finishing("done"))

    record = ask(means=ward.means(model, tools_of=lambda _: tools), max_revisions=0)

    assert "failed unexpectedly (KeyError)" in _observations(record)[0]
    assert "/secret" not in _observations(record)[0]
    failure = record.errors[0]
    assert (failure["kind"], failure["number"]) == ("tool_failed", 1)
    assert "/secret/path" in failure["message"]
    assert record.status == "answered"


def test_a_long_observation_is_shown_in_part_and_kept_whole(ask: Ask, ward: Ward) -> None:
    text = "\n".join(f"row {number}" for number in range(2000))
    tools = [
        StructuredTool.from_function(lambda: text, name="ehr.long", description="-"),
        _finish(),
    ]
    model = scripted(calling(("ehr.long", {})), finishing("done"))

    record = ask(
        means=ward.means(model, tools_of=lambda _: tools),
        max_observation_chars=1000,
        max_revisions=0,
    )

    shown = model.heard[1][-1].text
    assert len(shown) <= 1000
    assert "left out; narrow the call" in shown
    assert (shown.splitlines()[0], shown.splitlines()[-1]) == ("[E1] row 0", "row 1999")
    assert _observations(record)[0] == f"[E1] {text}"
    assert record.shortened == [
        {"round": 1, "evidence": "E1", "chars": len(text) + 5, "shown_chars": len(shown)}
    ]


def test_finish_ends_the_run_after_the_other_calls_of_its_turn(ask: Ask) -> None:
    turn = calling(
        ("ehr.finish", {"response": ["3.2"], "citations": ["E2#3"]}), LATEST_LABS, tag="t"
    )
    model = scripted(turn)

    record = ask(model=model)

    assert (record.answer, record.citations) == (["3.2"], [["E2#3"]])
    assert len(model.heard) == 1


def test_a_finish_without_a_response_is_answered_and_does_not_end_the_run(ask: Ask) -> None:
    record = ask(calling(("ehr.finish", {"answer": "3.2"})), finishing("3.2"), max_revisions=0)

    assert "ehr.finish needs response" in _observations(record)[0]
    assert record.answer == ["3.2"]
    assert record.usage["model_calls"] == 2


def _finish() -> BaseTool:
    def finish(response: list[str], citations: Any = None) -> str:
        """Hand in the answer."""
        return "The answer is submitted."

    return StructuredTool.from_function(finish, name="ehr.finish")


def test_arguments_beyond_what_a_checkpoint_holds_are_text_that_a_tool_refuses(
    ask: Ask, ward: Ward
) -> None:
    nested: list[Any] = []
    for _ in range(100):
        nested = [nested]
    model = scripted(
        calling(("ehr.get_latest_records", {"table_name": "labevents", "limit": 2**64}), tag="a"),
        calling(("ehr.get_latest_records", {"table_name": nested, "limit": -(10**30)}), tag="b"),
        finishing("3.2"),
    )
    record = ask(means=ward.means(model), max_revisions=0)
    assert (record.status, record.repairs["number"]) == ("answered", 2)
    assert "18446744073709551616" in str(record.evidence[0]["arguments"])
    assert all("rows 1-" not in told for told in _observations(record)[:2])
