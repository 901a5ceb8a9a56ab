"""One patient's whole raw record, read for labels; no case, no cutoff, no rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.evals.benchmarks.tasks.code_book import CodeBook
from clinseek.validity.outcomes import RawRow

if TYPE_CHECKING:
    import pyarrow as pa


class Happening(NamedTuple):
    """Something that a raw row says: to which stay it belongs, when, and a cell of it."""

    owner: int
    moment: datetime
    cell: Any


class RawRecord(Mapping[str, Sequence[RawRow]]):
    """All raw rows of one patient by table; each table is turned into rows when it is asked for.

    `pools` are the names that may be answered, by pool; a pool that is not there bounds nothing.
    """

    def __init__(
        self,
        subject_id: int,
        tables: Mapping[str, pa.Table],
        *,
        book: CodeBook,
        pools: Mapping[str, frozenset[str]],
    ) -> None:
        self.subject_id = subject_id
        self.book = book
        self.pools = pools
        self._tables = tables
        self._rows: dict[str, list[RawRow]] = {}

    def __getitem__(self, table: str) -> list[RawRow]:
        if table not in self._rows:
            self._rows[table] = self._tables[table].to_pylist()
        return self._rows[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def happenings(self, table: str, owner: str, time: str, cell: str) -> Iterator[Happening]:
        """The distinct cells of a table by owner and time, without rows that lack any of them."""
        import pyarrow.compute as pc

        held = self._tables[table].select([owner, time, cell])
        there = pc.and_(pc.is_valid(held[owner]), pc.is_valid(held[time]))
        distinct = held.filter(pc.and_(there, pc.is_valid(held[cell])))
        distinct = distinct.group_by([owner, time, cell]).aggregate([])
        columns = (distinct[name].to_pylist() for name in (owner, time, cell))
        return map(Happening._make, zip(*columns, strict=True))

    def moments(self, table: str, owner: str, time: str) -> Iterator[tuple[int, datetime]]:
        """The distinct moments of a table by owner."""
        import pyarrow.compute as pc

        held = self._tables[table].select([owner, time])
        there = pc.and_(pc.is_valid(held[owner]), pc.is_valid(held[time]))
        distinct = held.filter(there).group_by([owner, time]).aggregate([])
        return zip(distinct[owner].to_pylist(), distinct[time].to_pylist(), strict=True)

    @cached_property
    def admission(self) -> Mapping[int, RawRow]:
        """Admissions by hadm_id."""
        return {row["hadm_id"]: row for row in self["admissions"] if row["hadm_id"] is not None}
