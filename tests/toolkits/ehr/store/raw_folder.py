"""A raw MIMIC folder of a few hand-written rows, and its ingest."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from clinseek.toolkits.ehr.store import IngestReport, Store, ingest
from clinseek.toolkits.ehr.tables import TABLES

Cells = dict[str, Any]


class RawFolder:
    """Writes tables under `path` as a download has them: <module>/<table>.csv.gz."""

    def __init__(self, path: Path, *, subjects: Iterable[int] = (10, 20, 30)) -> None:
        self.path = path
        listed = tuple(subjects)
        self.write("patients", [{"subject_id": subject, "gender": "F"} for subject in listed])
        self.write("admissions", [{"subject_id": subject, "hadm_id": 7} for subject in listed])

    def write(
        self,
        table: str,
        rows: Iterable[Cells],
        *,
        columns: Sequence[str] | None = None,
        ending: str = ".csv.gz",
    ) -> Path:
        """A whole file; cells that a row does not name are empty."""
        text = io.StringIO()
        header = columns or TABLES[table].column_names
        writer = csv.DictWriter(text, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return self.put(table, text.getvalue().encode(), ending=ending)

    def lines(self, table: str, *lines: str, ending: str = ".csv.gz") -> Path:
        """A file of the right header and these raw lines, whatever they are."""
        header = ",".join(TABLES[table].column_names)
        return self.put(table, "\n".join([header, *lines, ""]).encode(), ending=ending)

    def put(self, table: str, text: bytes, *, ending: str = ".csv.gz") -> Path:
        """A file with this csv text."""
        path = self.path / TABLES[table].module / f"{table}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text) if ending.endswith(".gz") else text)
        return path


def touch_vocabulary(store: Path, _codes: Path | None) -> None:
    """Stands for the last stage where a test is not about the vocabulary."""
    (store / "vocabulary.sqlite").touch()


def ingested(raw: RawFolder, out: Path, **options: Any) -> tuple[Store, IngestReport]:
    """The store of a raw folder, and the report."""
    report = ingest(raw.path, out, vocabulary=touch_vocabulary, **options)
    return Store.open(out), report


def rows_of(store: Store, subject_id: int, table: str) -> list[Cells]:
    """A patient's rows of one table."""
    rows: list[Cells] = store.read_subject(subject_id)[table].to_pylist()
    return rows


def rejected_rows(store: Path, table: str) -> list[dict[str, str]]:
    """What STORE/rejected/<table>.csv says."""
    with (store / "rejected" / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def parquet_files(store: Path) -> dict[str, bytes]:
    """Every Parquet file of a store by its place in it."""
    return {
        path.relative_to(store).as_posix(): path.read_bytes()
        for path in sorted(store.rglob("*.parquet"))
    }
