"""The sheet, and a disk that is full while it is written."""

import errno
from pathlib import Path

import pytest
from adbc_driver_manager import AdbcStatusCode, OperationalError, ProgrammingError

from clinseek.toolkits.ehr.case.sheet import _full_disk_as_itself


def test_a_full_disk_is_told_as_the_system_tells_it(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.sqlite"
    with pytest.raises(OSError, match="No space left") as raised, _full_disk_as_itself(sheet):
        raise OperationalError(
            "IO: Failed to step query: database or disk is full", status_code=AdbcStatusCode.IO
        )
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(sheet))


def test_every_other_fault_of_the_driver_stays_itself(tmp_path: Path) -> None:
    with pytest.raises(ProgrammingError), _full_disk_as_itself(tmp_path / "sheet.sqlite"):
        raise ProgrammingError("no such table", status_code=AdbcStatusCode.INVALID_ARGUMENT)
