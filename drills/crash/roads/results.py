"""What is made of ended runs: scores, a report, traces and their exports, tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drills.commands import Ended
from drills.crash.roads.road import Ground, Road, Work, digests
from drills.crash.roads.seeking import write_drill_rows

ROWS = 12


class OfRun(Work):
    """Work over one evaluation that has ended, the same for every go."""

    @property
    def run(self) -> Path:
        """The evaluation."""
        return run_of(self.ground)

    @property
    def out(self) -> Path:
        """What is made."""
        return self.folder / "out"

    def results(self, ended: Ended) -> Mapping[str, Any]:
        """Every byte of what was made."""
        del ended
        return digests(self.folder)

    def run_once(self, *words: object) -> None:
        """A step that comes before, and is not killed."""
        ended = self.ground.commands.run(words, self.environment)
        if ended.code != 0:
            raise RuntimeError(f"clinseek {words[0]} ended with {ended.code}: {ended.err}")


class Score(OfRun):
    """`clinseek score`: each file of scores is whole or as it was."""

    def __post_init__(self) -> None:
        """Scores are written into the run: each go has a copy."""
        super().__post_init__()
        import shutil

        shutil.copytree(self.run, self.out)

    def words(self) -> list[object]:
        """All scorers, and the form of the published one."""
        published = self.folder / "published.jsonl"
        return ["score", self.out, "--json", "--write-published", published]


class Report(OfRun):
    """`clinseek report`: one page."""

    def words(self) -> list[object]:
        """The page of a run."""
        return ["report", self.run, "--out", self.out / "page.html"]

    def __post_init__(self) -> None:
        """The folder of the page."""
        super().__post_init__()
        self.out.mkdir()


class Filter(OfRun):
    """`clinseek traces filter`."""

    def words(self) -> list[object]:
        """Every trace is kept, whatever its score."""
        return ["traces", "filter", self.run, "--out", self.out, "--score", 0, "--grounded", 0,
                "--test-patients", "drop"]  # fmt: skip


class Refine(OfRun):
    """`clinseek traces refine`, with every call made again on the record."""

    def __post_init__(self) -> None:
        """What filtering left."""
        super().__post_init__()
        self.run_once("traces", "filter", self.run, "--out", self.folder / "kept", "--score", 0,
                      "--grounded", 0, "--test-patients", "drop")  # fmt: skip

    def words(self) -> list[object]:
        """Refine it."""
        kept = self.folder / "kept"
        return ["traces", "refine", kept, "--store", self.ground.store, "--out", self.out]


class Export(Refine):
    """`clinseek traces export` to Parquet."""

    def words(self) -> list[object]:
        """Export what was filtered."""
        kept = self.folder / "kept"
        return ["traces", "export", kept, "--format", "parquet", "--out", self.out]


class Csv(OfRun):
    """`clinseek export csv`."""

    def words(self) -> list[object]:
        """One table."""
        return ["export", "csv", self.run, "--out", self.out / "runs.csv"]


def run_of(ground: Ground) -> Path:
    """The evaluation that has ended, made when it is first wanted."""
    run = ground.place / "ended-run"
    if not run.exists():
        rows = ground.place / "ended-rows.jsonl"
        write_drill_rows(rows, ground.subjects, count=ROWS)
        ended = ground.commands.run(
            ["eval", rows, "--store", ground.store, "--model", ground.host.spec, "--out", run,
             "--max-revisions", 0],
            {"CLINSEEK_HOME": str(ground.place / "ended-home")},
        )  # fmt: skip
        if ended.code != 0:
            raise RuntimeError(f"the evaluation ended with {ended.code}: {ended.err}")
    return run


ROADS = (
    Road("score", Score, share=2, least="full"),
    Road("report", Report, least="full"),
    Road("traces filter", Filter, least="full"),
    Road("traces refine", Refine, least="full"),
    Road("traces export", Export),
    Road("export csv", Csv, least="full"),
)
