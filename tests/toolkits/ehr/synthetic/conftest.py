"""One cohort of 200 patients, written once and read by all tests as text."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.synthetic import SynthReport, synthesise
from clinseek.toolkits.ehr.tables import TABLES

Rows = list[dict[str, str]]


class Cohort:
    """The files of a cohort, each read when first asked for; an empty string is NULL."""

    def __init__(self, report: SynthReport) -> None:
        self.report = report
        self._rows: dict[str, Rows] = {}

    def __getitem__(self, table: str) -> Rows:
        if table not in self._rows:
            path = self.report.out / TABLES[table].module / f"{table}.csv.gz"
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                self._rows[table] = list(csv.DictReader(file))
        return self._rows[table]


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    out: Path = tmp_path_factory.mktemp("cohort") / "raw"
    return Cohort(synthesise(out, patients=200, seed=11))
