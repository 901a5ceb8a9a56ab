"""Arrow tables into a SQLite file, column by column inside the ADBC driver.

By its low-level interface: its DB-API imports pyarrow.dataset, and with it pandas where that is
installed, a quarter of a second in the first case of a process.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class ArrowWriter:
    """A connection to a SQLite file that takes Arrow tables."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str) -> None:
        """Run a statement that gives no rows."""
        with self._statement() as statement:
            statement.set_sql_query(sql)
            statement.execute_update()

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to a table that is there; columns are found by name."""
        from adbc_driver_manager import (
            INGEST_OPTION_MODE,
            INGEST_OPTION_MODE_APPEND,
            INGEST_OPTION_TARGET_TABLE,
        )

        options = {INGEST_OPTION_TARGET_TABLE: table, INGEST_OPTION_MODE: INGEST_OPTION_MODE_APPEND}
        with self._statement() as statement:
            statement.set_options(**options)
            statement.bind_stream(rows.to_reader())
            statement.execute_update()

    def _statement(self) -> closing[Any]:
        from adbc_driver_manager import AdbcStatement

        return closing(AdbcStatement(self._connection))


@contextmanager
def arrow_writer(path: Path) -> Iterator[ArrowWriter]:
    """A writer of the file `path`; OSError where the disk is full."""
    import adbc_driver_sqlite
    from adbc_driver_manager import AdbcConnection

    with (
        _full_disk_as_itself(path),
        closing(adbc_driver_sqlite.connect(str(path))) as database,
        closing(AdbcConnection(database)) as connection,
    ):
        yield ArrowWriter(connection)


@contextmanager
def _full_disk_as_itself(path: Path) -> Iterator[None]:
    """OSError for what the ADBC driver, with an error of its own, says of a full disk."""
    from adbc_driver_manager import Error

    try:
        yield
    except Error as error:
        if "disk is full" not in str(error):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
