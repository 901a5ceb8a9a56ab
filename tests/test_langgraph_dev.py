"""The graph under `langgraph dev`, a real server without a network, driven as Studio does."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import httpx
import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.schema import Command

from clinseek.settings import stay_home
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from tests.models.server import ChatServer, answer

ROOT = Path(__file__).parents[1]
STARTING_SECONDS = 60


class Asked(NamedTuple):
    """A patient of the store and two moments of the record, hours or days apart."""

    subject_id: int
    early: str
    late: str


class Server(NamedTuple):
    """A running server, what it may be asked, and the requests that reached the outside."""

    client: SyncLangGraphClient
    url: str
    asked: Asked
    outside: list[str]

    def input(self, **others: Any) -> dict[str, Any]:
        return {
            "subject_id": self.asked.subject_id,
            "cutoff": self.asked.late,
            "question": "What was the latest potassium?",
            **others,
        }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    synthesise(folder / "raw", patients=3, seed=5)
    ingest([folder / "raw"], folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def asked(store: Path) -> Asked:
    """A patient with potassium drawn at more than one time."""
    opened = Store.open(store)
    for subject_id in opened.subjects():
        rows = opened.read_subject(subject_id)["labevents"].to_pylist()
        times = sorted({str(row["storetime"]) for row in rows if row["itemid"] == 50971})
        if len(times) > 1:
            return Asked(subject_id, times[0], times[-1])
    raise AssertionError("no patient of the cohort has potassium twice")


@pytest.fixture(scope="module")
def outside() -> Iterator[tuple[str, list[str]]]:
    """An endpoint in the place of the tracing service: its address, and what was sent to it."""
    sent: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def _note(self) -> None:
            sent.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_GET = do_POST = do_PATCH = _note  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", sent
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server(
    store: Path,
    asked: Asked,
    outside: tuple[str, list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """`langgraph dev` on our langgraph.json, in a shell that has tracing switched on.

    Only the address of the tracing service is the listener's instead of the dead one of
    langgraph.json: were anything sent, it would be seen.
    """
    folder = tmp_path_factory.mktemp("dev")
    address, sent = outside
    config = json.loads((ROOT / "langgraph.json").read_text())
    config["env"]["LANGSMITH_ENDPOINT"] = address
    (folder / "langgraph.json").write_text(json.dumps(config))
    port = _free_port()
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--config", "langgraph.json"],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "CLINSEEK_HOME": str(folder / "home"),
                "CLINSEEK_STORE": str(store),
                "LANGGRAPH_CLI_NO_ANALYTICS": "1",
                "LANGCHAIN_TRACING_V2": "true",
                "LANGSMITH_TRACING": "true",
                "LANGSMITH_API_KEY": "lsv2_pt_not_a_key",
            },
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process, folder / "log")
        with get_sync_client(url=url) as client:
            yield Server(client, url, asked, sent)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder / ".langgraph_api", ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"{url}/ok", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])


def _thread(server: Server) -> str:
    thread: str = server.client.threads.create()["thread_id"]
    return thread


def _values(server: Server, thread: str) -> dict[str, Any]:
    values = server.client.threads.get_state(thread)["values"]
    assert isinstance(values, dict)
    return values


def test_the_form_asks_for_subject_cutoff_question_and_candidates(server: Server) -> None:
    assistant = server.client.assistants.search(graph_id="seek")[0]
    schemas = server.client.assistants.get_schemas(assistant["assistant_id"])

    form = schemas["input_schema"]
    assert form is not None
    assert [*form["properties"]][:4] == ["subject_id", "cutoff", "question", "candidates"]
    assert form["required"] == ["question"]
    settings = schemas["context_schema"]
    assert settings is not None
    assert {"store", "model", "max_rounds", "max_revisions"} <= settings["properties"].keys()


def test_a_question_runs_and_its_steps_stream_as_custom_events(server: Server) -> None:
    parts = list(
        server.client.runs.stream(
            _thread(server), "seek", input=server.input(), stream_mode=["custom", "values"]
        )
    )

    steps = [part.data for part in parts if part.event == "custom"]
    assert steps[0]["kind"] == "case"
    assert [step["evidence"] for step in steps if step["kind"] == "call"][:2] == ["E1", "E2"]
    assert steps[-1] == {**steps[-1], "kind": "finish", "status": "answered"}
    last = [part.data for part in parts if part.event == "values"][-1]
    assert last["status"] == "answered"
    assert last["citations"][0]


def test_an_interrupted_run_can_be_edited_and_goes_on(server: Server) -> None:
    thread = _thread(server)
    server.client.runs.wait(thread, "seek", input=server.input(), interrupt_before=["reason"])
    state = server.client.threads.get_state(thread)
    assert state["next"] == ["reason"]

    held = _values(server, thread)["submission"]
    edited = {**held, "answer": [f"{held['answer'][0]} (checked)"]}
    server.client.threads.update_state(thread, {"submission": edited}, as_node="seek")
    server.client.runs.wait(thread, "seek", input=None)

    ended = _values(server, thread)
    assert (ended["status"], ended["answer"]) == ("answered", edited["answer"])


def test_a_call_that_a_person_rewrote_is_the_call_that_runs(server: Server) -> None:
    thread = _thread(server)
    server.client.runs.wait(thread, "seek", input=server.input(), interrupt_before=["act"])
    turn = _values(server, thread)["messages"][-1]

    call = {"name": "ehr.get_table_names", "args": {}, "id": turn["tool_calls"][0]["id"]}
    rewritten = {**turn, "tool_calls": [call]}
    server.client.threads.update_state(thread, {"messages": [rewritten]}, as_node="seek")
    server.client.runs.wait(thread, "seek", input=None, interrupt_before=["seek"])

    values = _values(server, thread)
    assert values["evidence"][0]["tool"] == "ehr.get_table_names"
    assert values["messages"][-1]["content"].startswith("[E1] ")


def test_a_query_waits_for_a_person_who_may_change_it(server: Server) -> None:
    search = ("browser_search", json.dumps({"query": "potassium of this patient"}))
    finish = ("ehr_finish", json.dumps({"response": ["high"]}))
    thread = _thread(server)
    with ChatServer(answer("", [search]), answer("", [finish])) as chat:
        context: dict[str, Any] = {"model": chat.spec, "approve": "web", "max_revisions": 0}
        server.client.runs.wait(thread, "seek", input=server.input(), context=context)
        (asked,) = server.client.threads.get_state(thread)["interrupts"]
        assert asked["value"]["arguments"] == {"query": "potassium of this patient"}

        resumed = Command(resume={"arguments": {"query": "high potassium"}})
        server.client.runs.wait(thread, "seek", command=resumed, context=context)

    ended = _values(server, thread)
    assert (ended["status"], ended["answer"]) == ("answered", ["high"])
    assert ended["evidence"][0]["arguments"] == {"query": "high potassium"}


def test_a_fork_with_an_earlier_cutoff_answers_from_the_earlier_record(server: Server) -> None:
    thread = _thread(server)
    server.client.runs.wait(thread, "seek", input=server.input())
    late = _values(server, thread)
    history = server.client.threads.get_history(thread, limit=50)
    place = next(state for state in reversed(history) if state["next"] == ["seek"])

    fork = server.client.threads.update_state(
        thread,
        {"cutoff": server.asked.early},
        as_node="load",
        checkpoint_id=place["checkpoint"]["checkpoint_id"],
    )
    server.client.runs.wait(thread, "seek", input=None, checkpoint=fork["checkpoint"])

    early = _values(server, thread)
    assert early["case"]["cutoff"] == server.asked.early
    assert f"record as of: {server.asked.early}" in early["messages"][1]["content"]
    assert early["evidence"][0]["id"] == "E1"
    assert early["evidence"] != late["evidence"]


def test_an_unknown_input_key_is_an_error_that_names_it(server: Server) -> None:
    thread = _thread(server)
    with pytest.raises(Exception, match="unknown input key 'cutof'"):
        server.client.runs.wait(thread, "seek", input=server.input(cutof="2150-01-01"))


def test_an_unknown_context_key_is_refused_with_the_known_ones(server: Server) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        server.client.runs.wait(
            _thread(server), "seek", input=server.input(), context={"max_round": 3}
        )

    assert refused.value.response.status_code == 422
    told = refused.value.response.json()["detail"]
    assert told.startswith("unknown context key 'max_round'; did you mean 'max_rounds'?")


def test_a_known_context_key_is_heeded(server: Server) -> None:
    thread = _thread(server)
    server.client.runs.wait(
        thread, "seek", input=server.input(), context={"max_rounds": 1, "max_revisions": 0}
    )

    assert _values(server, thread)["rounds"] == 1


def test_nothing_was_sent_to_the_tracing_service(server: Server) -> None:
    server.client.runs.wait(_thread(server), "seek", input=server.input())

    assert server.outside == []


def test_another_web_page_may_not_read_the_threads(server: Server) -> None:
    request = urllib.request.Request(f"{server.url}/ok", headers={"Origin": "https://evil.example"})
    with urllib.request.urlopen(request, timeout=5) as answered:
        assert answered.headers.get("access-control-allow-origin") is None


def test_studio_may_read_the_threads_and_is_told_why_a_context_was_refused(server: Server) -> None:
    studio = {"Origin": "https://smith.langchain.com"}
    asked = {"assistant_id": "seek", "input": server.input(), "context": {"max_round": 3}}

    fine = httpx.get(f"{server.url}/ok", headers=studio)
    refused = httpx.post(f"{server.url}/runs/wait", headers=studio, json=asked)

    assert fine.headers["access-control-allow-origin"] == studio["Origin"]
    assert refused.status_code == 422
    assert refused.headers["access-control-allow-origin"] == studio["Origin"]


def test_the_configuration_sets_what_keeps_data_at_home() -> None:
    environment = {"LANGSMITH_API_KEY": "key", "LANGCHAIN_API_KEY": "key"}
    stay_home(environment)

    configured = json.loads((ROOT / "langgraph.json").read_text())["env"]
    assert {name: configured[name] for name in environment} == environment
    assert configured["LANGSMITH_API_KEY"] == configured["LANGCHAIN_API_KEY"] == ""
