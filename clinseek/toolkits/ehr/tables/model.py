"""What a table of MIMIC is: its module, its columns, and the type of each."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

ColumnType = Literal["integer", "number", "text", "time", "date"]
"""`time` is `YYYY-MM-DD HH:MM:SS`, `date` is `YYYY-MM-DD` (no hour known)."""

Module = Literal["hosp", "icu", "ed", "note", "cxr"]
"""Where a table comes from: four folders of MIMIC-IV downloads, and MIMIC-CXR (`cxr`)."""


class Column(NamedTuple):
    """One column: its lower-case name and its type."""

    name: str
    type: ColumnType


class Table(NamedTuple):
    """One table: the folder it lies in, its name, its columns in file order."""

    module: Module
    name: str
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names alone, in file order."""
        return tuple(column.name for column in self.columns)

    @property
    def is_dictionary(self) -> bool:
        """True for the tables that speak of no patient (`d_items`, `provider`, ...)."""
        return "subject_id" not in self.column_names

    def type_of(self, column: str) -> ColumnType:
        """The type of `column`; KeyError when the table has no such column."""
        for name, type_ in self.columns:
            if name == column:
                return type_
        raise KeyError(f"{self.name}.{column}")


def table(module: Module, name: str, columns: str) -> Table:
    """A table from `name type` pairs parted by commas.

    >>> table("ed", "triage", "subject_id integer, pain text").column_names
    ('subject_id', 'pain')
    """
    parsed: list[Column] = []
    for pair in columns.split(","):
        column, type_ = pair.split()
        if type_ not in get_args(ColumnType):
            raise ValueError(f"{name}.{column}: unknown column type {type_!r}")
        parsed.append(Column(column, type_))  # type: ignore[arg-type]
    return Table(module, name, tuple(parsed))
