"""OpenSeek-QA, read a second time with pandas by another hand, from the specification alone.

Here a fifth of the patients is read. The whole benchmark, once it is prepared (about a minute):

python -m tests.evals.benchmarks.openseek_reading bench/openseek-qa.jsonl RAW

RAW is the folder that holds those of the two demos.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.evals.benchmarks.openseek_reading.__main__ import main
from tests.evals.benchmarks.openseek_reading.answers import DEFINITIONS
from tests.evals.benchmarks.openseek_reading.clocks import with_known
from tests.evals.benchmarks.openseek_reading.comparing import faults, rows_of
from tests.evals.benchmarks.openseek_reading.record import RawFiles, Record

FOLDERS = ("mimic-iv-demo", "mimic-iv-ed-demo")
EVERY = 5
"""One patient of so many; of fewer than twenty a store has no vocabulary of its own values."""

FEW_TO_EVEN_OUT = 3
"""Templates of yes-or-no questions: where all of so few say yes, none is kept."""


@pytest.fixture(scope="module")
def files(open_data: Path) -> RawFiles:
    return RawFiles(*(open_data / folder for folder in FOLDERS))


@pytest.fixture(scope="module")
def benchmark(open_data: Path, files: RawFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two questions of a template about a fifth of the patients of the demo."""
    from clinseek.evals.benchmarks.openseek import openseek_rows
    from clinseek.evals.rows import write_rows
    from clinseek.toolkits.ehr.store import Store, ingest

    made = tmp_path_factory.mktemp("openseek")
    patients = sorted(files.read("patients")["subject_id"])[::EVERY]
    (made / "subjects").write_text("\n".join(patients), encoding="utf-8")
    folders = [open_data / folder for folder in FOLDERS]
    ingest(folders, made / "store", subjects=made / "subjects")
    rows = openseek_rows(Store.open(made / "store"), per_template=2, seed=7, rounds=1)
    write_rows(made / "openseek-qa.jsonl", rows)
    return made / "openseek-qa.jsonl"


@pytest.fixture(scope="module")
def rows(benchmark: Path) -> list[dict[str, Any]]:
    return rows_of(benchmark)


def test_another_reading_agrees_on_every_answer_and_its_evidence(
    rows: list[dict[str, Any]], files: RawFiles
) -> None:
    asked = {row["metadata"]["question_of"] for row in rows}
    assert len(asked) >= len(DEFINITIONS) - FEW_TO_EVEN_OUT
    assert {row["qid"]: amiss for row in rows if (amiss := faults(row, files))} == {}


def test_a_label_that_the_record_does_not_tell_is_found(
    rows: list[dict[str, Any]], files: RawFiles
) -> None:
    row = next(row for row in rows if row["task"] == "hours_in_hospital")
    assert "the label is 1.0" in faults(row | {"label": 1.0}, files)[0]


def test_evidence_that_does_not_suffice_is_found(
    rows: list[dict[str, Any]], files: RawFiles
) -> None:
    row = next(row for row in rows if row["task"] == "lab_change")
    short = row | {"gold_rows": row["gold_rows"][:1]}
    assert "the gold rows alone tell None" in faults(short, files)[0]


def test_an_answer_that_is_no_longer_to_come_is_found(
    rows: list[dict[str, Any]], files: RawFiles
) -> None:
    row = next(row for row in rows if row["task"] == "not_yet_discharged")
    late = row | {"cutoff": row["metadata"]["known_at"]}
    assert "the row says nothing is known" in faults(late, files)[0]


def test_words_that_name_another_item_are_found(
    rows: list[dict[str, Any]], files: RawFiles
) -> None:
    row = next(row for row in rows if row["task"] == "lab_at_draw")
    asked = row["question"].replace(row["metadata"]["parameters"]["lab"], "lipase")
    assert "names Lipase" in faults(row | {"question": asked}, files)[0]


def test_the_command_tells_how_many_rows_agree(
    rows: list[dict[str, Any]],
    benchmark: Path,
    open_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = next(row for row in rows if row["task"] == "earlier_admissions") | {"label": 99.0}
    (tmp_path / "rows.jsonl").write_text(
        "\n".join(json.dumps(row) for row in (rows[0], wrong)), encoding="utf-8"
    )
    folders = [str(open_data / folder) for folder in FOLDERS]
    assert main([str(tmp_path / "rows.jsonl"), *folders]) == 1
    told = capsys.readouterr().out
    assert wrong["qid"] in told
    assert "2 rows, 1 agree" in told


def test_a_result_without_a_storetime_is_known_a_day_after_its_draw() -> None:
    drawn = pd.DataFrame({"charttime": ["2150-01-01 08:00:00"], "storetime": [""]})
    known = with_known({"labevents": drawn})["labevents"]["known"]
    assert list(known) == [pd.Timestamp("2150-01-02 08:00:00")]


def test_where_a_patient_went_is_empty_until_the_later_clock_of_the_discharge() -> None:
    stay = pd.DataFrame(
        {
            "admittime": ["2150-01-01 08:00:00"],
            "dischtime": ["2150-01-02 08:00:00"],
            "deathtime": ["2150-01-02 09:00:00"],
            "discharge_location": ["DIED"],
        }
    )
    tables = with_known({"admissions": stay})
    before = Record(tables, pd.Timestamp("2150-01-02 08:30:00"))["admissions"]
    after = Record(tables, pd.Timestamp("2150-01-02 09:00:00"))["admissions"]
    assert before["discharge_location"].isna().all()
    assert list(after["discharge_location"]) == ["DIED"]
