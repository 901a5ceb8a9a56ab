"""Runs to look into, and a browser to look with."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.runner import open_run
from clinseek.evals.viewer.index import RunIndex, index_of
from clinseek.evals.viewer.server import ViewerServer, serving
from tests.evals.scorers.made import a_record, a_row, a_run_folder, an_entry

PIXEL = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x64\0\0\0\x50 not much of a picture"
).decode()
LABS = """\
labs

row  label      valuenum
---  ---------  --------
7    Potassium  5.9
8    <b>Na</b>  140"""
PAGE = "A page\n\nL3: Potassium above 5.5 is high\nL4: <i>and</i> more"
GROUNDED = json.dumps({"output": {"predictions": []}, "metadata": {"size": [1000, 800]}})
FOUND = {"label": "nodule", "left": 100.0, "top": 160.0, "right": 300.0, "bottom": 320.0}
WEB = {
    "cursor": 1, "kind": "page", "url": "https://example.org/k", "title": "Potassium",
    "first": 3, "last": 4, "retrieved": "2026-01-01", "sha256": "0" * 64, "pattern": "",
    "mime": "text/html",
}  # fmt: skip
ROWS = [
    a_row("yes", qid=f"q{n}", subject_id=10 + n, task=f"t{n % 2}", answer_form="yes_no",
          question=f"Is potassium high in case {n}?", images=["a/x.jpg"] if n == 1 else [])
    for n in range(4)
]  # fmt: skip


def called(number: int, tool: str = "ehr.get_latest_records") -> dict[str, Any]:
    function = {"name": tool, "arguments": json.dumps({"table_name": "labevents"})}
    call = {"id": f"c{number}", "type": "function", "function": function}
    return {"role": "assistant", "content": f"Looking, {number}", "tool_calls": [call]}


def long_record(qid: str, calls: int, answer: str = "yes") -> Any:
    """A run of many turns that cites a row of its last observation and one of its first."""
    observed = [an_entry(n, f"turn {n} {LABS}", row_ids=[7, 8]) for n in range(1, calls + 1)]
    made = a_record([answer], qid=qid, citations=[[f"E{calls}#7", "E1#8"]], evidence=observed)
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Told <b>first</b>"}]
    for entry, message in observed:
        messages += [called(entry["number"]), message]
    turns = [
        {"round": n, "input_tokens": 1, "cached_tokens": 0, "output_tokens": 1,
         "reasoning_tokens": 0, "estimated": False, "characters": 1, "seconds": 0.5, "waited": 0.0,
         "attempts": 1, "ended": "tool_calls"}
        for n in range(1, calls + 1)
    ]  # fmt: skip
    return made.model_copy(update={"messages": [*messages, made.messages[-1]], "turns": turns})


def seen_record() -> Any:
    """A run with an image, a box on it, and a web page that is cited."""
    image = {"path": "a/x.jpg", "sha256": "f" * 64, "boxes": [FOUND]}
    boxed = an_entry(1, GROUNDED, tool="image.xray_phrase_grounding", table=None, tables=[],
                     arguments={"image_path": "/bench/a/x.jpg"}, image=image)  # fmt: skip
    page = an_entry(2, PAGE, tool="browser.open", table=None, tables=[], web=WEB)
    made = a_record(["no"], qid="q1", citations=[["E2#L3", "E1#1"]], evidence=[boxed, page])
    told = {"role": "user", "content": [
        {"type": "text", "text": "Look"},
        {"type": "image", "sha256": "ab", "mime_type": "image/png"},
    ]}  # fmt: skip
    messages = [told, called(1), boxed[1], called(2), page[1], *made.messages[-1:]]
    attached = [{"path": "a/x.jpg", "sha256": "f" * 64, "shown": "ab"}]
    changed = {"messages": messages, "images": {"ab": PIXEL}, "attached": attached}
    return made.model_copy(update=changed)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    from clinseek.cli.main import run

    place = tmp_path_factory.mktemp("runs")
    failed = a_record([], qid="q2", status="failed", stop_reason="run_error")
    first = a_run_folder(
        place / "one",
        ROWS,
        [failed, long_record("q0", 150), seen_record(), a_record(["yes"], qid="q2")],
    )
    second = a_run_folder(place / "two", ROWS, [long_record("q0", 3, "no")], model="other")
    assert run(["score", str(first)]) == 0
    return first, second


@pytest.fixture(scope="module")
def index(folders: tuple[Path, Path]) -> RunIndex:
    return index_of([open_run(folder) for folder in folders], ["one", "two"])


@pytest.fixture(scope="module")
def server(index: RunIndex) -> Iterator[ViewerServer]:
    with serving(index) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; skipped where either is not there."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as playing:
        running = playing.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()
