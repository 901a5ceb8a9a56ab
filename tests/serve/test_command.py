"""`clinseek serve ehr`: what it says when it cannot, and how a process of it behaves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from clinseek.cli import main, serving
from clinseek.serve.ehr import EhrService
from clinseek.serve.http import Door, listen, run_http
from clinseek.serve.session import Limits
from clinseek.serve.sessions import Sessions
from tests.serve.serving import END, bound, case_files, over_http, text_of
from tests.serve.test_many_sessions import INITIALIZE

LAUNCH = (sys.executable, "-m", "clinseek", "serve", "ehr")
INITIALISE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}
INITIALISED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("CLINSEEK_HOME", str(place))
    for name in ("STORE", "SUBJECT", "CUTOFF", "PROFILE", "TOKEN_FILE"):
        monkeypatch.delenv(f"CLINSEEK_{name}", raising=False)
    return place


def _refused(capsys: pytest.CaptureFixture[str], *options: object) -> str:
    code = main.run(["serve", "ehr", *map(str, options)])
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_what_cannot_be_served_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], cohort: Path, tmp_path: Path, subjects: list[int]
) -> None:
    def refused(*options: object) -> str:
        return _refused(capsys, *options)

    http = ("--transport", "http", "-s", cohort)
    assert "over stdio the server is bound when it starts" in refused("-s", cohort)
    assert "--subject is given without --at" in refused("-s", cohort, "-n", subjects[0])
    assert "--at is given without --subject" in refused("-s", cohort, "-t", END)
    assert "no store at" in refused("-s", tmp_path / "no", "-n", 1, "-t", END)
    assert "subject_id 1 is not in" in refused("-s", cohort, "-n", 1, "-t", END)
    assert "cannot be read" in refused("-s", cohort, "-n", subjects[0], "-t", "soon")
    assert "subject_id 1 is not in" in refused(*http, "-n", 1, "-t", END, "--port", 0)
    assert "needs --token-file" in refused(*http, "--host", "0.0.0.0")
    assert "cannot read the file" in refused(*http, "--token-file", tmp_path / "no")
    empty = tmp_path / "empty"
    empty.touch()
    assert "is empty" in refused(*http, "--token-file", empty)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} on 127.0.0.1 is taken" in refused(*http, "--port", port)


def test_without_the_extra_the_command_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "NEEDED", ("no_such_package_at_all",))
    assert "pip install 'clinseek[mcp]'" in _refused(capsys, "-n", 1, "-t", END)


class Process:
    """A server over stdio, spoken to line by line."""

    def __init__(self, *options: object, code: Sequence[str] = LAUNCH) -> None:
        self.process = subprocess.Popen(
            [*code, *map(str, options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def say(self, *messages: dict[str, Any] | str) -> None:
        for message in messages:
            line = message if isinstance(message, str) else json.dumps(message)
            self.stdin.write(f"{line}\n")
        self.stdin.flush()

    def hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self.stdout.readline())
        return heard

    def end(self) -> tuple[str, str]:
        """What it still says after stdin is closed."""
        return self.process.communicate(timeout=60)


def _called(number: int, tool: str, **arguments: object) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


PRINTS = """
import sys
from clinseek.serve import ehr
from clinseek.toolkits.ehr.tools import submission
def think(case, asked):
    print("a stray word"); sys.__stdout__.flush()
    return "noted", submission.Observation()
