"""A table of the vocabulary before it is written."""

from __future__ import annotations

from typing import Any, NamedTuple

from clinseek.toolkits.ehr.tables import ColumnType


class Sheet(NamedTuple):
    """One table of the vocabulary: its name, its typed columns, its rows in their order."""

    name: str
    columns: tuple[tuple[str, ColumnType], ...]
    rows: list[tuple[Any, ...]]
