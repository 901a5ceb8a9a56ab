"""Tools of other MCP servers in a run."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from clinseek import api
from clinseek.errors import SettingError
from clinseek.nodes.bench import Means
from tests.graphs.conftest import Ask
from tests.graphs.doubles import CUTOFF, SUBJECT, Ward, calling, finishing, scripted

pytest.importorskip("mcp", reason="needs the extra mcp")

from tests.toolkits.outside.servers import COMMAND, Listening, listening


@pytest.fixture
def wards() -> Iterator[Listening]:
    with listening() as running:
        yield running


def _means(ward: Ward, *turns: Any) -> Means:
    return ward.means(scripted(*turns), outside_commands=True)


def test_an_outside_tool_stands_beside_ours_and_its_answer_is_evidence(
    ask: Ask, ward: Ward, wards: Listening
) -> None:
    turns = [calling(("add", {"first": 2, "second": 3})), finishing("5", citations=["E1"])]

    record = ask(means=_means(ward, *turns), mcp={"wards": wards.url}, max_revisions=0)

    assert "add" in [tool["function"]["name"] for tool in record.tools]
    assert record.messages[3]["content"] == "[E1] 5"
    assert (record.answer, record.citations) == (["5"], [["E1"]])


def test_a_server_that_is_a_command_is_one_process_for_the_whole_run(ask: Ask, ward: Ward) -> None:
    turns = [
        calling(("process", {}), ("process", {}), tag="a"),
        calling(("process", {}), tag="b"),
        finishing("x", citations=["E1"]),
    ]

    record = ask(means=_means(ward, *turns), mcp={
        "wards": {"command": list(COMMAND)}
    }, max_revisions=0)  # fmt: skip

    told = [m["content"].split()[-1] for m in record.messages if m["role"] == "tool"]
    assert len(set(told[:3])) == 1
    assert not Path(f"/proc/{told[0]}").exists()


def test_a_server_that_dies_is_an_observation_and_the_run_goes_on(ask: Ask, ward: Ward) -> None:
    turns = [
        calling(("die", {}), tag="a"),
        calling(("add", {"first": 1}), tag="b"),
        calling(("die", {}), tag="c"),
        calling(("add", {"first": 1}), tag="d"),
        finishing("2", citations=["E2"]),
    ]
    server = {"wards": {"command": list(COMMAND)}}

    record = ask(means=_means(ward, *turns), mcp=server, max_revisions=0)

    refused = [entry["refused"] for entry in record.evidence[:4]]
    assert refused == [True, False, True, True]
    assert (record.answer, record.stop_reason) == (["2"], "finish")


def test_a_server_that_cannot_be_reached_is_absent_with_its_reason_and_the_user_is_told(
    ask: Ask, ward: Ward
) -> None:
    said: list[str] = []
    record = ask(
        means=_means(ward, finishing("no")),
        mcp={"gone": "http://127.0.0.1:9/mcp"},
        max_revisions=0,
        on_step=lambda step: said.append(f"{step.kind} {step.said}"),
    )

    assert "gone (mcp) (the server cannot be reached" in record.messages[1]["content"]
    assert any(told.startswith("warning gone (mcp): the server cannot be") for told in said)
    assert record.status == "answered"


def test_tools_can_be_chosen_by_their_outside_names(ask: Ask, ward: Ward, wards: Listening) -> None:
    record = ask(
        means=_means(ward, finishing("no")),
        mcp={"wards": wards.url},
        tools="add,ehr.run_sql_query",
        max_revisions=0,
    )

    assert [tool["function"]["name"] for tool in record.tools] == [
        "add",
        "ehr.run_sql_query",
        "ehr.finish",
    ]


def test_an_unknown_tool_is_refused_and_leaves_no_case_and_no_thread(
    ask: Ask, ward: Ward, wards: Listening, home: Path
) -> None:
    with pytest.raises(SettingError, match="there is no tool 'multiply'"):
        ask(means=_means(ward, finishing("no")), mcp={"wards": wards.url}, tools="multiply")

    assert list((home / "cases").iterdir()) == []
    assert api.threads() == []


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ({"x": {"url": "nowhere"}}, "is no URL"),
        ({"x": {"url": "http://a/mcp", "kommand": "b"}}, "no key 'kommand'"),
        ({"1x": "http://a/mcp"}, "is no name for a server"),
    ],
)
def test_a_server_that_cannot_be_named_is_told_before_a_record_is_opened(
    ask: Ask, ward: Ward, server: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        ask(means=_means(ward, finishing("no")), mcp=server)

    assert ward.opened == 0


def test_a_graph_that_is_served_starts_no_command(ask: Ask, ward: Ward) -> None:
    with pytest.raises(SettingError, match="starts none"):
        ask(means=ward.means(scripted(finishing("no"))), mcp={"x": {"command": ["true"]}})


def test_a_cancelled_run_ends_the_processes_that_it_started(ward: Ward, home: Path) -> None:
    seen: list[int] = []

    def told(messages: Any) -> AIMessage:
        if messages[-1].type == "tool":
            seen.append(int(messages[-1].text.split()[-1]))
            return calling(("slow", {"seconds": 60.0}), tag="b")
        return calling(("process", {}), tag="a")

    async def cancelled() -> None:
        run = asyncio.create_task(
            api.aask("?", subject_id=SUBJECT, cutoff=CUTOFF, store=ward.folder,
                     model="offline", means=_means(ward, told),
                     mcp={"wards": {"command": list(COMMAND)}})
        )  # fmt: skip
        while not seen:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(cancelled())

    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)
