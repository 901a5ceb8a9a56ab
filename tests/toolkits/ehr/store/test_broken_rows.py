"""Broken rows are set aside with table, file, line, reason and text; the rest is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from .raw_folder import RawFolder, ingested, rejected_rows, rows_of


def test_a_broken_row_is_listed_and_its_neighbours_are_kept(raw: RawFolder, out: Path) -> None:
    raw.lines("omr", "10,2150-01-01,1,BMI,25", "10,2150-01-02,two,BMI,26", "10,2150-01-03,3,BMI,27")
    store, report = ingested(raw, out)
    assert [row["seq_num"] for row in rows_of(store, 10, "omr")] == [1, 3]
    assert report.rejected == 1
    assert rejected_rows(out, "omr") == [
        {
            "table": "omr",
            "file": "hosp/omr.csv.gz",
            "line": "3",
            "reason": "seq_num: 'two' is no integer",
            "raw": "10,2150-01-02,two,BMI,26",
        }
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("10,2150-01-01,1,BMI", "4 fields instead of 5"),
        ("10,2150-01-01,1,BMI,25,9", "6 fields instead of 5"),
        (",2150-01-01,1,BMI,25", "no subject_id"),
        ("ten,2150-01-01,1,BMI,25", "subject_id: 'ten' is no integer"),
        ("10,01/02/2150,1,BMI,25", "chartdate: '01/02/2150' is no date"),
        ("10,2150-13-01,1,BMI,25", "chartdate: '2150-13-01' is no date"),
        ("10,2150-01-01,1.5,BMI,25", "seq_num: '1.5' is no integer"),
        ('10,2150-01-01,1,"BMI,25', "a quotation mark never closes"),
    ],
)
def test_the_reason_says_what_is_wrong(raw: RawFolder, out: Path, line: str, reason: str) -> None:
    raw.lines("omr", line, "10,2150-01-03,3,BMI,27")
    store, _ = ingested(raw, out)
    assert [(row["line"], row["reason"]) for row in rejected_rows(out, "omr")] == [("2", reason)]
    assert [row["seq_num"] for row in rows_of(store, 10, "omr")] == [3]


@pytest.mark.parametrize("cell", ["nan", "inf", "high", "1,5"])
def test_a_number_that_is_none_is_broken(raw: RawFolder, out: Path, cell: str) -> None:
    raw.write("labevents", [{"subject_id": 10, "valuenum": cell}])
    ingested(raw, out)
    (row,) = rejected_rows(out, "labevents")
    assert row["reason"] == f"valuenum: {cell!r} is no number"


@pytest.mark.parametrize(
    "cell",
    [
        "2150-03-05 07:50:00+02",
        "2150-03-05T07:50:00Z",
        "epoch",
        "-infinity ",
        "0000-01-01",
        "07:50",
    ],
)
def test_a_time_with_a_zone_or_without_a_day_is_broken(
    raw: RawFolder, out: Path, cell: str
) -> None:
    raw.write("labevents", [{"subject_id": 10, "charttime": cell}])
    ingested(raw, out)
    (row,) = rejected_rows(out, "labevents")
    assert row["reason"] == f"charttime: {cell!r} is no time"


def test_several_broken_cells_of_a_row_are_told_together(raw: RawFolder, out: Path) -> None:
    raw.lines("omr", "10,someday,two,BMI,25")
    ingested(raw, out)
    (row,) = rejected_rows(out, "omr")
    assert row["reason"] == "chartdate: 'someday' is no date; seq_num: 'two' is no integer"


def test_a_broken_row_behind_a_note_of_many_lines_has_the_line_an_editor_shows(
    raw: RawFolder, out: Path
) -> None:
    raw.lines(
        "discharge",
        'A,10,7,DS,1,2150-01-01 00:00:00,2150-01-02 00:00:00,"one\ntwo\nthree"',
        "B,10,7,DS,2,yesterday,2150-01-02 00:00:00,text",
    )
    ingested(raw, out)
    (row,) = rejected_rows(out, "discharge")
    assert row["line"] == "5"
    assert row["reason"] == "charttime: 'yesterday' is no time"


def test_rejections_of_an_earlier_run_go_when_the_file_is_mended(raw: RawFolder, out: Path) -> None:
    raw.lines("omr", "10,someday,1,BMI,25")
    ingested(raw, out)
    raw.lines("omr", "10,2150-01-01,1,BMI,25")
    _, report = ingested(raw, out)
    assert report.rejected == 0
    assert not (out / "rejected" / "omr.csv").exists()


def test_rows_of_patients_that_patients_does_not_list_are_counted_and_left_out(
    raw: RawFolder, out: Path
) -> None:
    raw.write("omr", [{"subject_id": 10}, {"subject_id": 99}, {"subject_id": 98}])
    _, report = ingested(raw, out)
    (told,) = [each for each in report.tables if each.table == "omr"]
    assert (told.rows, told.unlisted, told.rejected) == (1, 2, 0)


def test_a_patient_whose_own_row_is_broken_is_not_in_the_store(raw: RawFolder, out: Path) -> None:
    raw.lines("patients", "10,F,60,2150,2017 - 2019,", "20,F,old,2150,2017 - 2019,")
    store, _ = ingested(raw, out)
    assert store.subjects() == [10]
