"""Does a file's header fit its table: which column stands where, and which is unknown."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.tables import Table

_RELEASES = {
    "iv": "MIMIC-IV v2.2 or v3.1, ED 2.2, Note 2.2",
    "cxr": "MIMIC-CXR or MIMIC-CXR-JPG 2.0.0 or 2.1.0",
}


@dataclass(frozen=True)
class Header:
    """A header line read against its table.

    `width` is the number of fields a row must have; `position` says for each column of the
    schema at which field it stands; `unknown` are the columns that no schema has.
    """

    width: int
    position: dict[str, int]
    unknown: tuple[str, ...]


def read_header(line: bytes, table: Table, path: Path) -> Header:
    """Match the first line of `path` with the columns of `table`; case and order are free.

    Raises RawRecordError naming file and column when a column is missing or stands twice.
    """
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise RawRecordError(
            f"{path}: the first line is not UTF-8 text, so this is no MIMIC csv file"
        ) from error
    try:
        fields = [field.strip() for field in next(csv.reader([text]), [])]
    except csv.Error as error:
        raise RawRecordError(
            f"{path}: the first line cannot be read as names of columns ({error}), so this is no "
            "MIMIC csv file"
        ) from error
    names = [field.lower() for field in fields]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise RawRecordError(f"{path}: column {twice[0]!r} stands twice in the first line")
    absent = [name for name in table.column_names if name not in names]
    if absent:
        raise RawRecordError(
            f"{path}: column{'s' if len(absent) > 1 else ''} {', '.join(absent)} of table "
            f"{table.name} missing; the first line has {', '.join(fields) or 'nothing'}. Fetch "
            f"the file again ({_RELEASES['cxr' if table.module == 'cxr' else 'iv']})"
        )
    position = {name: names.index(name) for name in table.column_names}
    unknown = tuple(
        field for field, name in zip(fields, names, strict=True) if name not in position
    )
    return Header(len(fields), position, unknown)
