"""The raw record as pandas reads it: the tables of the csv.gz files, and nothing of clinseek.

A cell that is empty is missing, and no other: `NA` or `None` are names like any other. Ids and
codes stay text. Text is trimmed. Columns of times become timestamps, of which a bare date is the
midnight of its day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

_DATES = frozenset({"chartdate", "dod"})


class Key(NamedTuple):
    """What names one question of a task: whose, of which stay, and asked when."""

    subject_id: str
    stay: str
    """stay_id, else hadm_id, else 0, as in the qid."""
    cutoff: pd.Timestamp
    """Cut to the whole second."""


class Answer(NamedTuple):
    """What the raw record answers: the names of the label, or why the question is left out."""

    label: frozenset[str]
    excluded: str = ""


Questions = dict[Key, list[Answer]]
"""Every anchor of a task by its key. Two anchors may fall into one second: hence the list."""


@dataclass(frozen=True)
class RawRecord:
    """The raw files under some folders, each table read once for each set of columns.

    `subjects` are the patients of a store that does not hold all of them. Raises FileNotFoundError
    where no file has the name of the table, ValueError where several do.
    """

    folders: tuple[Path, ...]
    subjects: frozenset[str] | None = None
    _kept: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict, repr=False)

    def table(self, name: str, columns: str) -> pd.DataFrame:
        """The named columns (parted by blanks) of one table, all of its rows."""
        if (name, columns) not in self._kept:
            self._kept[name, columns] = _table(self._file(name), columns.split(), self.subjects)
        return self._kept[name, columns]

    def names_of_two_patients(self, name: str, column: str) -> frozenset[str]:
        """The pool of a column: the names that at least two patients of the record have."""
        patients = len(self.table("patients", "subject_id"))
        if patients < 20:
            return frozenset()
        held = self.table(name, f"subject_id {column}").dropna().groupby(column)["subject_id"]
        return frozenset(held.nunique().loc[lambda holders: holders >= 2].index)

    def _file(self, name: str) -> Path:
        found = [
            path
            for folder in self.folders
            for ending in ("csv.gz", "csv")
            for path in folder.rglob(f"{name}.{ending}")
        ]
        if not found:
            raise FileNotFoundError(f"the raw folders have no table {name}")
        if len(found) > 1:
            raise ValueError(f"the table {name} is there {len(found)} times: {found}")
        return found[0]


def _table(path: Path, columns: list[str], subjects: frozenset[str] | None) -> pd.DataFrame:
    rows = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""], usecols=columns)
    if subjects is not None and "subject_id" in rows:
        rows = rows[rows["subject_id"].isin(subjects)].copy()
    for column in columns:
        if column.endswith("time") or column in _DATES:
            rows[column] = pd.to_datetime(rows[column], format="ISO8601")
        elif not column.endswith("_id"):
            trimmed = rows[column].str.strip()
            rows[column] = trimmed.where(trimmed != "")
    return rows[columns]


def asked(anchors: Iterable[tuple[Key, Answer]]) -> Questions:
    """The anchors by their key, whose cutoff is cut to the whole second."""
    return by_key((key._replace(cutoff=key.cutoff.floor("s")), answer) for key, answer in anchors)


def by_key(anchors: Iterable[tuple[Key, Answer]]) -> Questions:
    """The anchors by their key, of which each cutoff is a whole second already."""
    questions: Questions = {}
    for key, answer in anchors:
        questions.setdefault(key, []).append(answer)
    return questions


def yes_or_no(*, yes: bool, excluded: str = "") -> Answer:
    """The answer of a risk task."""
    return Answer(frozenset({"yes" if yes else "no"}), excluded)
