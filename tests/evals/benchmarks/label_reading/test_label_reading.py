"""The labels that the builder writes, read a second time with pandas from the raw csv files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.evals.benchmarks.label_reading.__main__ import main
from tests.evals.benchmarks.label_reading.raw import RawRecord
from tests.evals.benchmarks.label_reading.reading import TaskReading, read, rows_of, table

RAW = ("mimic-iv-demo", "mimic-iv-ed-demo", "mimic-iv-demo-derived", "codes")
PATIENTS = 20
"""Of fewer than twenty a store has no vocabulary of its own values."""
ROWS_A_TASK = 1
TRANSFERS = """\
subject_id,hadm_id,transfer_id,eventtype,careunit,intime,outtime
7,70,1,admit,Ward,2150-01-01 08:00:00,2150-01-02 08:00:00
7,70,2, transfer ,Unit,2150-01-02 08:00:00.7,2150-01-03 09:00:00
7,70,3,discharge,,2150-01-03 09:00:00,
7,70,4,transfer,Ward,2150-01-03 09:00:00,
"""


@pytest.fixture(scope="module")
def record(open_data: Path) -> RawRecord:
    """The raw files, as far as they are of the first patients."""
    whole = RawRecord(tuple(open_data / folder for folder in RAW))
    first = whole.table("patients", "subject_id")["subject_id"].sort_values()[:PATIENTS]
    return RawRecord(whole.folders, frozenset(first))


@pytest.fixture(scope="module")
def built(record: RawRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small benchmark of all tasks over these patients, with the CCS codes."""
    from clinseek.drafts import draft_of
    from clinseek.evals.benchmarks.building import BuildSettings, build
    from clinseek.evals.benchmarks.tasks import tasks_named
    from clinseek.evals.benchmarks.writing import write_benchmark
    from clinseek.toolkits.ehr.store import ingest

    made = tmp_path_factory.mktemp("labels")
    (made / "subjects").write_text("\n".join(sorted(record.subjects or ())), encoding="utf-8")
    *folders, codes = record.folders
    ingest(folders, made / "store", codes=codes, subjects=made / "subjects")
    settings = BuildSettings(per_task=ROWS_A_TASK)
    benchmark = build(made / "store", tasks_named(["all"]), settings=settings, jobs=1)
    with draft_of(made / "bench") as draft:
        write_benchmark(benchmark, draft)
    return made / "bench"


@pytest.fixture(scope="module")
def readings(built: Path, record: RawRecord) -> list[TaskReading]:
    return read(rows_of(built / "rows.jsonl"), record)


def test_every_label_of_the_open_demo_agrees_with_the_raw_files(
    readings: list[TaskReading],
) -> None:
    assert len(readings) > 40
    assert all(task.count("agree") == len(task.verdicts) for task in readings), table(readings)


def test_as_many_questions_stand_in_the_raw_files_as_the_card_counts(
    readings: list[TaskReading], built: Path
) -> None:
    card = json.loads((built / "card.json").read_text(encoding="utf-8"))["tasks"]
    told = {task.task: card[task.task]["questions"] for task in readings}
    assert {task.task: task.kept for task in readings} == told


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "transfers.csv").write_text(TRANSFERS, encoding="utf-8")
    return folder


def test_as_many_are_left_out_as_the_card_counts_by_reason(
    readings: list[TaskReading], built: Path
) -> None:
    card = json.loads((built / "card.json").read_text(encoding="utf-8"))["tasks"]
    told = {task.task: sum(card[task.task]["left_out"].values()) for task in readings}
    counted = {name: count for name, count in told.items() if count}
    assert len(counted) > 10
    assert {task.task: task.left_out for task in readings if told[task.task]} == counted


def _row(moment: str, label: list[str], task: str = "transfers") -> dict[str, Any]:
    cutoff = pd.Timestamp(moment)
    return {
        "qid": f"{task}_7_70_{cutoff:%Y%m%dT%H%M%S}",
        "subject_id": 7,
        "hadm_id": 70,
        "cutoff": str(cutoff),
        "task": task,
        "label": label,
    }


def _outcome(row: Mapping[str, Any], raw: Path) -> tuple[str, str]:
    (task,) = read([row], RawRecord((raw,)))
    (verdict,) = task.verdicts
    return verdict.outcome, verdict.reason


def test_a_label_that_the_raw_row_has_is_agreed_with(raw: Path) -> None:
    assert _outcome(_row("2150-01-01 07:59:59", ["admit"]), raw) == ("agree", "")


def test_text_is_trimmed_and_a_cutoff_is_cut_to_the_whole_second(raw: Path) -> None:
    assert _outcome(_row("2150-01-02 07:59:59", ["transfer"]), raw) == ("agree", "")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_row("2150-01-01 07:59:59", ["ED"]), "only the row has ['ED']"),
        (_row("2150-01-01 08:00:00", ["admit"]), "no such anchor"),
        (_row("2150-01-03 08:59:59", ["discharge"]), "excluded: several names at one moment"),
        (_row("2150-01-01 07:59:59", ["admit", "admit"]), "a name stands twice"),
        (_row("2150-01-01 07:59:59", ["admit"]) | {"subject_id": 8}, "its fields spell"),
    ],
    ids=["another label", "no anchor", "an exclusion", "twice", "another patient"],
)
def test_a_row_that_the_raw_record_does_not_bear_out_is_told_with_the_reason(
    row: dict[str, Any], reason: str, raw: Path
) -> None:
    outcome, told = _outcome(row, raw)
    assert outcome == "disagree"
    assert reason in told


@pytest.mark.parametrize(
    ("task", "reason"),
    [("medrecon_atc", "no raw file names"), ("emar", "the raw folders have no table emar")],
)
def test_a_task_without_its_raw_table_cannot_be_read(task: str, reason: str, raw: Path) -> None:
    outcome, told = _outcome(_row("2150-01-01 07:59:59", ["x"], task), raw)
    assert outcome == "cannot be read"
    assert reason in told


def test_the_command_prints_the_table_and_fails_where_a_row_disagrees(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    both = [_row("2150-01-01 07:59:59", ["admit"]), _row("2150-01-02 07:59:59", ["ED"])]
    rows.write_text("".join(json.dumps(row) + "\n" for row in both), encoding="utf-8")
    assert main([str(rows), str(raw)]) == 1
    printed = capsys.readouterr().out
    assert "| transfers | 2 | 1 | 2 | 1 | 1 | 0 |" in printed
    assert "- disagree: transfers_7_70_21500102T075959" in printed
    assert main([str(rows)]) == 2
