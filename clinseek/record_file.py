"""The file of records, one a line.

It is only ever appended to, each line flushed to the disk before the next run counts it. A process
that dies while it writes leaves half a line; the next append cuts it off and says so.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pydantic import ValidationError

from clinseek.errors import SettingError
from clinseek.records import Record


class ReadRecords(NamedTuple):
    """The records of a file; `broken` says what of it could not be read, None where all could."""

    records: list[Record]
    broken: str | None


def append_record(path: Path, record: Record) -> str | None:
    """Append `record` to the file at `path` and flush it to the disk.

    Several processes may append to one file. Returns a sentence where the last line was half
    written and had to be mended first, else None. SettingError where the file cannot be written.
    """
    line = record.model_dump_json().encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            mended = _mend_last_line(file, path)
            file.seek(0, os.SEEK_END)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SettingError(f"{path}: the record cannot be written ({error.strerror})") from error
    return mended


def read_records(path: Path) -> ReadRecords:
    """The records of the file at `path`; a half-written last line is left out and named.

    SettingError where there is no such file, and where another line than the last is broken.
    """
    records: list[Record] = []
    broken: str | None = None
    for number, line, last in _lines(path):
        try:
            records.append(Record.model_validate_json(line))
        except ValidationError as error:
            if not last:
                reason = error.errors(include_url=False)[0]["msg"]
                raise SettingError(
                    f"{path}, line {number}: no record of a run ({reason})"
                ) from None
            broken = f"{path}, line {number}: half written and left out; that run starts again"
    return ReadRecords(records, broken)


def _lines(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """(line number, line, whether it is the last one and has no line end)."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line, not line.endswith(b"\n")
    except OSError as error:
        raise SettingError(f"{path}: no file of records ({error.strerror})") from error


def _mend_last_line(file: BinaryIO, path: Path) -> str | None:
    size = file.seek(0, os.SEEK_END)
    if size == 0 or _byte_before(file, size) == b"\n":
        return None
    start = _start_of_last_line(file, size)
    file.seek(start)
    try:
        json.loads(file.read())
    except ValueError:
        file.truncate(start)
        return f"{path}: the last line was half written ({size - start:,} bytes) and was cut off"
    file.write(b"\n")
    return f"{path}: the last line was whole but for its line end, which was added"


def _start_of_last_line(file: BinaryIO, size: int) -> int:
    step, at = 1 << 16, size
    while at > 0:
        at = max(0, at - step)
        file.seek(at)
        end = file.read(min(step, size - at)).rfind(b"\n")
        if end >= 0:
            return at + end + 1
    return 0


def _byte_before(file: BinaryIO, at: int) -> bytes:
    file.seek(at - 1)
    return file.read(1)
