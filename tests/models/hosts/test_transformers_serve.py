"""A run with a real model: served by `transformers serve` on loopback, and in this process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clinseek import api
from clinseek.records import Record
from tests.graphs.doubles import CUTOFF, SUBJECT, Ward
from tests.models.tiny_model import CONTEXT

_READY_SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `transformers serve`; it loads whatever local folder a request names."""
    pytest.importorskip("torch", reason="the extra `local` is not installed")
    pytest.importorskip("uvicorn", reason="transformers[serving] is not installed")
    command = Path(sys.executable).with_name("transformers")
    if not command.exists():
        pytest.skip("the command transformers is not installed")
    folder = tmp_path_factory.mktemp("serve")
    (folder / "hub").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(folder / "hub"), "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [command, "serve", "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, **offline},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def served(server: str, tiny_model: Path) -> str:
    """The spec of the tiny model behind the server, which came up while the model was made."""
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up:
        try:
            if httpx.get(f"{server}/health", timeout=5).status_code == httpx.codes.OK:
                return f"openai:{tiny_model}@{server}/v1"
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"transformers serve was not ready within {_READY_SECONDS} s")


def asked(model: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Record:
    monkeypatch.setenv("CLINSEEK_HOME", str(folder / "home"))
    return api.ask(
        "Is potassium low?",
        subject_id=SUBJECT,
        cutoff=CUTOFF,
        store=folder,
        candidates=["yes", "no"],
        model=model,
        tools="ehr.get_latest_records",
        means=Ward(folder).means(),
        **options,
    )


def answered_yes(record: Record) -> bool:
    return (record.status, record.answer, record.stop_reason) == ("answered", ["yes"], "finish")


def test_a_served_model_answers_by_a_call_of_its_own(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = asked(f"{served}?temperature=0&max_tokens=64", tmp_path, monkeypatch, max_revisions=0)
    assert answered_yes(record)
    [call] = record.messages[2]["tool_calls"]
    assert call["function"]["name"] == "ehr.finish"
    assert record.usage["input_tokens"] > 100
    assert record.usage["estimated"] is False


def test_a_model_in_process_answers_by_a_call_in_its_text(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = asked(
        f"hf:{tiny_model}?temperature=0&max_tokens=64", tmp_path, monkeypatch, max_revisions=0
    )
    assert answered_yes(record)
    assert record.messages[2]["tool_calls"][0]["function"]["name"] == "ehr.finish"
    assert record.usage["estimated"] is False
    assert record.model["context_length"] == CONTEXT


def test_served_and_in_process_the_model_is_told_the_same(
    served: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = "?temperature=0&max_tokens=64"
    over_http = asked(f"{served}{settings}", tmp_path / "a", monkeypatch, max_revisions=0)
    inside = asked(f"hf:{tiny_model}{settings}", tmp_path / "b", monkeypatch, max_revisions=0)
    assert over_http.usage["input_tokens"] == inside.usage["input_tokens"]
    assert over_http.usage["output_tokens"] == inside.usage["output_tokens"]
