"""Runs of the agent: `ask` with `resume`, and `eval`, against a host that counts its turns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from drills.commands import Ended
from drills.crash.roads.road import Road, Work
from drills.host import MARK, mark_of
from drills.records import records_in, turns_stored, without_clocks

ROWS = 6
CUTOFF = "2199-01-01 00:00:00"
"""After the end of every record."""


class Seeking(Work):
    """What asks the host: a turn that is stored is not asked for again."""

    def threads(self) -> Path:
        """The file of threads."""
        raise NotImplementedError

    def stored(self) -> dict[str, int]:
        """How many turns of each question are stored."""
        return turns_stored(self.threads(), MARK)

    def ended_marks(self) -> set[str]:
        """Questions whose record is kept: nothing at all is asked for them."""
        return set()

    def kept(self) -> Mapping[str, Any]:
        """The turns that are stored, and how often the host was asked until now."""
        return {
            "turns": self.stored(),
            "ended": self.ended_marks(),
            "asked": len(self.ground.host.asked()),
        }

    def redone(self, kept: Mapping[str, Any]) -> Sequence[str]:
        """Turns that the host was asked for although they were stored, or that were not stored."""
        if not kept:
            return ()
        asked = self.ground.host.asked(kept["asked"])
        again = Counter(
            (mark, turn)
            for mark, turn in asked
            if turn < kept["turns"].get(mark, 0) or mark in kept["ended"]
        )
        return [
            *(f"turn {turn} of {mark} was asked for again" for mark, turn in again),
            *self._lost(asked),
        ]

    def is_midway(self, kept: Mapping[str, Any]) -> bool | None:
        """Whether the host was asked for a third turn: two were answered, and must be stored."""
        return any(turn >= 2 for _, turn in self.ground.host.asked(kept["asked"]))

    def _lost(self, asked: Sequence[tuple[str, int]]) -> Iterator[str]:
        """Turns that nobody keeps: who asks for the third turn has stored two before."""
        ended, stored = self.ended_marks(), self.stored()
        for mark in sorted({mark for mark, _ in asked} - ended):
            last = max(turn for each, turn in asked if each == mark)
            if last > stored.get(mark, 0):
                yield f"{last} turns of {mark} were answered, and {stored.get(mark, 0)} are kept"


class Ask(Seeking):
    """`clinseek ask --thread t`, and `clinseek resume t` once there is such a thread."""

    def threads(self) -> Path:
        """The file of threads in CLINSEEK_HOME."""
        return self.folder / "home" / "threads.sqlite"

    def words(self) -> list[object]:
        """The question, or what its interruption says to type."""
        return ["resume", "t", "--json"] if self._begun() else self.asking()

    def asking(self) -> list[object]:
        """The question."""
        ground = self.ground
        return [
            "ask", "--store", ground.store, "--subject", ground.subjects[0], "--at", CUTOFF,
            "--model", ground.host.spec, "--thread", "t", "--max-revisions", 0, "--json",
            "drill-0: what was the latest potassium?",
        ]  # fmt: skip

    def results(self, ended: Ended) -> Mapping[str, Any]:
        """Answer, evidence, and every turn."""
        told = without_clocks(json.loads(ended.out))
        return {**told, "turns_stored": turns_stored(self.threads(), MARK)}

    def _begun(self) -> bool:
        """Whether the thread is kept; asked as anybody would."""
        if not self.threads().exists():
            return False
        listed = self.ground.commands.run(["threads", "--json"], self.environment)
        return any(each["thread"] == "t" for each in json.loads(listed.out)["threads"])


class Evaluation(Seeking):
    """`clinseek eval` over a few rows, several runs at one time."""

    executor = "local"

    @property
    def run(self) -> Path:
        """The run folder."""
        return self.folder / "run"

    def __post_init__(self) -> None:
        """Write the rows."""
        super().__post_init__()
        write_drill_rows(self.folder / "rows.jsonl", self.ground.subjects)

    def words(self) -> list[object]:
        """The same command every time."""
        return [
            "eval", self.folder / "rows.jsonl", "--store", self.ground.store,
            "--model", self.ground.host.spec, "--out", self.run, "--concurrency", 3,
            "--max-revisions", 0, "--executor", self.executor, "--json",
        ]  # fmt: skip

    def threads(self) -> Path:
        """The steps of runs that have not ended."""
        return self.run / "threads.sqlite"

    def ended_marks(self) -> set[str]:
        """Rows whose record is kept."""
        return {mark_of(record) for record in records_in(self.run)}

    def results(self, ended: Ended) -> Mapping[str, Any]:
        """Every record, once; the order in which runs end is nobody's promise."""
        del ended
        attempts = records_in(self.run)
        by_row = {record["qid"]: without_clocks(record) for record in attempts}
        return {**by_row, "records": len(attempts)}


def write_drill_rows(file: Path, subjects: Sequence[int], *, count: int = ROWS) -> None:
    """Rows whose questions carry marks."""
    from clinseek.evals.rows import Row, write_rows

    rows = [
        Row(
            qid=f"q{number}",
            subject_id=subjects[number % len(subjects)],
            cutoff=CUTOFF,
            task="latest_lab",
            question=f"drill-{number}: what was the latest potassium?",
            label="3.2",
        )
        for number in range(count)
    ]
    write_rows(file, rows)


ROADS = (
    Road("ask and resume", Ask, share=3, least="quick"),
    Road("eval, local", Evaluation, share=3),
)
