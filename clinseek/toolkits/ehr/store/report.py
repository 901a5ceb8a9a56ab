"""What an ingest tells: its progress while it runs, and its report at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from clinseek.toolkits.ehr.store.cxr.files import CxrFiles
from clinseek.toolkits.ehr.tables import Module

_SECONDS_BETWEEN_CALLS = 0.25
_SECONDS_TO_JUDGE_BY = 1.0
_SHARE_TO_JUDGE_BY = 0.05


@dataclass(frozen=True)
class IngestProgress:
    """Where an ingest stands.

    `rows` of `table` have been read so far, `rows_per_second` of this table; `seconds_left` is
    for all tables, None while too little is done to say.
    """

    table: str
    rows: int
    rows_per_second: float
    seconds_left: float | None


@dataclass(frozen=True)
class TableReport:
    """What became of one table: rows kept, and rows left out and why (see `TableManifest`).

    `kept` is True when an earlier run had finished it. In a dry run the numbers are estimates.
    """

    table: str
    module: Module
    rows: int
    seconds: float
    rejected: int = 0
    unlisted: int = 0
    unselected: int = 0
    unknown_columns: tuple[str, ...] = ()
    bare_dates: dict[str, int] = field(default_factory=dict)
    kept: bool = False


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did.

    `disk_bytes` is the store's size, `working_bytes` what it needs besides while it is made (dry
    run only). `already_complete` says that nothing had to be done. `fingerprint` is None after a
    dry run. `cxr` says what was found of MIMIC-CXR.
    """

    store: Path
    tables: tuple[TableReport, ...]
    subjects: int
    seconds: float
    disk_bytes: int
    fingerprint: str | None
    missing: tuple[str, ...]
    unknown_tables: tuple[Path, ...]
    strays: tuple[Path, ...]
    absent_subjects: tuple[int, ...] = ()
    working_bytes: int = 0
    dry_run: bool = False
    already_complete: bool = False
    cxr: CxrFiles | None = None

    @property
    def rows(self) -> int:
        """Rows kept over all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def rejected(self) -> int:
        """Broken rows over all tables; each stands in STORE/rejected/<table>.csv."""
        return sum(table.rejected for table in self.tables)


class ProgressMeter:
    """Turns bytes read and shards written into calls of a progress callback.

    Reading a table counts for its raw bytes, sorting and writing it for as much again.
    """

    def __init__(self, total_bytes: int, callback: Callable[[IngestProgress], None] | None) -> None:
        self._total = 2 * total_bytes
        self._callback = callback
        self._began = time.monotonic()
        self._finished = 0
        self._table = ""
        self._table_bytes = 0
        self._table_began = self._began
        self._told = float("-inf")

    def start(self, table: str, size: int) -> None:
        """A table of `size` raw bytes begins."""
        self._table, self._table_bytes = table, size
        self._table_began = time.monotonic()

    def read(self, rows: int, raw_bytes: int) -> None:
        """So many rows, and raw bytes, of the table have been read."""
        self._tell(rows, raw_bytes)

    def written(self, rows: int, share: float) -> None:
        """The `share` (0 to 1) of the table's shards has been written."""
        self._tell(rows, round(self._table_bytes * (1 + share)))

    def finish(self, rows: int) -> float:
        """The table is done; returns the seconds it took."""
        self._finished += 2 * self._table_bytes
        self._told = float("-inf")
        self._tell(rows, 0)
        return time.monotonic() - self._table_began

    def _tell(self, rows: int, done_of_table: int) -> None:
        now = time.monotonic()
        if self._callback is None or now - self._told < _SECONDS_BETWEEN_CALLS:
            return
        self._told = now
        done = self._finished + done_of_table
        elapsed = now - self._began
        is_enough = elapsed >= _SECONDS_TO_JUDGE_BY or done >= _SHARE_TO_JUDGE_BY * self._total
        left = elapsed / done * (self._total - done) if done and is_enough else None
        seconds = max(now - self._table_began, 1e-6)
        self._callback(IngestProgress(self._table, rows, rows / seconds, left))
