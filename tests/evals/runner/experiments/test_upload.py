"""Uploading: only when asked to, said before, and never anything else."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.evals.runner.experiments import evaluate
from tests.evals.runner.experiments.test_evaluate import SUMS, add, by_names


class Smith(ThreadingHTTPServer):
    """What stands for LangSmith: it keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, str, Any]] = []
        self.refuses = False


class Handler(BaseHTTPRequestHandler):
    server: Smith

    def log_message(self, *_: Any) -> None:
        return

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        try:
            told = json.loads(body) if body else None
        except ValueError:
            told = body
        self.server.got.append((self.command, self.path, told))
        one = {
            "id": "11111111-1111-1111-1111-111111111111", "name": "n", "tenant_id": "1" * 32,
            "created_at": "2150-01-01T00:00:00", "start_time": "2150-01-01T00:00:00",
            "dataset_id": "11111111-1111-1111-1111-111111111111", "inputs": {}, "count": 2,
            "example_ids": [], "version": "x", "key": "k", "reference_dataset_id": None,
        }  # fmt: skip
        listed = "bulk" in self.path or "?" in self.path
        text = json.dumps([one] if listed else one).encode()
        self.send_response(403 if self.server.refuses else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815


@pytest.fixture
def smith(monkeypatch: pytest.MonkeyPatch) -> Iterator[Smith]:
    with Smith() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("LANGSMITH_API_KEY", "key")
        yield server
        server.shutdown()
        thread.join()


def many(runs: list[Any]) -> int:
    return len(runs)


def test_without_upload_nothing_goes_out(smith: Smith, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    evaluate(add, SUMS, evaluators=[by_names], summary_evaluators=[many])
    assert smith.got == []


def test_an_upload_says_what_goes_out_and_sends_it(
    smith: Smith, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="clinseek"):
        evaluate(add, SUMS, evaluators=[by_names], experiment="sums", upload="langsmith")
    (said,) = [record.message for record in caplog.records if record.name == "clinseek"]
    assert "2 runs go to http://127.0.0.1" in said
    assert "the patient's rows and notes included" in said
    paths = [path for method, path, _ in smith.got if method == "POST"]
    assert any("datasets" in path for path in paths)
    assert any("sessions" in path for path in paths)
    assert sum("feedback" in path for path in paths) == 2
    sent = json.dumps([body for _, path, body in smith.got if "runs" in path], default=str)
    assert "sum" in sent


def test_a_refusal_is_one_sentence(smith: Smith) -> None:
    smith.refuses = True
    with pytest.raises(SettingError, match="LangSmith refused the experiment"):
        evaluate(add, SUMS, experiment="sums", upload="langsmith")


@pytest.mark.parametrize(
    ("upload", "key", "told"),
    [("langsmith", "", "needs LANGSMITH_API_KEY"), ("elsewhere", "key", 'there is "langsmith"')],
)
def test_an_upload_that_cannot_be_is_told_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, upload: Any, key: str, told: str
) -> None:
    monkeypatch.setenv("LANGSMITH_API_KEY", key)
    asked: list[Any] = []
    with pytest.raises(SettingError, match=told):
        evaluate(asked.append, SUMS, upload=upload)
    assert asked == []
