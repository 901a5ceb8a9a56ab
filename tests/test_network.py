"""Where a run's requests go: to the host that the user named, and nowhere else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import CUTOFF, SUBJECT, write_raw
from tests.models.server import ChatServer, answer

SPY = """
import json, sys

reached = set()

def hook(event, arguments):
    if event == "socket.getaddrinfo":
        reached.add(f"{arguments[0]}:{arguments[1]}")
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        reached.add(f"{arguments[1][0]}:{arguments[1][1]}")

sys.addaudithook(hook)
from clinseek.cli.main import main
try:
    main()
except SystemExit as ended:
    code = ended.code
print(json.dumps({"code": code, "reached": sorted(reached)}), file=sys.stderr)
"""
LOOK = answer(calls=[("ehr_get_table_names", f'{{"subject_id": "{SUBJECT}"}}')])
FINISH = answer(calls=[("ehr_finish", '{"response": ["yes"], "citations": [["E1"]]}')])


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer(LOOK, FINISH) as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[ChatServer]:
    """Where tracing would go."""
    with ChatServer() as server:
        yield server


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from clinseek.toolkits.ehr.store import ingest

    place = tmp_path_factory.mktemp("network")
    ingest([write_raw(place / "raw")], place / "store")
    return place / "store"


def _run(
    arguments: list[str], home: Path, **environment: str
) -> tuple[int, set[str], subprocess.CompletedProcess[str]]:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SPY, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "CLINSEEK_HOME": str(home), **environment},
    )
    (last,) = [line for line in ran.stderr.splitlines() if line.startswith('{"code"')]
    told = json.loads(last)
    return told["code"], set(told["reached"]), ran


def _ask(store: Path, spec: str, *options: str) -> list[str]:
    return [
        *("ask", "--store", str(store), "--subject", str(SUBJECT), "--at", CUTOFF),
        *("--model", spec, *options, "Is there a record?"),
    ]


def _of_tracing(elsewhere: ChatServer) -> dict[str, str]:
    return {
        "LANGSMITH_API_KEY": "lsv2_secret",
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_ENDPOINT": f"http://127.0.0.1:{elsewhere.port}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{elsewhere.port}",
    }


def test_a_run_reaches_its_host_and_nothing_else_whatever_the_environment_says(
    store: Path, chat: ChatServer, elsewhere: ChatServer, tmp_path: Path
) -> None:
    code, reached, ran = _run(_ask(store, chat.spec), tmp_path, **_of_tracing(elsewhere))

    assert code == 0, ran.stderr
    assert reached == {f"127.0.0.1:{chat.port}"}
    assert elsewhere.connections == 0
    assert "lsv2_secret" not in ran.stdout + ran.stderr


def test_the_offline_policy_reaches_nothing(store: Path, tmp_path: Path) -> None:
    _, reached, _ = _run(_ask(store, "offline"), tmp_path)

    assert reached == set()


def test_a_run_that_is_traced_says_what_is_sent_and_the_spy_sees_it(
    store: Path, chat: ChatServer, elsewhere: ChatServer, tmp_path: Path
) -> None:
    options = _ask(store, chat.spec, "--trace", "langsmith")

    code, reached, ran = _run(options, tmp_path, **_of_tracing(elsewhere))

    assert code == 0, ran.stderr
    assert "the patient's rows and notes included, is sent to" in ran.stderr
    assert f"127.0.0.1:{chat.port}" in reached
    assert elsewhere.connections > 0
    assert "lsv2_secret" not in ran.stdout + ran.stderr


def test_tracing_without_a_key_is_refused(store: Path, chat: ChatServer, tmp_path: Path) -> None:
    options = _ask(store, chat.spec, "--trace", "langsmith")

    code, reached, ran = _run(options, tmp_path, LANGSMITH_API_KEY="", LANGCHAIN_API_KEY="")

    assert (code, reached) == (2, set())
    assert "--trace langsmith needs LANGSMITH_API_KEY" in ran.stderr


@pytest.mark.parametrize("allowed", [False, True])
def test_a_host_elsewhere_is_named_before_the_record_is_opened_unless_it_is_allowed(
    store: Path, tmp_path: Path, *, allowed: bool
) -> None:
    options = ["--allow-host", "models.invalid"] if allowed else []

    code, reached, ran = _run(_ask(store, "openai:m@http://models.invalid/v1", *options), tmp_path)

    assert code == 2
    assert reached == {"models.invalid:80"}
    warned = "rows of the patient will be sent to models.invalid" in ran.stderr
    assert warned is not allowed
    assert "rows in" not in ran.stderr
