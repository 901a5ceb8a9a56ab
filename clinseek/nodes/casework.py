"""Binding a run to its case, and finding the case's file again from any node."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from clinseek.graphs.state import CaseBinding
from clinseek.toolkits.ehr.availability import profile_named
from clinseek.toolkits.ehr.availability.profiles import CaseProfile
from clinseek.toolkits.ehr.case import Case, CaseKey
from clinseek.toolkits.ehr.descriptions.links import DICTIONARY_LINKS

_TOO_GENERAL = frozenset({"fluid", "category"})
"""What a dictionary says of many items alike names none of them."""
_TELLING_IDS = frozenset({"hadm_id", "stay_id"})
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


class OpenCase(Protocol):
    """What opens a case: `clinseek.toolkits.ehr.case.open_case`, or a double with its shape."""

    def __call__(
        self, store: str, subject_id: int, *, cutoff: str, profile: str, folder: Path, name: str
    ) -> Case:
        """The case of `subject_id` at `cutoff` in the file `folder/name`, written whole or not."""
        ...


def task_of(state: Mapping[str, Any]) -> str:
    """A hash over what the user asked: a fork that edits any of it starts a new case.

    It is taken of the inputs as they stand in the state, so an edit made in Studio shows.
    """
    asked = [
        state.get("subject_id"),
        state.get("cutoff"),
        state["question"],
        state.get("candidates") or [],
        state.get("answer_form"),
        state.get("images") or [],
        state.get("reports") or [],
    ]
    return hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()[:16]


def case_file_name(thread: str, *key: object) -> str:
    """The name of a case's file: the thread, where it makes a file name, and a hash of the key.

    >>> case_file_name("run-7", "store", 1, "2150-01-01").startswith("run-7-")
    True
    """
    digest = hashlib.sha256(repr((thread, *key)).encode()).hexdigest()[:16]
    plain = thread if _PLAIN_NAME.fullmatch(thread) else "thread"
    return f"{plain}-{digest}.sqlite"


def reopen(open_case: OpenCase, binding: CaseBinding) -> Case:
    """The bound case: its file where it still lies, else made again with the same bytes."""
    place = Path(binding["file"])
    if binding["subject_id"] is None or binding["cutoff"] is None:
        return no_record(place)
    if not place.is_file():
        return open_case(
            binding["store"],
            binding["subject_id"],
            cutoff=binding["cutoff"],
            profile=binding["profile"],
            folder=place.parent,
            name=place.name,
        )
    key = CaseKey(binding["store"], binding["subject_id"], binding["cutoff"], binding["profile"])
    vocabulary = binding["vocabulary"]
    return Case(key, place, Path(vocabulary) if vocabulary else None)


def no_record(file: Path) -> Case:
    """A case without a single table, in `file`, for a question that names no patient."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 1")
    return Case(CaseKey("", 0, "", profile_named("available")), file, None)


def unbound(file: Path, *, profile: CaseProfile) -> CaseBinding:
    """The binding of a run that opens no record; its case is written to `file`."""
    no_record(file)
    return CaseBinding(
        store="",
        fingerprint="",
        vocabulary=None,
        subject_id=None,
        cutoff=None,
        profile=profile,
        file=str(file),
        task="",
    )


def row_counts(case: Case) -> dict[str, int]:
    """How many rows each of the patient's tables holds, empty ones left out, by name."""
    if not case.tables:
        return {}
    counting = " UNION ALL ".join(
        f"SELECT '{table}', COUNT(*) FROM \"{table}\"" for table in case.tables
    )
    return {table: rows for table, rows in case.select(counting, ours=True).rows if rows}


def row_of(case: Case, table: str, row_id: int) -> dict[str, Any] | None:
    """One row of a patient's table by its row id, as column -> value; None if there is none."""
    if table not in case.tables:
        return None
    found = case.select(f'SELECT * FROM "{table}" WHERE row_id = ?', [row_id])
    return dict(zip(found.columns, found.rows[0], strict=True)) if found.rows else None


def cells_of(row: Mapping[str, Any]) -> list[Any]:
    """What a row says, without surrogate ids and item numbers: they prove nothing.

    >>> cells_of({"row_id": 3, "itemid": 50912, "hadm_id": 23056183, "valuenum": 4.1})
    [23056183, 4.1]
    """
    return [
        cell
        for column, cell in row.items()
        if column in _TELLING_IDS or not column.endswith(("_id", "_seq", "itemid"))
    ]


def labels_of(case: Case, table: str, row: Mapping[str, Any]) -> list[str]:
    """The names that dictionaries give to the codes of a row (item, diagnosis, procedure)."""
    labels: list[str] = []
    for link in DICTIONARY_LINKS.get(table, ()):
        codes = [row.get(column) for column in link.columns]
        if link.target not in case.dictionaries or None in codes:
            continue
        where = " AND ".join(f'"{key}" = ?' for key in link.keys)
        shown = ", ".join(f'"{column}"' for column in link.shows if column not in _TOO_GENERAL)
        found = case.select(f'SELECT {shown} FROM "{link.target}" WHERE {where} LIMIT 1', codes)
        labels.extend(str(cell) for cells in found.rows for cell in cells if cell is not None)
    return labels