from clinseek.toolkits.ehr.tools import toolkit, arguments
toolkit._ANSWERS[arguments.Think] = think
from clinseek.cli import main
sys.argv = ["clinseek", *sys.argv[1:]]
main.main()
"""


def test_stdout_carries_the_protocol_and_nothing_else(
    cohort: Path, subjects: list[int], home: Path
) -> None:
    prints = [*LAUNCH[:1], "-c", PRINTS, "serve", "ehr"]
    server = Process("-s", cohort, "-n", subjects[0], "-t", END, code=prints)
    server.say(INITIALISE)
    assert server.hear()["result"]["serverInfo"]["name"] == "clinseek-ehr"
    assert len(case_files(home)) == 1
    server.say(INITIALISED, _called(2, "ehr.think", response="x"))
    assert server.hear()["result"]["structuredContent"]["text"] == "noted"
    server.say("this is no message")
    assert "error" in server.stdout.readline().lower()
    server.say(_called(3, "ehr.load_ehr", subject_id=subjects[1]))
    assert server.hear()["result"]["isError"]
    out, err = server.end()
    assert out == ""
    assert "a stray word" in err
    assert server.process.returncode == 0
    assert case_files(home) == []


NAME = "Wilhelmina Zylbersztejn 10185054"
ASKED = {"name": "ehr.run_sql_query", "arguments": {"sql_query": f"SELECT '{NAME}'"}}
UNREADABLE: list[dict[str, Any]] = [
    {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {**ASKED, "arguments": NAME}},
    {"jsonrpc": "2.0", "id": 8, "method": "tools/cal", "params": {"q": NAME}},
    {"jsonrpc": "2.0", "method": "notifications/none", "params": {"q": NAME}},
    {"jsonrpc": "2.0", "id": None, "method": "tools/call", "params": ASKED},
    {"jsonrpc": "2.0", "id": NAME, "result": {"q": NAME}},
    {"jsonrpc": "2.0", "id": NAME, "error": {"code": 1, "message": NAME}},
    {"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": NAME, "arguments": {}}},
    {"jsonrpc": "2.0", "id": 10, "method": "resources/read", "params": {"uri": NAME}},
    {"jsonrpc": "2.0", "q": NAME},
]
"""Messages that are none, that name nothing there is, or that answer what nobody asked."""


def _without_words(said: str) -> None:
    """A log that tells of messages, and nothing of what stood in them."""
    for word in (*NAME.split(), "SELECT", "input_value"):
        assert word not in said
    lines = [line for line in said.splitlines() if "could not be read" in line]
    assert len(lines) >= 4
    assert all(line.endswith("; its words are not logged") for line in lines)


def test_over_stdio_the_log_tells_no_word_of_a_message(cohort: Path, subjects: list[int]) -> None:
    server = Process("-s", cohort, "-n", subjects[0], "-t", END)
    server.say(INITIALISE, INITIALISED, *UNREADABLE, NAME, _called(11, "ehr.think", response="x"))
    while server.hear().get("id") != 11:
        continue
    _, err = server.end()
    assert server.process.returncode == 0
    _without_words(err)


def test_over_http_the_log_tells_no_word_of_a_message(cohort: Path, subjects: list[int]) -> None:
    process = subprocess.Popen(
        [*LAUNCH, "-s", str(cohort), "--transport", "http", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert process.stderr is not None
    url = process.stderr.readline().split(" at ")[1].split()[0]
    takes = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    with httpx.Client(headers=takes, timeout=60) as web:
        opened = web.post(url, json=INITIALISE, headers=bound(subjects[0]))
        web.headers["mcp-session-id"] = opened.headers["mcp-session-id"]
        for message in (INITIALISED, *UNREADABLE, NAME):
            web.post(url, json=message)
        web.post(url, json=INITIALISED, headers={"Host": "Wilhelmina.example"})
        web.post(url, json=INITIALISED, headers={"Content-Type": NAME})
        answered = web.post(url, json=_called(11, "ehr.think", response="x"))
        assert '"id":11' in answered.text
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    _without_words(err)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_leaves_no_case_behind(
    cohort: Path, subjects: list[int], home: Path, how: signal.Signals
) -> None:
    server = Process("-s", cohort, "-n", subjects[0], "-t", END)
    server.say(INITIALISE)
    server.hear()
    server.process.send_signal(how)
    server.process.wait(30)
    assert case_files(home) == []
    server.end()


def test_what_a_killed_server_left_is_removed_by_the_next(
    cohort: Path, subjects: list[int], home: Path
) -> None:
    options = ("-s", cohort, "-n", subjects[0], "-t", END)
    killed = Process(*options)
    killed.say(INITIALISE)
    killed.hear()
    killed.process.kill()
    killed.end()
    (left,) = case_files(home)
    server = Process(*options)
    server.say(INITIALISE)
    server.hear()
    assert not left.exists()
    assert len(case_files(home)) == 1
    server.end()


def test_a_server_over_http_says_where_it_is_and_ends_on_sigterm(
    cohort: Path, subjects: list[int], home: Path
) -> None:
    process = subprocess.Popen(
        [*LAUNCH, "-s", str(cohort), "--transport", "http", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert process.stderr is not None
    url = process.stderr.readline().split(" at ")[1].split()[0]

    async def use(session: Any) -> None:
        said = text_of(await session.call_tool("ehr.load_ehr", {}))
        assert f"subject_id {subjects[0]} " in said
        process.terminate()

    over_http(url, bound(subjects[0]), use)
    assert process.wait(30) == 0
    process.stderr.close()
    assert list((home / "cases").glob("serve-*")) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_when_asked_before_it_serves(
    service: EhrService, how: signal.Signals
) -> None:
    """Between its word that it is there and its first loop, a signal was lost now and then."""
    before = signal.getsignal(how)
    sessions = Sessions(service, binding=None, most=2, limits=Limits(idle=None))
    listening = listen(Door(port=0))
    interrupted = pytest.raises(KeyboardInterrupt) if how is signal.SIGINT else nullcontext()
    with listening, interrupted:
        run_http(
            sessions, Door(port=0), listening,
            most=2, idle=None, ready=lambda: signal.raise_signal(how),
        )  # fmt: skip
    assert signal.getsignal(how) is before
