"""A run that browses, killed with SIGKILL as a call ends and gone on with by the next process.

    python -m tests.graphs.killed_browser FOLDER E3 E5 end

The result of the call named is not stored yet when a process is killed. What the web was asked
stands in FOLDER/asked, the record of the one that comes to the end in FOLDER/record.json. Says how
each process ended.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from clinseek import api
from clinseek.errors import ThreadError
from clinseek.nodes.steps import Step
from clinseek.toolkits.browser.backends import build
from clinseek.toolkits.browser.backends.web import Web
from clinseek.toolkits.browser.hits import Failed, Fetched, Hit
from tests.graphs.doubles import CUTOFF, LATEST_LABS, SUBJECT, Ward, calling, finishing, scripted
from tests.toolkits.browser.webs import shelf


class Counted:
    """A web of a few pages that writes down what it is asked."""

    name = "counted"

    def __init__(self, file: Path) -> None:
        self._file = file
        self._shelf = shelf()

    def _note(self, what: str) -> None:
        with self._file.open("a") as asked:
            asked.write(f"{what}\n")

    def search(self, query: str, topn: int) -> Sequence[Hit] | Failed:
        self._note("search")
        return self._shelf.search(query, topn)

    def fetch(self, url: str) -> Fetched | Failed:
        self._note("fetch")
        return self._shelf.fetch(url)


def main(folder: Path, when: str) -> None:
    """Run from wherever the thread stands; die as the call `when` ends."""
    web: Web = Counted(folder / "asked")
    build.build_web = lambda *_, **__: web

    def on_step(step: Step) -> None:
        if step.evidence == when:
            os.kill(os.getpid(), signal.SIGKILL)

    model = scripted(
        calling(
            LATEST_LABS,
            ("browser.search", {"query": "potassium"}),
            ("browser.open", {"id": 0, "cursor": 0}),
            ("browser.open", {"id": 1, "cursor": 0}),
            ("browser.find", {"pattern": "Water", "cursor": 2}),
            tag="t",
        ),
        finishing("3.2", citations=["E1#3"], tag="end"),
    )
    means = Ward(folder).means(model)
    try:
        record = api.resume("killed", means=means, on_step=on_step)
    except ThreadError:
        record = api.ask(
            "?",
            subject_id=SUBJECT,
            cutoff=CUTOFF,
            store=folder,
            thread="killed",
            means=means,
            on_step=on_step,
        )
    (folder / "record.json").write_text(record.model_dump_json())


if __name__ == "__main__":
    for call in sys.argv[2:]:
        pid = os.fork()
        if pid == 0:
            main(Path(sys.argv[1]), call)
            os._exit(0)
        _, ended = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()
