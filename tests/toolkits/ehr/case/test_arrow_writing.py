"""Arrow tables into SQLite, a disk that is full meanwhile, and what none of it imports."""

import errno
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from adbc_driver_manager import AdbcStatusCode, InternalError, OperationalError, ProgrammingError

from clinseek.toolkits.ehr.case.arrow_writing import arrow_writer


def test_columns_are_found_by_name_and_those_that_are_missing_stay_empty(tmp_path: Path) -> None:
    with arrow_writer(tmp_path / "sheet.sqlite") as writer:
        writer.execute("CREATE TABLE labs (itemid INTEGER, value TEXT, comments TEXT)")
        writer.append("labs", pa.table({"value": ["6.1", None], "itemid": [50971, 50822]}))
    with closing(sqlite3.connect(tmp_path / "sheet.sqlite")) as sheet:
        rows = sheet.execute("SELECT * FROM labs").fetchall()
    assert rows == [(50971, "6.1", None), (50822, None, None)]


def test_a_full_disk_is_told_as_the_system_tells_it(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.sqlite"
    with pytest.raises(OSError, match="No space left") as raised, arrow_writer(sheet):
        raise OperationalError(
            "IO: Failed to step query: database or disk is full", status_code=AdbcStatusCode.IO
        )
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(sheet))


def test_every_other_fault_of_the_driver_stays_itself(tmp_path: Path) -> None:
    with pytest.raises(InternalError), arrow_writer(tmp_path / "sheet.sqlite") as writer:
        writer.append("labs", pa.table({"itemid": [50971]}))
    with pytest.raises(ProgrammingError), arrow_writer(tmp_path / "sheet.sqlite"):
        raise ProgrammingError("no such table", status_code=AdbcStatusCode.INVALID_ARGUMENT)


def test_the_first_case_of_a_process_does_not_wait_for_pandas(demo_store: Path) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed, so nothing could import it")
    code = (
        "import sys\n"
        "from clinseek.toolkits.ehr.case import open_case\n"
        f"open_case({str(demo_store)!r}, 10014354, cutoff='2199-01-01').close()\n"
        "print('pandas' in sys.modules, 'pyarrow' in sys.modules)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True"]
