"""Does a folder hold a published suite as it was published?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.suites.assets import Assets, assets_of
from clinseek.evals.benchmarks.suites.expected import DATABASES, Suite, counts_of
from clinseek.evals.benchmarks.suites.reading import SuiteRows, suite_rows

_FEW = 3


class Count(NamedTuple):
    """One published count beside the one that was found."""

    what: str
    published: int
    found: int

    @property
    def holds(self) -> bool:
        """Whether the two are equal."""
        return self.published == self.found


@dataclass(frozen=True)
class SuiteReport:
    """What stands in a folder: published counts beside found ones, and what is wrong."""

    suite: str
    read: SuiteRows
    counts: Sequence[Count]
    told: Mapping[str, int]
    assets: Assets | None

    @property
    def holds(self) -> bool:
        """Whether every published count is met and nothing is broken or missing."""
        return all(count.holds for count in self.counts) and not self.faults

    @property
    def faults(self) -> list[str]:
        """What is wrong beside the counts, a sentence each."""
        read = self.read
        assets = None if self.assets is None else self.assets.missing
        said = (
            (read.broken, "{n} rows cannot be read, the first: {few}", 1),
            (read.lacking, "{n} manifests are not there: {few}", _FEW),
            (read.without_gold, "{n} rows have candidates without their own answer: {few}", _FEW),
            (assets or (), "{n} images and reports are missing: {few}", _FEW),
        )
        return [
            words.format(n=len(found), few=", ".join(found[:few])) for found, words, few in said
            if found
        ]  # fmt: skip

    @property
    def remarks(self) -> list[str]:
        """What a reader should know and is no fault."""
        said = (
            (self.read.unnamed, "{n} rows are left out, since no label of theirs has a name"),
            (self.read.renamed, "{n} rows had the qid of another and got a number behind it"),
            (self.read.absent, "{n} manifests are not there, nor are their rows: {few}"),
        )
        return [
            words.format(n=len(found), few=", ".join(found[:_FEW]))
            for found, words in said
            if found
        ]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "suite": self.suite,
            "holds": self.holds,
            "files": [str(file) for file in self.read.files],
            "counts": [
                {"what": each.what, "published": each.published, "found": each.found}
                for each in self.counts
            ],
            "found": dict(self.told),
            "faults": self.faults,
            "remarks": self.remarks,
            "assets": None
            if self.assets is None
            else {
                "root": str(self.assets.root),
                "found": self.assets.found,
                "missing": len(self.assets.missing),
                "databases": self.assets.databases,
            },
        }


def validate_suite(suite: Suite, source: Path, *, manifest_only: bool = False) -> SuiteReport:
    """Read the manifests under `source` and count; without `manifest_only` look for files too."""
    read = suite_rows(suite, source)
    told = counts_of(read.rows)
    has_files = any(row.images or row.reports for row in read.rows)
    assets = assets_of(read.rows, source) if has_files and not manifest_only else None
    counts = [Count(what, number, told.get(what, 0)) for what, number in suite.counts.items()]
    if suite.rows_a_manifest is not None:
        counts += [
            Count(f"rows of {file.name}", suite.rows_a_manifest, held)
            for file, held in read.files.items()
        ]
    if assets is not None and any(assets.databases.values()):
        counts += [
            Count(f"databases of {name}", number, assets.databases[name])
            for name, number in DATABASES.items()
        ]
    return SuiteReport(suite.name, read, counts, told, assets)
