"""The raw csv files of a download, read straight into records, without ingest."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.tables import TABLES, Table
from clinseek.validity.oracle.cells import READERS, read_integer
from clinseek.validity.oracle.model import Cell, RawRecord, RawRow
from clinseek.validity.oracle.raw_images import IMAGE_FILES, IMAGE_FOLDER, raw_images
from clinseek.validity.oracle.raw_text import opened

_ENDINGS = (".csv.gz", ".csv")


def raw_records(
    folders: Sequence[Path], subject_ids: Collection[int], tables: Collection[str]
) -> dict[int, RawRecord]:
    """The records of `subject_ids` from the csv or csv.gz files under `folders`, in file order.

    Each record has every table of `tables` that the folders hold, perhaps with no rows. A row
    with a cell that cannot be read as its column's type, or with too few or too many cells, is
    left out. Raises RawRecordError for a table found twice and for a file that cannot be read.
    """
    files = _table_files(folders, [name for name in tables if not TABLES[name].is_dictionary])
    wanted = frozenset(subject_ids)
    records: dict[int, RawRecord] = {
        subject_id: {table: [] for table in tables if table in files} for subject_id in wanted
    }
    for name, path in files.items():
        for subject_id, row in _rows_of(path, TABLES[name], wanted):
            records[subject_id][name].append(row)
    if "cxr" in tables:
        _add_images(records, folders)
    return records


def _add_images(records: dict[int, RawRecord], folders: Sequence[Path]) -> None:
    images = raw_images(list(_all_files(folders)), records)
    if images is not None:
        for subject_id, record in records.items():
            record["cxr"] = images[subject_id]


def raw_subjects(folders: Sequence[Path]) -> frozenset[int]:
    """Everyone whom the raw `patients` lists; nobody where the folders hold no such file."""
    path = _table_files(folders, ["patients"]).get("patients")
    if path is None:
        return frozenset()
    return frozenset(subject_id for subject_id, _ in _rows_of(path, TABLES["patients"], None))


def raw_dictionaries(folders: Sequence[Path]) -> dict[str, list[tuple[Cell, ...]]]:
    """The rows of every dictionary that the folders hold, in schema order; like `raw_records`."""
    names = [name for name, table in TABLES.items() if table.is_dictionary]
    return {
        name: [tuple(row.values()) for row in _dictionary_rows(path, TABLES[name])]
        for name, path in _table_files(folders, names).items()
    }


def _table_files(folders: Sequence[Path], tables: Collection[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in _all_files(folders):
        name = _table_of(path)
        if name is None or name not in tables:
            continue
        if name in found:
            raise RawRecordError(
                f"table {name} is there twice: {found[name]} and {path}; name one folder only"
            )
        found[name] = path
    return found


def _all_files(folders: Sequence[Path]) -> Iterator[Path]:
    return (path for folder in folders for path in sorted(_files_below(folder)))


def _files_below(folder: Path) -> Iterator[Path]:
    """Every file, through linked folders too: a module often lies on another disk.

    The images of MIMIC-CXR, a few hundred thousand, are passed over.
    """
    for directory, below, names in os.walk(folder, followlinks=True):
        if any(name.startswith(IMAGE_FILES) for name in names) and IMAGE_FOLDER in below:
            below.remove(IMAGE_FOLDER)
        yield from (Path(directory) / name for name in names)


def _table_of(path: Path) -> str | None:
    """The table that a file is, by its name and its module folder; `cxr` is no single file."""
    name = path.name.lower()
    for ending in _ENDINGS:
        table = TABLES.get(name.removesuffix(ending)) if name.endswith(ending) else None
        if table is None or table.name == "cxr":
            continue
        if path.parent.name.lower() == table.module:
            return table.name
    return None


def _rows_of(
    path: Path, table: Table, wanted: frozenset[int] | None
) -> Iterator[tuple[int, RawRow]]:
    """The rows of the patients who are `wanted`; of all where that is None."""
    with opened(path) as file:
        lines = csv.reader(file, strict=True)
        header = [name.strip().lower() for name in next(lines, [])]
        if "subject_id" not in header:
            raise RawRecordError(f"{path} has no column subject_id; is it a table of MIMIC?")
        subject_place = header.index("subject_id")
        subject_in = _subject_reader(wanted)
        read_row = _row_reader(table, header)
        for cells in lines:
            if len(cells) != len(header):
                continue
            subject_id = subject_in(cells[subject_place])
            if subject_id is None:
                continue
            row = read_row(cells)
            if row is not None:
                yield subject_id, row


def _dictionary_rows(path: Path, table: Table) -> Iterator[RawRow]:
    with opened(path) as file:
        lines = csv.reader(file, strict=True)
        header = [name.strip().lower() for name in next(lines, [])]
        read_row = _row_reader(table, header)
        for cells in lines:
            row = read_row(cells) if len(cells) == len(header) else None
            if row is not None:
                yield row


def _subject_reader(wanted: frozenset[int] | None) -> Callable[[str], int | None]:
    """Reads a subject_id; None for a patient who is not wanted and for what is no id."""
    ids: dict[str, int | None] = {}

    def subject_in(text: str) -> int | None:
        if text not in ids:
            try:
                subject_id = read_integer(text)
            except ValueError:
                subject_id = None
            ids[text] = subject_id if wanted is None or subject_id in wanted else None
        return ids[text]

    return subject_in


def _row_reader(table: Table, header: list[str]) -> Callable[[list[str]], RawRow | None]:
    """Reads the cells of one line; None for a line with a cell that cannot be read.

    What each text means is remembered per column, for times, ids and values repeat.
    """
    columns = [
        (column.name, header.index(column.name) if column.name in header else -1, column.type)
        for column in table.columns
    ]
    meanings: dict[str, dict[str, Cell]] = {name: {"": None} for name, _, _ in columns}

    def meaning(name: str, text: str, reader: Callable[[str], Cell]) -> Cell:
        known = meanings[name]
        if text not in known:
            known[text] = reader(text)
        return known[text]

    def read_row(cells: list[str]) -> RawRow | None:
        row: RawRow = {}
        for name, place, type_ in columns:
            text = cells[place] if place >= 0 else ""
            if type_ == "text":
                row[name] = text or None
                continue
            try:
                row[name] = meaning(name, text, READERS[type_])
            except ValueError:
                return None
        return row

    return read_row
