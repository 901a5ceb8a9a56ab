"""Many queries of our own over one case: one connection, without the guards for a model's SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

from clinseek.toolkits.ehr.case.case import Case


@contextmanager
def reader(case: Case) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the case's file, with the vocabulary beside it."""
    address = f"file:{quote(str(case.path))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        if case.vocabulary is not None:
            beside = f"file:{quote(str(case.vocabulary))}?mode=ro&immutable=1"
            connection.execute("ATTACH DATABASE ? AS vocabulary", (beside,))
        yield connection
