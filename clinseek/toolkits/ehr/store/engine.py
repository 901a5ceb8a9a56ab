"""The DuckDB connection of an ingest, and the patients that all its tables share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clinseek.errors import RawRecordError
from clinseek.settings import cores
from clinseek.toolkits.ehr.store.build import read_rows
from clinseek.toolkits.ehr.store.convert import Converter
from clinseek.toolkits.ehr.store.raw_file import RawFile
from clinseek.toolkits.ehr.store.shards import ShardPlan, plan_shards
from clinseek.toolkits.ehr.tables import TABLES

if TYPE_CHECKING:
    import duckdb

_INTERRUPTED = ("query interrupted", "interrupt error", "keyboardinterrupt")
_MEMORY = "600MB"
_MOST_THREADS = 4
_PLAN = "CREATE OR REPLACE TABLE plan (subject_id BIGINT, shard INTEGER)"


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that sorts what does not fit in files under `spill`."""
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": _MEMORY,
            "threads": min(cores(), _MOST_THREADS),
            "temp_directory": str(spill),
        }
    )
    connection.execute("SET enable_progress_bar = false")  # it writes into the caller's output
    return connection


@contextmanager
def ctrl_c_as_itself() -> Iterator[None]:
    """KeyboardInterrupt for what DuckDB makes of a Ctrl-C that reaches it within a query."""
    import duckdb

    try:
        yield
    except (RuntimeError, OSError, ValueError, duckdb.Error) as error:
        if any(words in str(error).lower() for words in _INTERRUPTED):
            raise KeyboardInterrupt from error
        raise


def load_plan(
    connection: duckdb.DuckDBPyConnection, patients: Path, selected: tuple[int, ...] | None
) -> ShardPlan:
    """The shards of all patients in the file `patients`, also as `plan` of the connection.

    Raises RawRecordError where no patient is left.
    """
    plan = plan_shards(_read_patients(connection, patients), selected)
    if not plan.subjects:
        of_those = " that the list of patients names" if selected else ""
        raise RawRecordError(f"{patients} holds no patient{of_those}; nothing can be ingested")
    connection.execute(_PLAN)
    connection.register("planned", plan.table())
    connection.execute("INSERT INTO plan SELECT subject_id, shard FROM planned")
    connection.unregister("planned")
    return plan


def _read_patients(connection: duckdb.DuckDBPyConnection, path: Path) -> set[int]:
    """The subject_ids of the unbroken rows."""
    converter = Converter(connection, TABLES["patients"])
    connection.execute(_PLAN)
    found: set[int] = set()
    for rows in read_rows(RawFile(path).chunks(), TABLES["patients"], path)[1]:
        found.update(converter.subject_ids(rows))
    return found
