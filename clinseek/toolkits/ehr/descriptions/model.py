"""What a description of a table is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from clinseek.toolkits.ehr.descriptions.links import Link
from clinseek.toolkits.ehr.tables import ColumnType


@dataclass(frozen=True)
class Prose:
    """Our words on one table: what a row is, what each column holds, what to beware of."""

    table: str
    row: str
    columns: Mapping[str, str]
    beware: tuple[str, ...] = ()


def prose(table: str, row: str, columns: str, *beware: str) -> Prose:
    """A table's prose from lines of `column: sentence`; a line without a column goes on.

    >>> prose("omr", "A measurement.", "seq_num: Order within the day.").columns["seq_num"]
    'Order within the day.'
    """
    said: dict[str, str] = {}
    name = ""
    for line in filter(None, map(str.strip, columns.splitlines())):
        head, colon, rest = line.partition(": ")
        if colon and head.replace("_", "").isalnum() and head.islower():
            name = head
            said[name] = rest
        else:
            said[name] = f"{said[name]} {line}"
    return Prose(table, row, MappingProxyType(said), beware)


class ColumnDescription(NamedTuple):
    """One column: what it holds, and what this project hides of it and why (may be empty)."""

    name: str
    type: ColumnType
    says: str
    hidden: str


@dataclass(frozen=True)
class TableDescription:
    """One table, described: `known` says when its rows enter a record (empty for dictionaries)."""

    table: str
    module: str
    row: str
    known: str
    event_time: str | None
    columns: tuple[ColumnDescription, ...]
    links: tuple[Link, ...]
    beware: tuple[str, ...]

    @property
    def text(self) -> str:
        """The description as a model reads it: one line a column."""
        source = "MIMIC-CXR" if self.module == "cxr" else f"MIMIC-IV {self.module}"
        lines = [f"{self.table} ({source}): {self.row}"]
        if self.known:
            by = self.event_time or "none"
            lines.append(f"A row enters the record at: {self.known}. Time column: {by}.")
        lines.append("columns:")
        lines.extend(_column_line(column) for column in self.columns)
        lines.extend(_link_line(link) for link in self.links)
        lines.extend(f"beware: {pitfall}" for pitfall in self.beware)
        return "\n".join(lines)


def _column_line(column: ColumnDescription) -> str:
    hidden = f" [{column.hidden}]" if column.hidden else ""
    return f"- {column.name} ({column.type}): {column.says}{hidden}"


def _link_line(link: Link) -> str:
    pairs = zip(link.columns, link.keys, strict=True)
    joined = " and ".join(f"{own} = {link.target}.{key}" for own, key in pairs)
    shows = f"; record tools show {', '.join(link.shows)}" if link.shows else ""
    return f"join: {joined}{shows}"
