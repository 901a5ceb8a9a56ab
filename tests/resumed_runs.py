"""A server that runs each thread it is told in a process of its own, to be killed at any moment.

    python -m tests.resumed_runs FOLDER      reads `go THREAD` lines; says `started PID`, `ended N`

It imports everything once and forks, so that thirty killed processes cost seconds, not minutes.
Every call of a tool leaves a line in FOLDER/calls; a run that ends leaves FOLDER/THREAD.json.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool, StructuredTool

from clinseek import api
from clinseek.errors import ThreadError
from clinseek.toolkits.observation import Observation
from tests.graphs.doubles import (
    CUTOFF,
    SUBJECT,
    ScriptedModel,
    Ward,
    calling,
    finishing,
    scripted,
)

ROUNDS = 4
SLEEPS = (0.005, 0.03, 0.06)
"""How long the three calls of each turn take: most kills fall between their ends."""


def model() -> ScriptedModel:
    """Three calls side by side a turn, then an answer that is sent back once, then the answer."""
    turns = [
        calling(
            *[("ehr.wait", {"seconds": pause, "turn": at}) for pause in SLEEPS], tag=f"turn{at}"
        )
        for at in range(ROUNDS)
    ]
    return scripted(
        *turns,
        finishing("waited", citations=["E99"], tag="first"),
        _slow_answer,
    )


def _slow_answer(_: Any) -> AIMessage:
    time.sleep(0.02)
    return finishing("waited", citations=["E2"], tag="second")


def tools(folder: Path) -> list[BaseTool]:
    """`ehr.wait`, which writes down that it was called, and `ehr.finish`."""

    def wait(seconds: float, turn: int) -> tuple[str, Observation]:
        """Wait."""
        time.sleep(seconds)
        line = f"{os.environ['THREAD']} {turn} {seconds}\n"
        with (folder / "calls").open("ab", buffering=0) as calls:
            calls.write(line.encode())
        return f"waited {seconds} in turn {turn}", Observation(tables=("labevents",))

    return [
        StructuredTool.from_function(wait, name="ehr.wait", response_format="content_and_artifact"),
        StructuredTool.from_function(lambda: "", name="ehr.finish", description="Submit."),
    ]


def go(folder: Path, thread: str) -> None:
    """Run a thread from wherever it stands to its end, and leave its record."""
    os.environ["THREAD"] = thread
    ward = Ward(folder)
    means = ward.means(model(), tools_of=lambda _: tools(folder))
    try:
        record = api.resume(thread, means=means)
    except ThreadError:
        record = api.ask(
            "How long?",
            subject_id=SUBJECT,
            cutoff=CUTOFF,
            store=folder,
            thread=thread,
            means=means,
        )
    making = folder / f"{thread}.making"
    making.write_text(record.model_dump_json())
    making.replace(folder / f"{thread}.json")


def serve(folder: Path) -> None:
    """Fork one process for each line."""
    for line in sys.stdin:
        thread = line.split()[1]
        pid = os.fork()
        if pid == 0:
            go(folder, thread)
            os._exit(0)
        print(f"started {pid}", flush=True)  # noqa: T201 - the protocol of this server
        _, status = os.waitpid(pid, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
