"""A small raw download and its store, and the command line run in this process."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from clinseek.cli.main import run
from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.tables import TABLES

SUBJECT = 10000019
CUTOFF = "2150-03-05 08:00:00"

ROWS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "patients": [
        {"subject_id": SUBJECT, "gender": "F", "anchor_age": 60, "anchor_year": 2150},
        {"subject_id": 10000027, "gender": "M", "anchor_age": 41, "anchor_year": 2151},
    ],
    "admissions": [
        {
            "subject_id": SUBJECT,
            "hadm_id": 20000001,
            "admittime": "2150-03-03 10:00:00",
            "dischtime": "2150-03-07 12:00:00",
            "admission_type": "URGENT",
        }
    ],
    "labevents": [
        {
            "labevent_id": number,
            "subject_id": SUBJECT,
            "hadm_id": 20000001,
            "specimen_id": 100 + number,
            "itemid": 50971,
            "charttime": f"2150-03-0{day} 06:00:00",
            "storetime": f"2150-03-0{day} 07:30:00",
            "value": str(value),
            "valuenum": value,
            "valueuom": "mEq/L",
        }
        for number, (day, value) in enumerate([(4, 4.4), (5, 5.9), (6, 4.9)], start=1)
    ],
    "d_labitems": [
        {"itemid": 50971, "label": "Potassium", "fluid": "Blood", "category": "Chemistry"}
    ],
}


class Ran(NamedTuple):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


class CommandLine:
    """`clinseek ARGUMENTS`, run in this process."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured

    def __call__(self, *arguments: object) -> Ran:
        code = run([str(argument) for argument in arguments])
        written = self._captured.readouterr()
        return Ran(code, written.out, written.err)


@pytest.fixture
def clinseek(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """The command line, with a home of its own and no option from the environment."""
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    for name in ("STORE", "CODES", "MODEL", "PROFILE", "TRACEBACK"):
        monkeypatch.delenv(f"CLINSEEK_{name}", raising=False)
    return CommandLine(capsys)


def write_raw(folder: Path) -> Path:
    """The rows above as csv files, as a download lays them out."""
    for name, rows in ROWS.items():
        table = TABLES[name]
        file = folder / table.module / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", newline="") as opened:
            writer = csv.DictWriter(opened, table.column_names, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A raw download of two patients."""
    return write_raw(tmp_path / "raw")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of that download; never written to."""
    place = tmp_path_factory.mktemp("cli")
    ingest([write_raw(place / "raw")], place / "store")
    return place / "store"
