"""Patients in shards: which shard holds whom, and the rows of a table waiting for theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

PATIENTS_A_SHARD = 1_000
MOST_SHARDS = 400
"""Each shard is an open file while a table is read; a process may usually have 1,024."""

UNSELECTED = -1

BYTES_IN_MEMORY = 64 << 20
"""Typed rows of a table that wait in memory before they are laid down on disk, by shard."""


class Shard(NamedTuple):
    """The patients from `first` to `last` (subject_id, both included), `subjects` in number."""

    first: int
    last: int
    subjects: int


@dataclass(frozen=True)
class ShardPlan:
    """All patients of the record in shards of neighbours.

    `subjects` is sorted and holds the selected patients; `unselected` the others.
    """

    subjects: tuple[int, ...]
    unselected: tuple[int, ...]
    shards: tuple[Shard, ...]

    @cached_property
    def digest(self) -> str:
        """A hash of who is in the record, who was selected, and how they are cut into shards."""
        return hashlib.sha256(
            repr((self.subjects, self.unselected, self.shards)).encode()
        ).hexdigest()

    def absent(self, selected: Iterable[int] | None) -> tuple[int, ...]:
        """Those of the selected patients that the record does not list."""
        return tuple(sorted(set(selected or ()).difference(self.subjects)))

    def write(self, path: Path) -> None:
        """`subject_id`, `shard` of the selected patients as a Parquet file, sorted."""
        import pyarrow.parquet as pq

        draft = path.with_name(f".{path.name}.draft")
        pq.write_table(self.table().slice(0, len(self.subjects)), draft)
        draft.replace(path)

    def table(self) -> pa.Table:
        """`subject_id`, `shard` for every patient; shard is -1 outside the selection."""
        import pyarrow as pa

        numbers = [
            number for number, shard in enumerate(self.shards) for _ in range(shard.subjects)
        ]
        return pa.table(
            {
                "subject_id": pa.array([*self.subjects, *self.unselected], pa.int64()),
                "shard": pa.array([*numbers, *[UNSELECTED] * len(self.unselected)], pa.int32()),
            }
        )


def plan_shards(patients: Iterable[int], selected: Iterable[int] | None = None) -> ShardPlan:
    """Cut the (selected) patients, sorted by subject_id, into shards of equal size.

    >>> plan_shards([3, 1, 2]).shards
    (Shard(first=1, last=3, subjects=3),)
    """
    listed = set(patients)
    chosen = sorted(listed if selected is None else listed & set(selected))
    size = max(PATIENTS_A_SHARD, -(-len(chosen) // MOST_SHARDS))
    parts = [chosen[start : start + size] for start in range(0, len(chosen), size)]
    return ShardPlan(
        subjects=tuple(chosen),
        unselected=tuple(sorted(listed.difference(chosen))),
        shards=tuple(Shard(part[0], part[-1], len(part)) for part in parts),
    )


class Spool:
    """The typed rows of one table, gathered by shard: in memory while few, then on disk."""

    def __init__(self, folder: Path, shards: int, *, in_memory: int = BYTES_IN_MEMORY) -> None:
        self._folder = folder
        self._shards = shards
        self._in_memory = in_memory
        self._waiting: list[pa.Table] = []
        self._bytes = 0
        self._schema: pa.Schema | None = None
        self._writers: dict[int, pa.RecordBatchStreamWriter] = {}

    def add(self, rows: pa.Table) -> None:
        """Take in rows that have a column `shard`."""
        self._schema = self._schema or rows.schema
        if rows.num_rows == 0:
            return
        self._waiting.append(rows)
        self._bytes += rows.nbytes
        if self._bytes >= self._in_memory:
            self._lay_down()

    def by_shard(self) -> Iterator[tuple[int, pa.Table | pa.RecordBatchReader]]:
        """Every shard in turn with its rows, none left out; to be called once, at the end."""
        import pyarrow as pa

        if self._schema is None:
            raise ValueError("nothing was added, not even an empty table")
        if not self._writers:
            held = dict(_split(self._waiting))
            for shard in range(self._shards):
                yield shard, held.pop(shard, self._schema.empty_table())
            return
        self._lay_down()
        for writer in self._writers.values():
            writer.close()
        for shard in range(self._shards):
            if shard not in self._writers:
                yield shard, self._schema.empty_table()
                continue
            path = self._path(shard)
            with pa.OSFile(str(path)) as file:
                yield shard, pa.ipc.open_stream(file)
            path.unlink()

    def _lay_down(self) -> None:
        import pyarrow as pa

        for shard, rows in _split(self._waiting):
            if shard not in self._writers:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._writers[shard] = pa.ipc.new_stream(
                    str(self._path(shard)),
                    rows.schema,
                    options=pa.ipc.IpcWriteOptions(compression="lz4"),
                )
            self._writers[shard].write_table(rows)
        self._waiting, self._bytes = [], 0

    def _path(self, shard: int) -> Path:
        return self._folder / f"{shard:05d}.arrows"


def _split(tables: list[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
    """The rows of the tables by shard, in the order of the shards."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not tables:
        return
    rows = pa.concat_tables(tables)
    shard = rows["shard"]
    if pc.min(shard) == pc.max(shard):
        yield shard[0].as_py(), rows
        return
    rows = rows.sort_by("shard")
    start = 0
    runs = pc.run_end_encode(rows["shard"].combine_chunks())
    for number, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield number, rows.slice(start, end - start)
        start = end
