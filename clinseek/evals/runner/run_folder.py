"""The folder that an evaluation leaves, and reading it without holding all of it.

    RUN/run.json        command, settings, versions, fingerprints of rows and store
    RUN/rows.jsonl      the rows as they were run
    RUN/records.jsonl   one record a run, in the order in which runs ended; failed attempts too
    RUN/threads.sqlite  the steps of runs that have not ended
    RUN/scores/         what scorers wrote

With several models RUN holds such a folder for each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from clinseek.errors import SettingError
from clinseek.evals.rows import Row, read_rows
from clinseek.evals.runner.settings import RunSettings
from clinseek.records import Record, fingerprint_of

RUN_FILE, ROWS_FILE, RECORDS_FILE = "run.json", "rows.jsonl", "records.jsonl"

RunKey = tuple[str, str, int]
"""(fingerprint of the row, qid, epoch)."""


class Shard(BaseModel):
    """One of `of` equal parts of the runs, counted from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class RunPlan(BaseModel):
    """What `run.json` says. `rows` is the fingerprint of each row by its qid.

    `attached` is the SHA-256 of each image and report of the rows, by its path.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    run_id: str
    command: str
    rows_file: str
    rows_fingerprint: str
    rows: dict[str, str]
    epochs: int
    shard: Shard = Shard()
    settings: RunSettings
    store: str
    store_fingerprint: str
    attached: dict[str, str] = {}
    versions: dict[str, str]
    begun: str

    @property
    def keys(self) -> list[RunKey]:
        """Every run that this folder is to hold in the end, in the order in which they begin."""
        every = [
            (fingerprint, qid, epoch)
            for epoch in range(1, self.epochs + 1)
            for qid, fingerprint in self.rows.items()
        ]
        return every[self.shard.number - 1 :: self.shard.of]


def fingerprint_of_rows(rows: Mapping[str, str]) -> str:
    """One hash over rows, given as qid -> fingerprint."""
    return fingerprint_of(rows)


class Placed(NamedTuple):
    """Where in `records.jsonl` a record stands, and of which run it is."""

    key: RunKey
    offset: int
    length: int
    line: int


@dataclass(frozen=True)
class RunFolder:
    """A run folder as it stands. Everything is read when it is asked for, and no more of it."""

    path: Path

    @cached_property
    def plan(self) -> RunPlan:
        """What was to be run, and how. SettingError where `run.json` cannot be read."""
        file = self.path / RUN_FILE
        try:
            return RunPlan.model_validate_json(file.read_bytes())
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in fault["loc"])
            told = f"{where}: {fault['msg']}" if where else fault["msg"].replace("Invalid", "no", 1)
            raise SettingError(
                f"{file}: not what clinseek eval wrote ({told}); put the file back as it was, or "
                "run the evaluation into a new folder"
            ) from None
        except OSError as error:
            raise SettingError(f"{file}: cannot be read ({error.strerror})") from None

    @property
    def settings(self) -> RunSettings:
        """How the runs were made."""
        return self.plan.settings

    @property
    def name(self) -> str:
        """What to call it in a table: the name of the folder."""
        return self.path.absolute().name

    @property
    def records_file(self) -> Path:
        """The file of records."""
        return self.path / RECORDS_FILE

    @property
    def scores(self) -> Path:
        """The folder for what scorers write."""
        return self.path / "scores"

    def rows(self) -> list[Row]:
        """The rows as they were run."""
        return read_rows(self.path / ROWS_FILE)

    def attempts(self) -> Iterator[Record]:
        """Every record, failed attempts and what came after them alike, in the order written."""
        return (self._read(each) for each in self.placed())

    def records(self) -> Iterator[Record]:
        """One record a run, its last attempt; in the order of the rows, by epoch.

        One is held at a time. Runs that have not ended are not among them.
        """
        last = {each.key: each for each in self.placed()}
        order = {key: at for at, key in enumerate(self.plan.keys)}
        behind = len(order)
        for key in sorted(last, key=lambda key: order.get(key, behind)):
            yield self._read(last[key])

    def placed(self) -> Iterator[Placed]:
        """Where each record stands; a last line that is half written is left out.

        SettingError, by file and line, for a line that is no record.
        """
        if not self.records_file.is_file():
            return
        offset = 0
        with self.records_file.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    return
                if line.strip():
                    yield Placed(self._key(line, number), offset, len(line), number)
                offset += len(line)

    def _key(self, line: bytes, number: int) -> RunKey:
        try:
            return key_of(line)
        except (ValueError, KeyError, TypeError):
            raise SettingError(
                f"{self.records_file}, line {number}: no record of a run; take the line out, and "
                "that run is made again"
            ) from None

    def _read(self, placed: Placed) -> Record:
        with self.records_file.open("rb") as file:
            file.seek(placed.offset)
            line = file.read(placed.length)
        try:
            return Record.model_validate_json(line)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise SettingError(
                f"{self.records_file}, line {placed.line}: no record of a run "
                f"({where}: {fault['msg']}); take the line out, and that run is made again"
            ) from None


def key_of(line: bytes) -> RunKey:
    """The key of the record on a line, without reading its messages.

    A record of a long run is megabytes of JSON, and what tells its key stands at the front.
    ValueError, KeyError or TypeError where the line is no record.
    """
    text = line.decode()
    decoder = json.JSONDecoder()
    held: dict[str, object] = {}
    at = _behind(text, "{", 0)
    while not {"qid", "epoch", "row"} <= held.keys():
        name, at = decoder.raw_decode(text, at)
        held[name], at = decoder.raw_decode(text, _behind(text, ":", at))
        at = _behind(text, ",", at)
    row, qid, epoch = held["row"], held["qid"], held["epoch"]
    if not (isinstance(row, dict) and isinstance(qid, str) and isinstance(epoch, int)):
        raise TypeError(name)
    return fingerprint_of(row), qid, epoch


def _behind(text: str, mark: str, at: int) -> int:
    """Where the next word begins behind `mark`: other writers of JSON put blanks there."""
    at = text.index(mark, at) + 1
    while text[at : at + 1].isspace():
        at += 1
    return at


def open_run(path: str | Path) -> RunFolder:
    """The run folder at `path`. SettingError where there is none, or there are several inside."""
    folder = Path(path)
    if (folder / RUN_FILE).is_file():
        return RunFolder(folder)
    inside = run_folders(folder) if folder.is_dir() else []
    if inside:
        named = ", ".join(str(each.path) for each in inside)
        raise SettingError(f"{folder} holds several runs; name one of them: {named}")
    raise SettingError(
        f"{folder}: no run folder (it holds no {RUN_FILE}); clinseek eval makes one with --out"
    )


def shard_folder(whole: Path, shard: Shard) -> Path:
    """Where a shard of the run folder `whole` is run.

    >>> str(shard_folder(Path("runs/a"), Shard(number=2, of=8)))
    'runs/a/shards/2-of-8'
    """
    return whole / "shards" / f"{shard.number}-of-{shard.of}"


def run_folders(path: str | Path) -> list[RunFolder]:
    """The run folder at `path`, or those inside it, one a model; empty where there are none."""
    folder = Path(path)
    if (folder / RUN_FILE).is_file():
        return [RunFolder(folder)]
    return [RunFolder(file.parent) for file in sorted(folder.glob(f"*/{RUN_FILE}"))]
