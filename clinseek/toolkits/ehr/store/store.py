"""Reading a store: one patient's rows from every table, as they lie in the raw record."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinseek.errors import RuleError, StoreError, SubjectError
from clinseek.toolkits.ehr.store import folder
from clinseek.toolkits.ehr.store.build import SHARD_FILE
from clinseek.toolkits.ehr.store.lock import writer_of
from clinseek.toolkits.ehr.store.manifest import Manifest, read_manifest, read_progress
from clinseek.toolkits.ehr.store.parquet import arrow_schema
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.vocabulary_file import check_vocabulary

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_READERS = 2
"""Threads that read one patient: decoding leaves the interpreter lock, opening a file does not."""


@dataclass(frozen=True)
class Store:
    """A whole store. It never changes while it is open; any number of threads may read it."""

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """The store at `path`.

        Raises StoreError when there is none, when it is unfinished or being written, when it is
        broken, and when a newer or older clinseek made it.
        """
        store = Path(path)
        manifest = read_manifest(store)
        if manifest is None:
            raise StoreError(_why_there_is_none(store))
        unknown = sorted(set(manifest.tables) - set(TABLES))
        if unknown:
            raise RuleError(
                f"{store} holds a table {unknown[0]!r} that no rule speaks of, so nothing is "
                "served; ingest again without it"
            )
        lost = [
            str(place)
            for place in (store / folder.SUBJECTS, *_places(store, manifest))
            if not place.exists()
        ]
        if lost:
            raise StoreError(f"{store} is broken: {lost[0]} is gone; ingest again to mend it")
        if (vocabulary := store / folder.VOCABULARY).is_file():
            recorded = manifest.vocabulary
            check_vocabulary(vocabulary, may_be_empty=recorded is None or not recorded.tables)
        return cls(store, manifest)

    @property
    def fingerprint(self) -> str:
        """A hash of what the store holds; equal for equal content, wherever and whenever made."""
        return self.manifest.fingerprint

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the patients' tables and dictionaries held."""
        return tuple(self.manifest.tables)

    @property
    def vocabulary(self) -> Path:
        """The SQLite file of dictionaries and candidates."""
        return self.path / folder.VOCABULARY

    def subjects(self) -> list[int]:
        """The subject_ids of all patients held, ascending."""
        return list(self._subjects)

    def __contains__(self, subject_id: object) -> bool:
        if not isinstance(subject_id, int):
            return False
        place = bisect.bisect_left(self._subjects, subject_id)
        return place < len(self._subjects) and self._subjects[place] == subject_id

    def read_subject(
        self, subject_id: int, *, tables: Collection[str] | None = None
    ) -> dict[str, pa.Table]:
        """Every patients' table of the store (or those of `tables`) with this patient's rows.

        Columns and their order are the schema's (integer int64, number double, text string, time
        timestamp[us] without zone, date date32); rows run by the table's main time. A table in
        which the patient has no row has 0 rows. Raises SubjectError for a patient not held,
        StoreError for a damaged file.
        """
        from pyarrow.lib import ArrowException

        if subject_id not in self:
            raise SubjectError(
                f"subject_id {subject_id} is not in {self.path}; it holds {self.manifest.subjects} "
                f"patients, for example {self._subjects[0]}"
            )
        shard = SHARD_FILE.format(self._shard_of(subject_id))
        names = [
            name
            for name in self.tables
            if not TABLES[name].is_dictionary and (tables is None or name in tables)
        ]
        # The largest tables first, so that no thread is left alone with one at the end.
        by_size = sorted(names, key=lambda name: -self.manifest.tables[name].rows)

        def read(name: str) -> pa.Table:
            path = folder.table_path(self.path, TABLES[name]) / shard
            try:
                return _read_rows(path, name, subject_id)
            except (ArrowException, OSError) as error:
                raise StoreError(
                    f"{path} is damaged ({str(error).splitlines()[0]}); remove {self.path} and "
                    "ingest again"
                ) from error

        with ThreadPoolExecutor(_READERS) as readers:
            found = dict(zip(by_size, readers.map(read, by_size), strict=True))
        return {name: found[name] for name in names}

    @cached_property
    def _subjects(self) -> list[int]:
        import pyarrow.parquet as pq

        column = pq.ParquetFile(self.path / folder.SUBJECTS).read(["subject_id"])["subject_id"]
        return [int(subject_id) for subject_id in column.to_pylist()]

    def _shard_of(self, subject_id: int) -> int:
        return bisect.bisect_left([shard.last for shard in self.manifest.shards], subject_id)


def _read_rows(path: Path, name: str, subject_id: int) -> pa.Table:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True) as file:
        _refuse_unknown_columns(path, file.schema_arrow.names, name)
        groups = _groups_of(file, TABLES[name].column_names.index("subject_id"), subject_id)
        if not groups:
            return arrow_schema(TABLES[name]).empty_table()
        rows = file.read_row_groups(groups, use_threads=False)
    # Halving, as for groups: an Arrow value of a Python one would import pandas (220 ms).
    subjects, places = rows["subject_id"], range(rows.num_rows)

    def subject_at(place: int) -> int:
        return int(subjects[place].as_py())

    start = bisect.bisect_left(places, subject_id, key=subject_at)
    return rows.slice(start, bisect.bisect_right(places, subject_id, key=subject_at) - start)


def _refuse_unknown_columns(path: Path, columns: Sequence[str], table: str) -> None:
    unknown = sorted(set(columns) - set(TABLES[table].column_names))
    if unknown:
        raise RuleError(
            f"{path} holds a column {unknown[0]!r} that no rule speaks of, so {table} is not "
            "served; ingest again"
        )


def _groups_of(file: pq.ParquetFile, column: int, subject_id: int) -> range:
    """The row groups that may hold the patient: they are sorted, so halving finds both ends."""
    metadata = file.metadata

    def bound(which: Callable[[Any], int]) -> Callable[[int], int]:
        return lambda group: which(metadata.row_group(group).column(column).statistics)

    everything = range(metadata.num_row_groups)
    first = bisect.bisect_left(everything, subject_id, key=bound(lambda found: int(found.max)))
    end = bisect.bisect_right(everything, subject_id, key=bound(lambda found: int(found.min)))
    return range(first, end)


def _places(store: Path, manifest: Manifest) -> list[Path]:
    return [folder.table_path(store, TABLES[name]) for name in manifest.tables]


def _why_there_is_none(store: Path) -> str:
    if not store.exists():
        return f"no store at {store}; make one with: clinseek ingest DIR --out {store}"
    writer = writer_of(store)
    if writer is not None:
        return f"{store} is being written by process {writer}; wait for it to end"
    if read_progress(store) is not None:
        return f"{store} is unfinished; run the same clinseek ingest again, it goes on from there"
    return f"{store} is no store (no manifest.json); make one with: clinseek ingest DIR --out NEW"
