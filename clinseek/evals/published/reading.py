"""Reading a published results file, line by line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.published.records import published_record, run_index_of
from clinseek.evals.published.rows import published_row
from clinseek.evals.published.shapes import fault_of, writable
from clinseek.evals.rows import Row, read_rows
from clinseek.records import Record

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Half a character, if it has no other half: no file can hold it."""

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
    """The objects of a JSON list or of JSONL, each with its place."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            if file.read(1) == "[":
                file.seek(0)
                yield from _listed(_read(file.read().lstrip("\ufeff"), str(path)), path)
                return
            file.seek(0)
            for number, line in enumerate(file, start=1):
                if line.strip():
                    at = f"{path}, line {number}"
                    yield _object(_read(line, at), at)
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingError(f"{path}: is no text file") from None


def _listed(held: Any, path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    for number, each in enumerate(held, start=1):
        yield _object(each, f"{path}, item {number}")


def _read(text: str, at: str) -> Any:
    try:
        held = json.loads(text)
    except json.JSONDecodeError as error:
        where = f", line {error.lineno}" if error.lineno > 1 else ""
        raise SettingError(f"{at}: is no JSON ({error.msg}{where})") from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, lists without end
        raise SettingError(f"{at}: cannot be read ({error})") from None
    return writable(held) if _HALF.search(text) else held


def _object(held: Any, at: str) -> tuple[Mapping[str, Any], str]:
    if not isinstance(held, dict):
        raise SettingError(f"{at}: no JSON object")
    if (fault := fault_of(held)) is not None:
        raise SettingError(f"{at}: {fault}")
    return held, at
