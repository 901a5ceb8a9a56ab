"""Which files of a download are which tables of MIMIC."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store.cxr.columns import Part
from clinseek.toolkits.ehr.store.cxr.files import CxrFiles, cxr_files, part_of, without_images
from clinseek.toolkits.ehr.tables import CXR, TABLES, Module

REQUIRED_TABLES = ("patients", "admissions")
"""Without these two there is no patient and no stay, so no case."""

_Key = TypeVar("_Key", bound=str)
_MODULES = frozenset(get_args(Module))
_TABLE_ENDINGS = (".csv.gz", ".csv")
_COMPANIONS = frozenset(
    {
        "license.txt",
        "readme",
        "readme.txt",
        "readme.md",
        "changelog.txt",
        "sha256sums.txt",
        "index.html",
    }
)
"""Files that PhysioNet lays beside the tables; passed over without a word."""


@dataclass(frozen=True)
class Discovery:
    """What the source folders hold.

    `tables` maps a table's name to its file. `unknown_tables` are csv files of a module folder
    that no MIMIC module has; `strays` are all other files; `missing` are tables without a file.
    `cxr` are the files of MIMIC-CXR, of which one table is made; `tables` has their metadata.
    """

    tables: dict[str, Path]
    unknown_tables: tuple[Path, ...]
    strays: tuple[Path, ...]
    missing: tuple[str, ...]
    cxr: CxrFiles | None = None

    def files(self, table: str) -> tuple[Path, ...]:
        """All files that a table is made of."""
        if table == "cxr" and self.cxr is not None:
            return tuple(self.cxr.paths.values())
        return (self.tables[table],)


def discover(sources: Iterable[Path], *, apart: Iterable[Path] = ()) -> Discovery:
    """Find the tables under `sources`: csv or csv.gz files whose folder is hosp, icu, ed or note.

    The files of MIMIC-CXR(-JPG) are known by their names, wherever they lie.

    Folders in `apart` (a store or code lists that lie among the raw files) are passed over.
    Raises RawRecordError for a source that is no folder, for a table that is found twice, where
    no table is found at all, where `patients` or `admissions` is missing, and for MIMIC-CXR without
    its metadata.
    """
    folders = tuple(sources)
    tables: dict[str, Path] = {}
    images: dict[Part, Path] = {}
    unknown: list[Path] = []
    strays: list[Path] = []
    for path in _files(folders, apart):
        name, part = table_name(path), part_of(path.name)
        if part is not None:
            _add_once(images, part, path, f"the {part} of MIMIC-CXR")
            continue
        table = TABLES.get(name) if name is not None else None
        if name is None or path.parent.name.lower() not in _MODULES:
            strays.append(path)
        elif table is None or table.module != path.parent.name.lower() or table in CXR:
            unknown.append(path)
        else:
            _add_once(tables, name, path, f"table {name}")
    cxr = cxr_files(images)
    _check_required(tables, folders, has_images=cxr is not None)
    if cxr is not None:
        tables |= {table.name: cxr.paths["metadata"] for table in CXR}
    missing = tuple(name for name in TABLES if name not in tables)
    return Discovery(tables, tuple(unknown), tuple(strays), missing, cxr)


def _add_once(found: dict[_Key, Path], key: _Key, path: Path, what: str) -> None:
    if key in found:
        raise RawRecordError(
            f"{what} is there twice: {found[key]} and {path}; name only one of the folders, or "
            "move one of the files away"
        )
    if not path.is_file():
        raise RawRecordError(f"{path} is a link to a file that is not there; mend or remove it")
    found[key] = path


def table_name(path: Path) -> str | None:
    """The table that a file name speaks of, or None where it is no csv file.

    >>> table_name(Path("hosp/labevents.csv.gz"))
    'labevents'
    >>> table_name(Path("LICENSE.txt")) is None
    True
    """
    name = path.name.lower()
    if name.startswith("."):
        return None
    return next((name[: -len(end)] for end in _TABLE_ENDINGS if name.endswith(end)), None)


def _files(folders: Iterable[Path], apart: Iterable[Path]) -> Iterator[Path]:
    seen = {os.path.realpath(folder) for folder in apart}
    for folder in folders:
        if not folder.is_dir():
            what = "is a file, not a folder" if folder.exists() else "does not exist"
            raise RawRecordError(
                f"{folder} {what}; name the folder of a MIMIC-IV download (the one that holds "
                "hosp/ and icu/)"
            )
        # Made absolute, so that "." has a name; links keep theirs, which may say hosp.
        for directory, below, names in os.walk(folder.absolute(), followlinks=True):
            real = os.path.realpath(directory)
            if real in seen:
                below.clear()
                continue
            seen.add(real)
            below[:] = sorted(without_images(below, names))
            yield from (
                Path(directory, name) for name in sorted(names) if name.lower() not in _COMPANIONS
            )


def _check_required(
    tables: dict[str, Path], folders: tuple[Path, ...], *, has_images: bool
) -> None:
    where = ", ".join(str(folder) for folder in folders) or "(no folder was named)"
    if not tables and has_images:
        raise RawRecordError(
            f"{where} holds X-rays alone, which are no record by themselves; name the MIMIC-IV "
            "folder too, here and whenever this store is ingested again"
        )
    if not tables:
        raise RawRecordError(
            f"no MIMIC table found under {where}; a download has folders hosp, icu, ed or note "
            "with files such as hosp/patients.csv.gz"
        )
    absent = [name for name in REQUIRED_TABLES if name not in tables]
    if absent:
        files = " and ".join(f"{TABLES[name].module}/{name}.csv.gz" for name in absent)
        raise RawRecordError(
            f"{files} not found under {where}; no record can be made without it, so name the "
            "MIMIC-IV folder that holds hosp/ too"
        )
