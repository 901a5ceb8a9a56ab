"""Two hundred runs at once in `langgraph dev`, as Studio drives it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from drills.apart import ROOT
from drills.cohort import END, Cohort, cohort_in
from drills.drill import Line, Size, by_size
from drills.load.inside import canary_host, heard_by, question
from drills.load.mcp_http import free_port
from drills.load.sessions import cases_line, chosen

JOBS = 200
STARTING_SECONDS = 120.0
WAIT_SECONDS = 1200.0
RUNS_A_CLIENT = 50


def dev(size: Size, place: Path) -> Iterator[Line]:
    """What the runs heard, and what they leave."""
    lacking = [
        each for each in ("langgraph_cli", "langgraph_api", "langgraph_sdk")
        if importlib.util.find_spec(each) is None
    ]  # fmt: skip
    if lacking:
        yield Line("runs in langgraph dev", gap=f"{', '.join(lacking)} not installed (extra dev)")
        return
    runs = by_size(size, quick=6, short=40, full=200)
    cohort = cohort_in(place, patients=runs // 2)
    subjects = chosen(cohort, runs)
    host = canary_host(subjects, cohort)
    try:
        with _server(place, cohort) as url:
            heard = asyncio.run(_runs(url, subjects, host.spec))
            cases = cases_line(runs)
    finally:
        host.close()
    broken = [
        fault
        for subject, said in zip(subjects, heard, strict=True)
        for fault in cohort.faults(subject, said, where="in langgraph dev")
    ]
    yield Line(f"runs at once over {len(set(subjects))} patients", runs, broken)
    yield heard_by(host, subjects, cohort)
    yield cases


async def _runs(url: str, subjects: Sequence[int], model: str) -> list[str]:
    """All at once; a client of the SDK has a hundred connections, so several share the runs."""
    from langgraph_sdk import get_client

    clients = [get_client(url=url, timeout=WAIT_SECONDS) for _ in subjects[::RUNS_A_CLIENT]]

    async def one(number: int, subject: int) -> str:
        client = clients[number // RUNS_A_CLIENT]
        thread = await client.threads.create()
        await client.runs.wait(
            thread["thread_id"],
            "seek",
            input={"subject_id": subject, "cutoff": END, "question": question(number)},
            context={"model": model, "max_revisions": 0},
        )
        return json.dumps(await client.threads.get_state(thread["thread_id"]))

    try:
        return await asyncio.gather(*(one(at, subject) for at, subject in enumerate(subjects)))
    finally:
        for client in clients:
            await client.aclose()


@contextmanager
def _server(place: Path, cohort: Cohort) -> Iterator[str]:
    folder, port = place / "dev", free_port()
    folder.mkdir()
    config = (ROOT / "langgraph.json").read_text()
    (folder / "langgraph.json").write_text(config)
    words = ["-m", "langgraph_cli", "dev", "--no-browser", "--no-reload", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *words, "--n-jobs-per-worker", str(JOBS)],
            cwd=folder,
            env={**os.environ, "CLINSEEK_STORE": str(cohort.store)},
            stdout=log,
            stderr=log,
        )
    try:
        yield _ready(f"http://127.0.0.1:{port}", process, folder / "log")
    finally:
        process.terminate()
        process.wait(60)


def _ready(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/ok", timeout=2):
                return url
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"langgraph dev did not begin: {log.read_text()[-500:]}")
