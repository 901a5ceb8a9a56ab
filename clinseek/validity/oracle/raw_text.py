"""The text of one raw csv file, plain or packed."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from clinseek.errors import RawRecordError

_LONGEST_CELL = 1 << 30


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """The text of a csv file; RawRecordError for one that cannot be read."""
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    usual_limit = csv.field_size_limit(_LONGEST_CELL)  # a note may be longer
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise RawRecordError(
            f"{path} cannot be read ({error}); fetch it again and compare it with SHA256SUMS.txt"
        ) from error
    finally:
        csv.field_size_limit(usual_limit)
