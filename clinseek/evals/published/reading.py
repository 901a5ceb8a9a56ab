"""Reading a published results file, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.evals.published.records import published_record
from clinseek.evals.published.rows import published_row
from clinseek.evals.rows import Row, read_rows
from clinseek.records import Record


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

    @cached_property
    def _rows(self) -> dict[str, Row]:
        if self.manifest is not None:
            return {row.qid: row for row in _manifest(self.manifest)}
        rows: dict[str, Row] = {}
        for held, at in self._lines():
            row = published_row(held, at=at)
            rows.setdefault(row.qid, row)
        return rows

    def rows(self) -> list[Row]:
        """The rows of the manifest, or those that the lines carry."""
        return list(self._rows.values())

    @cached_property
    def left_out(self) -> list[str]:
        """The qids of lines that the manifest does not have."""
        if self.manifest is None:
            return []
        return [qid for held, at in self._lines() if (qid := _qid(held, at)) not in self._rows]

    def run_keys(self) -> list[tuple[str, int]]:
        """(qid, run index) of every line, each once."""
        return list(dict.fromkeys(self._key(held, at) for held, at in self._lines()))

    def records(self) -> Iterator[Record]:
        """One record a line whose row is known; of several lines of one run the last."""
        last = {self._key(held, at): at for held, at in self._lines()}
        for held, at in self._lines():
            qid, _ = self._key(held, at)
            if last[self._key(held, at)] == at and qid in self._rows:
                yield published_record(held, self._rows[qid])

    def _key(self, held: Mapping[str, Any], at: str) -> tuple[str, int]:
        return _qid(held, at), int(held.get("run_index") or 1)

    def _lines(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        return _objects(self.path)


def read_published(path: str | Path, *, manifest: str | Path | None = None) -> PublishedRun:
    """The results file at `path`. SettingError where it cannot be read, or holds no results."""
    run = PublishedRun(Path(path), Path(manifest) if manifest is not None else None)
    first, at = next(_objects(run.path), ({}, str(run.path)))
    if "messages" not in first:
        raise SettingError(f"{at}: no published result (a line has qid, run_index and messages)")
    if not run.rows():
        raise SettingError(f"{run.path}: holds no rows")
    return run


def _manifest(path: Path) -> list[Row]:
    """The rows of a manifest: of ours, or in one of the published forms."""
    held = list(_objects(path))
    if held and {"question", "cutoff", "subject_id"} <= held[0][0].keys():
        return read_rows(path)
    return [published_row(each, at=at) for each, at in held]


def _qid(held: Mapping[str, Any], at: str) -> str:
    return str(held.get("qid") or published_row(held, at=at).qid)


def _objects(path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The objects of a JSON list or of JSONL, each with its place."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            if file.read(1) == "[":
                file.seek(0)
                yield from _listed(json.loads(file.read().lstrip("\ufeff")), path)
                return
            file.seek(0)
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _object(json.loads(line), f"{path}, line {number}")
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingError(f"{path}: is no text file") from None
    except json.JSONDecodeError as error:
        raise SettingError(f"{path}: is no JSON ({error.msg}, line {error.lineno})") from None


def _listed(held: Any, path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    for number, each in enumerate(held, start=1):
        yield _object(each, f"{path}, item {number}")


def _object(held: Any, at: str) -> tuple[Mapping[str, Any], str]:
    if not isinstance(held, dict):
        raise SettingError(f"{at}: no JSON object")
    return held, at
