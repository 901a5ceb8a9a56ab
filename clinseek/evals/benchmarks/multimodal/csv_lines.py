"""Lines of a csv file, each with the place where it stands; what is broken is named by it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TextIO, cast

from clinseek.errors import SettingError

_LAST_YEAR = 2999
"""MIMIC's shifted times end centuries before it."""


class CsvLine(NamedTuple):
    """The cells of one line by column (in lower case), and where it stands: "FILE, line 3"."""

    at: str
    cells: dict[str, str]


def csv_lines(file: Path, *, needed: Sequence[str], release: str) -> Iterator[CsvLine]:
    """The lines below the header, which must name `needed`; gzipped where the name says so.

    SettingError names file and line of what cannot be read, and the `release` that is meant where
    a column is not there.
    """
    try:
        with _opened(file) as opened:
            lines = csv.reader(opened)
            header = [name.strip().lower() for name in next(lines, [])]
            lacking = [name for name in needed if name.lower() not in header]
            if lacking:
                raise SettingError(
                    f"{file}, line 1: lacks the column {lacking[0]!r}; a file of {release} has "
                    f"{', '.join(needed[:4])}, ..."
                )
            for cells in lines:
                if cells:
                    at = f"{file}, line {lines.line_num}"
                    yield CsvLine(at, dict(zip(header, _whole(cells, header, at), strict=True)))
    except UnicodeDecodeError as error:
        raise SettingError(f"{file}: no text (byte {error.start} is not UTF-8)") from None
    except csv.Error as error:
        raise SettingError(f"{file}, line {lines.line_num}: no csv ({error})") from None
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingError(f"{file}: cannot be read ({reason})") from None


def number(cell: str, name: str, *, at: str) -> float:
    """A cell that is a number of hours, or a label; SettingError where it is none.

    >>> number("25.000000", "period_length", at="line 2")
    25.0
    """
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise SettingError(f"{at}: {name} {cell!r} is no number")
    return value


def moment(cell: str, name: str, *, at: str) -> datetime:
    """A cell that is a moment without a zone; SettingError where it is none.

    >>> moment("2150-03-04 05:06:07", "intime", at="line 2")
    datetime.datetime(2150, 3, 4, 5, 6, 7)
    """
    try:
        read = datetime.fromisoformat(cell.strip())
    except ValueError:
        read = None
    if read is None or read.tzinfo is not None or read.year > _LAST_YEAR:
        raise SettingError(f"{at}: {name} {cell!r} is no moment of the record")
    return read


def _opened(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return cast(TextIO, gzip.open(file, "rt", encoding="utf-8-sig", newline=""))
    return file.open(encoding="utf-8-sig", newline="")


def _whole(cells: list[str], header: list[str], at: str) -> list[str]:
    if len(cells) != len(header):
        raise SettingError(f"{at}: {len(cells)} cells where the header has {len(header)}")
    return cells
