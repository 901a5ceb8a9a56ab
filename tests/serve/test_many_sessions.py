"""Many clients on one server: each its own patient, whoever else is there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession
from mcp.shared.exceptions import McpError

from clinseek.serve.ehr import EhrService
from clinseek.serve.service import Binding
from clinseek.serve.session import Limits
from clinseek.toolkits.ehr.store import Store
from tests.serve.serving import (
    END,
    Served,
    bound,
    case_files,
    client,
    eventually,
    over_http,
    serving,
    text_of,
)

LATEST = {"table_name": "labevents"}


def _canaries(cohort: Path, subjects: list[int]) -> dict[int, set[str]]:
    """Numbers that stand in one patient's record and in no other's."""
    store = Store.open(cohort)
    found = {}
    for subject in subjects:
        rows = store.read_subject(subject, tables=["admissions", "transfers"])
        stays = rows["admissions"]["hadm_id"].to_pylist()
        found[subject] = {str(subject), *map(str, stays)}
    return found


async def _everything_said(session: ClientSession, subject: int, other: int) -> list[str]:
    """The texts of many calls, among them some that ask for somebody else."""
    calls: list[tuple[str, dict[str, Any]]] = [
        ("ehr.load_ehr", {}),
        ("ehr.load_ehr", {"subject_id": str(other), "timestamp": END}),
        ("ehr.get_latest_records", {"table_name": "labevents", "subject_id": other}),
        ("ehr.get_unique_values", {"table_name": "transfers", "column_name": "hadm_id"}),
        ("ehr.run_sql_query", {"sql_query": "SELECT subject_id, hadm_id FROM admissions"}),
        ("ehr.run_sql_query", {"sql_query": "SELECT file FROM pragma_database_list"}),
    ]
    results = await asyncio.gather(*(session.call_tool(*call) for call in calls))
    said = [text_of(result) for result in results]
    assert said[0].startswith(f"record open: subject_id {subject} as of {END}")
    # What was asked for may be named in a refusal; nothing else of that patient may.
    return [text.replace(f"record of patient {other} ", "") for text in said]


def test_fifty_sessions_at_once_see_their_own_patient_and_no_other(
    service: EhrService, cohort: Path, cases: Path, subjects: list[int]
) -> None:
    canaries = _canaries(cohort, subjects)
    together = asyncio.Barrier(len(subjects))

    async def one(url: str, place: int) -> tuple[int, list[str]]:
        subject, other = subjects[place], subjects[place - 1]
        async with client(url, bound(subject)) as session:
            await together.wait()
            if place == 0:
                assert len(case_files(cases)) == len(subjects)
            said = await _everything_said(session, subject, other)
            await together.wait()
            return subject, said

    async def all_of_them(url: str) -> list[tuple[int, list[str]]]:
        return await asyncio.gather(*(one(url, place) for place in range(len(subjects))))

    with serving(service, most=len(subjects)) as server:
        heard = asyncio.run(all_of_them(server.url))
        assert eventually(lambda: not case_files(cases))
    for subject, said in heard:
        joined = "\n".join(said)
        assert all(canary in joined for canary in canaries[subject])
        others = set().union(*(canaries[each] for each in subjects if each != subject))
        assert not [canary for canary in others if canary in joined]
        assert "canary-of-a-path" not in joined
        assert str(cases) not in joined


def test_a_session_keeps_the_case_that_it_was_opened_with(
    service: EhrService, subjects: list[int]
) -> None:
    """Later requests of the session with other headers move nothing."""

    async def run(url: str) -> str:
        async with httpx.AsyncClient(timeout=60) as web:
            begun = await _post(web, url, bound(subjects[0]), "initialize", INITIALIZE)
            session = {"mcp-session-id": begun.headers["mcp-session-id"]}
            await _post(web, url, session, "notifications/initialized", None)
            moved = {**session, **bound(subjects[1])}
            asked = {"name": "ehr.load_ehr", "arguments": {}}
            return (await _post(web, url, moved, "tools/call", asked)).text

    with serving(service) as server:
        said = asyncio.run(run(server.url))
    assert f"subject_id {subjects[0]} as of" in said
    assert str(subjects[1]) not in said


INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}


async def _post(
    web: httpx.AsyncClient, url: str, headers: dict[str, str], method: str, params: Any
) -> httpx.Response:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        message |= {"id": 1, "params": params}
    accepts = {"Accept": "application/json, text/event-stream"}
    return await web.post(url, json=message, headers={**accepts, **headers})


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "a session needs its patient and moment: send X-Clinseek-Subject"),
        (bound(999), "this server's store holds no such patient"),
        (bound("x"), "'x' is no subject_id"),
        (bound("9" * 30), "is no subject_id"),
        (bound("9" * 100), "too long"),
        ({"X-Clinseek-Subject": "7"}, "together; send both"),
        (bound("PATIENT", "yesterday"), "the cutoff 'yesterday' cannot be read"),
        (bound("PATIENT", "1700-01-01"), "nothing is known of patient"),
        (bound("PATIENT", **{"X-Clinseek-Profile": "future"}), "future"),
    ],
)
def test_a_session_that_cannot_be_bound_is_not_opened_and_says_why(
    service: EhrService,
    cases: Path,
    subjects: list[int],
    headers: dict[str, str],
    words: str,
) -> None:
    sent = {key: value.replace("PATIENT", str(subjects[0])) for key, value in headers.items()}

    async def use(_: ClientSession) -> None:
        pytest.fail("the session was opened")

    with serving(service) as server:
        with pytest.raises(BaseExceptionGroup) as told:
            over_http(server.url, sent, use)
        assert eventually(lambda: server.sessions.live == 0)
    error = _leaf(told.value)
    assert isinstance(error, McpError)
    assert words in str(error)
    assert "canary-of-a-path" not in str(error)
    assert not any(str(subject) in str(error) for subject in subjects[1:])
    assert case_files(cases) == []


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def test_a_server_bound_by_its_flags_takes_no_other_binding(
    service: EhrService, subjects: list[int]
) -> None:
    async def use(session: ClientSession) -> str:
        return text_of(await session.call_tool("ehr.load_ehr", {}))

    with serving(service, binding=Binding(subjects[0], END)) as server:
        assert f"subject_id {subjects[0]} " in over_http(server.url, {}, use)
        with pytest.raises(BaseExceptionGroup) as told:
            over_http(server.url, bound(subjects[1]), use)
    assert "this server is bound to one case" in str(_leaf(told.value))


def test_more_sessions_than_are_allowed_wait_for_others_to_close(
    service: EhrService, subjects: list[int]
) -> None:
    async def run(server: Served) -> None:
        async with client(server.url, bound(subjects[0])):
            with pytest.raises(BaseExceptionGroup) as told:
                async with client(server.url, bound(subjects[1])):
                    pytest.fail("the second session was opened")
            assert "1 sessions are open, the most" in str(_leaf(told.value))
        assert await asyncio.to_thread(eventually, lambda: server.sessions.live == 0)
        async with client(server.url, bound(subjects[1])) as session:
            assert not (await session.call_tool("ehr.load_ehr", {})).isError

    with serving(service, most=1) as server:
        asyncio.run(run(server))


def test_an_idle_session_expires_frees_its_case_and_says_so(
    service: EhrService, cases: Path, subjects: list[int]
) -> None:
    async def run(server: Served) -> None:
        async with client(server.url, bound(subjects[0])) as session:
            assert await asyncio.to_thread(eventually, lambda: case_files(cases) == [])
            assert server.sessions.live == 0
            result = await session.call_tool("ehr.load_ehr", {})
            assert result.isError
            assert "was not used for 1 s, so it expired" in text_of(result)
            assert result.meta == {"clinseek/expired": True}
            assert (await session.list_resources()).resources == []
            async with client(server.url, bound(subjects[1])):  # its place is free again
                pass

    with serving(service, most=1, limits=Limits(idle=1)) as server:
        asyncio.run(run(server))


def test_a_slow_call_of_one_session_does_not_hold_up_another(
    service: EhrService, subjects: list[int]
) -> None:
    slow = {
        "sql_query": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "LIMIT 1000000000) SELECT count(*) FROM n"
    }

    async def run(url: str) -> None:
        async with (
            client(url, bound(subjects[0])) as first,
            client(url, bound(subjects[1])) as second,
        ):
            running = [
                asyncio.create_task(first.call_tool("ehr.run_sql_query", slow)) for _ in range(6)
            ]
            await asyncio.sleep(0.2)
            for _ in range(5):
                assert not (await second.call_tool("ehr.get_latest_records", LATEST)).isError
            assert not any(task.done() for task in running)
            for task in running:
                task.cancel()
            await asyncio.wait(running)

    with serving(service) as server:
        asyncio.run(run(server.url))
