"""Asking from Python."""

import asyncio
import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from clinseek import api
from clinseek.errors import SubjectError, UserError
from clinseek.records import Record
from tests.graphs.doubles import (
    CUTOFF,
    LATEST_LABS,
    SUBJECT,
    ScriptedModel,
    Ward,
    calling,
    finishing,
    scripted,
)

ROOT = Path(__file__).parents[1]


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ward:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    return Ward(tmp_path)


def _model() -> ScriptedModel:
    return scripted(calling(LATEST_LABS, tag="look"), finishing("3.2", citations=["E1#3"]))


def _options(ward: Ward) -> dict[str, Any]:
    return {
        "subject_id": SUBJECT,
        "cutoff": CUTOFF,
        "store": ward.folder,
        "means": ward.means(_model()),
    }


def test_many_questions_are_asked_side_by_side(ward: Ward) -> None:
    async def many() -> list[Record]:
        return await asyncio.gather(*(api.aask(f"? {at}", **_options(ward)) for at in range(12)))

    records = asyncio.run(many())

    assert [record.row["question"] for record in records] == [f"? {at}" for at in range(12)]
    assert {tuple(record.answer) for record in records} == {("3.2",)}
    assert len(api.threads()) == 12


def test_ask_works_inside_a_running_loop_too(ward: Ward) -> None:
    async def in_a_notebook() -> Record:
        return api.ask("?", **_options(ward))

    assert asyncio.run(in_a_notebook()).answer == ["3.2"]


def test_any_chat_model_can_be_asked(ward: Ward) -> None:
    options = {**_options(ward), "means": ward.means()}

    record = api.ask("?", model=_model(), **options)

    assert record.answer == ["3.2"]
    assert record.model == {
        "spec": "ScriptedModel",
        "parameters": {"class": "ScriptedModel"},
        "address": None,
        "context_length": None,
    }


def test_a_record_holds_what_the_run_was_made_with(ward: Ward) -> None:
    record = api.ask("?", candidates=["3.2", "4.1"], thread="mine", **_options(ward))

    assert record.row == {
        "subject_id": SUBJECT,
        "cutoff": CUTOFF,
        "question": "?",
        "candidates": ["3.2", "4.1"],
        "answer_form": None,
    }
    assert (record.thread, record.setting, record.epoch) == ("mine", "automated", 1)
    assert record.versions["store"] == "ward-1"
    assert record.versions["profile"] == "available"
    names = [tool["function"]["name"] for tool in record.tools]
    assert "ehr.get_latest_records" in names
    timings = record.timings
    assert timings["elapsed"] <= timings["model"] + timings["tools"] + timings["waiting"] + 0.001


def test_asking_leaves_the_environment_as_it_was(ward: Ward) -> None:
    before = dict(os.environ)

    api.ask("?", **_options(ward))

    assert dict(os.environ) == before


def test_a_patient_that_is_not_there_is_told_as_what_it_is(ward: Ward) -> None:
    with pytest.raises(SubjectError, match="subject_id 8 is not in"):
        api.ask("?", **{**_options(ward), "subject_id": 8})


def test_nothing_is_traced_though_the_environment_asks_for_it(tmp_path: Path) -> None:
    sent: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def _note(self) -> None:
            sent.append(self.path)
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(202)
            self.end_headers()

        do_GET = do_POST = do_PATCH = _note  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    script = f"""
import pathlib, langsmith
from clinseek import api
from tests.graphs.doubles import *
ward = Ward(pathlib.Path({str(tmp_path)!r}))
model = scripted(calling(LATEST_LABS), finishing("3.2", citations=["E1#3"]))
record = api.ask("?", subject_id=SUBJECT, cutoff=CUTOFF, store=ward.folder, means=ward.means(model))
assert record.answer == ["3.2"]
if __import__("os").environ.get("PROVE") == "1":
    model.invoke("hello")
    langsmith.Client().flush()
"""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CLINSEEK_HOME": str(tmp_path / "home"),
        "LANGSMITH_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "LANGSMITH_API_KEY": "lsv2_pt_not_a_key",
    }
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2"):
        environment[name] = "true"
    environment.pop("LANGSMITH_TRACING_SAMPLING_RATE", None)
    try:
        subprocess.run([sys.executable, "-c", script], env=environment, check=True, cwd=ROOT)
        assert sent == []
        proving = {**environment, "PROVE": "1"}
        subprocess.run([sys.executable, "-c", script], env=proving, check=True, cwd=ROOT)
        assert sent != []  # the listener does hear a run that is traced
    finally:
        server.shutdown()
        server.server_close()


def test_the_record_of_a_run_survives_json(ward: Ward) -> None:
    record = api.ask("?", **_options(ward))

    assert Record.model_validate(json.loads(json.dumps(record.as_json()))) == record


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"question": "\ud800?"}, "question"),
        ({"subject_id": 10**20}, "subject_id"),
        ({"max_seconds": -1.0}, "max_seconds"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"model": 3}, "neither a spec nor"),
    ],
)
def test_what_cannot_be_asked_is_told_before_a_thread_is_begun(
    ward: Ward, wrong: dict[str, Any], said: str
) -> None:
    asked: dict[str, Any] = {
        "question": "How much?", "subject_id": SUBJECT, "cutoff": CUTOFF, "store": ward.folder,
        "means": ward.means(scripted(finishing("3.2"))),
    } | wrong  # fmt: skip
    with pytest.raises(UserError, match=said):
        api.ask(**asked)
    assert api.threads() == []
