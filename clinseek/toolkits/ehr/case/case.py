"""The handle on an opened case: what it is a case of, and guarded reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import Refusal
from clinseek.scratch import Scratch
from clinseek.toolkits.ehr.availability import CaseProfile
from clinseek.toolkits.ehr.case.composition import composition_of
from clinseek.toolkits.ehr.case.guard import (
    DEFAULT_LIMITS,
    VOCABULARY,
    Limits,
    Rows,
    columns,
    select,
    tables_read,
)
from clinseek.toolkits.ehr.tables import TABLES, Table


class CaseKey(NamedTuple):
    """What a case is a case of; two equal keys over one store give equal bytes."""

    store: str
    subject_id: int
    cutoff: str
    profile: CaseProfile


@dataclass(frozen=True)
class Case:
    """An opened case. Every `select` has a connection of its own, so a case may be shared."""

    key: CaseKey
    path: Path
    vocabulary: Path | None
    own_folder: Scratch | None = field(default=None, compare=False, repr=False)

    @cached_property
    def _columns(self) -> dict[str, dict[str, tuple[str, ...]]]:
        return columns(self.path, self.vocabulary)

    @property
    def tables(self) -> tuple[str, ...]:
        """The patient's tables in this case, in alphabetical order."""
        return tuple(self._columns["main"])

    @property
    def dictionaries(self) -> tuple[str, ...]:
        """The tables of the vocabulary file (`d_labitems`, candidates, ...)."""
        return tuple(self._columns.get(VOCABULARY, {}))

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a patient's table or a dictionary; Refusal when there is no such table."""
        found = next((held[table] for held in self._columns.values() if table in held), None)
        if found is None:
            raise Refusal(f"no table {table!r} in this record")
        return found

    def event_time(self, table: str) -> str | None:
        """The one column by which `table` is read in time; None where it has no such column."""
        if table not in TABLES or TABLES[table].is_dictionary:
            return None
        return composition_of(self.key.profile).event_time(table)

    def schema(self, table: str) -> Table:
        """The columns of a patient's table with their types, row_id apart; KeyError if unknown.

        Under `reference` a table may have a column beside those of MIMIC, and a date as a time.
        """
        return composition_of(self.key.profile).schema(table)

    def select(
        self,
        sql: str,
        parameters: Sequence[Any] = (),
        *,
        limits: Limits = DEFAULT_LIMITS,
        ours: bool = False,
    ) -> Rows:
        """The rows of one SELECT over this case and its vocabulary; Refusal with a sentence.

        `ours` says that no model wrote it: it is not looked at for how large it grows.
        """
        return select(
            self.path, sql, parameters, vocabulary=self.vocabulary, limits=limits, ours=ours
        )

    def tables_read(self, sql: str) -> frozenset[str]:
        """The patient's tables and dictionaries that a SELECT reads; Refusal where it cannot be."""
        return tables_read(self.path, sql, vocabulary=self.vocabulary)

    def close(self) -> None:
        """Remove the case's file, and its folder where it was made for it; again does nothing."""
        self.path.unlink(missing_ok=True)
        if self.own_folder is not None:
            self.own_folder.remove()
