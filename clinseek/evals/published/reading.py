"""Reading a published results file, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.published.json_objects import json_objects
from clinseek.evals.published.records import published_record, run_index_of
from clinseek.evals.published.rows import published_row
from clinseek.evals.published.shapes import fault_of
from clinseek.evals.rows import Row, read_rows
from clinseek.records import Record

RunKey = tuple[str, int]
"""(qid, run index)."""


class _Index(NamedTuple):
    """What one reading of the file tells: rows, runs with the number of their last line, strays."""

    rows: dict[str, Row]
    last: dict[RunKey, int]
    left_out: list[str]


@dataclass(frozen=True)
class PublishedRun:
    """A results file, with the manifest that it was run on where there is one.

    Without a manifest the rows are those that the lines carry, and no row can be missing.
    """

    path: Path
    manifest: Path | None = None

    @property
    def name(self) -> str:
        """What to call it in a table."""
        stem = self.path.absolute()
        return stem.parent.name if stem.stem == "results" else stem.stem

    def rows(self) -> list[Row]:
        """The rows of the manifest, or those that the lines carry."""
        return list(self._index.rows.values())

    def run_keys(self) -> list[RunKey]:
        """(qid, run index) of every run whose row is known."""
        return list(self._index.last)

    @property
    def left_out(self) -> list[str]:
        """The qids of lines that the manifest does not have."""
        return self._index.left_out

    def records(self) -> Iterator[Record]:
        """One record a run, one in memory at a time; of several lines of one run the last."""
        wanted = {number: key for key, number in self._index.last.items()}
        for number, (held, _) in enumerate(_objects(self.path)):
            if number in wanted:
                yield published_record(held, self._index.rows[wanted[number][0]])

    @cached_property
    def _index(self) -> _Index:
        known = None if self.manifest is None else {r.qid: r for r in read_manifest(self.manifest)}
        rows: dict[str, Row] = {} if known is None else known
        last: dict[RunKey, int] = {}
        left_out: list[str] = []
        for number, (held, at) in enumerate(_objects(self.path)):
            row = published_row(held, at=at)
            if known is None:
                rows.setdefault(row.qid, row)
            if row.qid in rows:
                last[row.qid, _run_index(held, at)] = number
            else:
                left_out.append(row.qid)
        return _Index(rows, last, left_out)


def read_published(path: str | Path, *, manifest: str | Path | None = None) -> PublishedRun:
    """The results file at `path`. SettingError where it cannot be read, or holds no results."""
    run = PublishedRun(Path(path), Path(manifest) if manifest is not None else None)
    first, at = next(_objects(run.path), ({}, str(run.path)))
    if "messages" not in first:
        raise SettingError(f"{at}: no published result (a line has qid, run_index and messages)")
    if not run.rows():
        raise SettingError(f"{run.path}: holds no rows")
    return run


def read_manifest(path: Path) -> list[Row]:
    """The rows of a manifest: of ours, or in one of the published forms."""
    held = list(_objects(path))
    if held and "question" in held[0][0] and held[0][0].keys() & {"cutoff", "images"}:
        return read_rows(path)
    return [published_row(each, at=at) for each, at in held]


def _run_index(held: Mapping[str, Any], at: str) -> int:
    try:
        return run_index_of(held)
    except ValueError as error:
        raise SettingError(f"{at}: {error}") from None


def _objects(path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The objects of a file, each with its place; SettingError for one of a strange shape."""
    for held, at in json_objects(path):
        if (fault := fault_of(held)) is not None:
            raise SettingError(f"{at}: {fault}")
        yield held, at
