"""A small cohort with chest films, written once."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from clinseek.toolkits.ehr.synthetic import SynthReport, synthesise

Rows = list[dict[str, str]]


class Filmed:
    """The folder of a cohort with films, read as anyone would read it."""

    def __init__(self, report: SynthReport) -> None:
        self.report = report
        self.cxr = report.out / "cxr"

    def table(self, module: str, name: str) -> Rows:
        with gzip.open(self.report.out / module / f"{name}.csv.gz", "rt", newline="") as file:
            return list(csv.DictReader(file))

    def cxr_table(self, name: str) -> Rows:
        return self.table("cxr", f"mimic-cxr-2.0.0-{name}")

    def drawn(self) -> list[dict[str, Any]]:
        lines = (self.cxr / "drawn_findings.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    out: Path = tmp_path_factory.mktemp("filmed") / "raw"
    return Filmed(synthesise(out, patients=16, seed=7, images=True))
