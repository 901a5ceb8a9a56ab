"""Reading traces from whatever holds runs: run folders, folders of traces, published files.

A file is told by its first line: a published result has `messages` with `qid` and a status or
`run_index`; any other line with `messages` is a conversation in OpenAI's form.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clinseek.errors import SettingError
from clinseek.evals.published import read_manifest, read_published
from clinseek.evals.published.json_objects import json_objects
from clinseek.evals.rows import Row
from clinseek.evals.runner.run_folder import RECORDS_FILE, RUN_FILE, open_run
from clinseek.evals.scorers import NOTHING, of_store
from clinseek.training.traces.folder import TraceFolder, is_trace_folder
from clinseek.training.traces.of_record import trace_of
from clinseek.training.traces.openai_lines import openai_trace
from clinseek.training.traces.trace import Trace

_VERSION = re.compile(rb'^\s*\{\s*"schema_version":\s*(\d+)')
_RECORD_VERSION = 1
_PUBLISHED = ("run_index", "runs_per_question", "session_id", "stop_reason")


@dataclass(frozen=True)
class TraceSource:
    """Traces of one place, read one at a time.

    `folder` is there where the place is a folder of traces; `remarks` say what was left out.
    """

    name: str
    path: Path
    traces: Callable[[], Iterator[Trace]]
    folder: TraceFolder | None = None
    remarks: list[str] = field(default_factory=list)


def trace_source(path: Path, *, manifest: Path | None = None) -> TraceSource:
    """The traces at `path`: a run folder, a folder of traces, or a file of conversations.

    `manifest` are the rows of a published file, with labels. SettingError where there are none.
    """
    if is_trace_folder(path):
        folder = TraceFolder(path)
        return TraceSource(_name(path), path, folder.traces, folder)
    if (path / RUN_FILE).is_file() or path.is_dir():
        return _of_run(path)
    if not path.is_file():
        raise SettingError(
            f"{path}: there is no such run, folder of traces or file; clinseek eval makes runs"
        )
    first, _ = next(json_objects(path), ({}, ""))
    if "messages" not in first:
        raise SettingError(
            f"{path}: no runs (a line is a published result, or has `messages` in OpenAI's form)"
        )
    published = "qid" in first and any(name in first for name in _PUBLISHED)
    return _of_published(path, manifest) if published else _of_openai(path, manifest)


def _name(path: Path) -> str:
    return path.absolute().name


def _of_run(path: Path) -> TraceSource:
    run = open_run(path)
    _check_version(run.path / RECORDS_FILE)
    store = Path(run.plan.store) if run.plan.store else None
    at_hand = of_store(store) if store is not None and store.is_dir() else NOTHING
    shown = run.settings.max_observation_chars
    remarks: list[str] = []

    def traces() -> Iterator[Trace]:
        rows, strange = {row.qid: row for row in run.rows()}, 0
        for record in run.records():
            row = rows.get(record.qid)
            if row is None:
                strange += 1
                continue
            yield trace_of(record, row, source=run.name, at_hand=at_hand, shown=shown)
        if strange:
            remarks.append(f"{path}: {strange:,} runs are of rows that the run lacks")
        if _is_torn(run.path / RECORDS_FILE):
            remarks.append(
                f"{path}: 1 record, the last, is half written and was left out; the clinseek eval "
                "that made the run makes it again"
            )

    return TraceSource(run.name, path, traces, remarks=remarks)


def _is_torn(records: Path) -> bool:
    """Whether the last record has no line end, as a kill in the middle of writing it leaves it."""
    with records.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _check_version(records: Path) -> None:
    """SettingError where the records are of another schema than is read here."""
    if not records.is_file():
        raise SettingError(
            f"{records.parent}: no run has ended there yet ({RECORDS_FILE} is absent)"
        )
    with records.open("rb") as file:
        found = _VERSION.match(file.readline(200))
    if found and int(found[1]) != _RECORD_VERSION:
        raise SettingError(
            f"{records}: records of schema version {int(found[1])}, and this clinseek reads "
            f"{_RECORD_VERSION}; read them with the clinseek that wrote them"
        )


def _of_published(path: Path, manifest: Path | None) -> TraceSource:
    run = read_published(path, manifest=manifest)
    remarks: list[str] = []

    def traces() -> Iterator[Trace]:
        rows = {row.qid: row for row in run.rows()}
        for record in run.records():
            yield trace_of(record, rows[record.qid], source=run.name)
        if run.left_out:
            remarks.append(f"{path}: {len(run.left_out):,} results are of no row of {manifest}")

    return TraceSource(run.name, path, traces, remarks=remarks)


def _of_openai(path: Path, manifest: Path | None) -> TraceSource:
    rows = _rows(manifest)
    name = path.stem

    def traces() -> Iterator[Trace]:
        for held, at in json_objects(path):
            yield openai_trace(held, at=at, source=name, row=rows.get(str(held.get("qid"))))

    return TraceSource(name, path, traces)


def _rows(manifest: Path | None) -> dict[str, Row]:
    """The rows of a manifest, of ours or in a published form, by qid."""
    return {} if manifest is None else {row.qid: row for row in read_manifest(manifest)}
