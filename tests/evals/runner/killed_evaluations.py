"""A server that makes an evaluation in a process of its own, to be killed at any moment.

    python -m tests.evals.runner.killed_evaluations FOLDER ROWS

Reads `go NAME` lines; says `started PID`, then `ended CODE`. Every call of the tool leaves a line
in FOLDER/calls. It imports everything once and forks, so that many kills cost seconds.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from clinseek.evals.runner.running import Limits
from clinseek.toolkits.observation import Observation
from tests.evals.runner.wardrows import evaluated, rows
from tests.graphs.doubles import ScriptedModel, Ward, calling, finishing, scripted

ROUNDS = 3


def model() -> ScriptedModel:
    """One look-up a turn, then the answer."""
    turns = [calling(("ehr.look", {"turn": at}), tag=f"turn{at}") for at in range(ROUNDS)]
    return scripted(*turns, finishing("3.2", citations=["E1"], tag="answer"))


def tools(folder: Path) -> list[BaseTool]:
    """`ehr.look`, which writes down that it was called, and `ehr.finish`."""

    def look(turn: int) -> tuple[str, Observation]:
        """Look."""
        time.sleep(0.004)
        with (folder / "calls").open("ab", buffering=0) as calls:
            calls.write(b".")
        return f"potassium 3.2 in turn {turn}", Observation(tables=("labevents",))

    return [
        StructuredTool.from_function(look, name="ehr.look", response_format="content_and_artifact"),
        StructuredTool.from_function(lambda: "", name="ehr.finish", description="Submit."),
    ]


class LookingWard(Ward):
    """The ward with the tool above."""

    def means(self, model: Any = None, **others: Any) -> Any:
        return super().means(model, tools_of=lambda _: tools(self.folder), **others)


def serve(folder: Path, count: int) -> None:
    """Fork one process for each line."""
    for line in sys.stdin:
        out = folder / line.split()[1]
        pid = os.fork()
        if pid == 0:
            evaluated(
                LookingWard(folder), out, rows(count), model=model(), limits=Limits(concurrency=4)
            )
            os._exit(0)
        print(f"started {pid}", flush=True)  # noqa: T201 - the protocol of this server
        _, status = os.waitpid(pid, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
