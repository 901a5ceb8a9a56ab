"""The files that a suite's rows need beside the record: images, reports, patient databases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from clinseek.evals.benchmarks.suites.expected import DATABASES
from clinseek.evals.rows import Row
from clinseek.evals.runner.attachments import files_of

_ROOTS = ("", "data/mm_bench", "mm_bench")


class Assets(NamedTuple):
    """`root` holds the images; `missing` are the paths of rows that lie nowhere below it."""

    root: Path
    found: int
    missing: list[str]
    databases: dict[str, int]

    def rows_without(self, rows: Sequence[Row]) -> list[Row]:
        """The rows of which a file is missing."""
        missing = frozenset(self.missing)
        return [row for row in rows if missing.intersection(files_of(row))]


def assets_of(rows: Sequence[Row], source: Path) -> Assets:
    """Look for every file of the rows below `source`, where the release lays them.

    A source may have a folder of its own (`ROOT/ehrxqa/mimic-cxr/...`).
    """
    folder = source if source.is_dir() else source.parent
    wanted = {path: row.group for row in rows for path in files_of(row)}
    roots = [root for root in (folder / name for name in _ROOTS) if root.is_dir()]
    best = max(roots, key=lambda root: sum(_lies(root, *each) for each in wanted.items()))
    missing = [path for path, group in wanted.items() if not _lies(best, path, group)]
    databases = {
        name: len(list((best / name / "database").glob("patient_*.db"))) for name in DATABASES
    }
    return Assets(best, len(wanted) - len(missing), missing, databases)


def _lies(root: Path, path: str, group: str | None) -> bool:
    return (root / path).is_file() or (group is not None and (root / group / path).is_file())
