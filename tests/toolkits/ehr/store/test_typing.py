"""Cells become numbers, ids, times and dates; what is empty is NULL; text is left as it is."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store.parquet import arrow_schema
from clinseek.toolkits.ehr.tables import TABLES

from .raw_folder import Cells, RawFolder, ingested, rows_of
from .raw_images import ImageFolder, metadata_line


def one(raw: RawFolder, out: Path, table: str, **cells: object) -> Cells:
    """The row that the store holds for these raw cells of patient 10."""
    raw.write(table, [{"subject_id": 10, **cells}])
    (row,) = rows_of(ingested(raw, out)[0], 10, table)
    return row


@pytest.mark.parametrize(("cell", "value"), [("123", 123), ("123.0", 123), ("-4", -4), ("", None)])
def test_ids_are_integers_even_when_written_with_a_point(
    raw: RawFolder, out: Path, cell: str, value: int | None
) -> None:
    assert one(raw, out, "labevents", specimen_id=cell)["specimen_id"] == value


@pytest.mark.parametrize(
    ("cell", "value"), [("1.50", 1.5), ("1e3", 1000.0), ("7", 7.0), ("", None)]
)
def test_numbers_are_numbers(raw: RawFolder, out: Path, cell: str, value: float | None) -> None:
    assert one(raw, out, "labevents", valuenum=cell)["valuenum"] == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2150-03-05 07:50:00", datetime(2150, 3, 5, 7, 50)),
        ("2150-03-05 07:50:00.123456", datetime(2150, 3, 5, 7, 50, 0, 123456)),
        ("2150-03-05T07:50:00", datetime(2150, 3, 5, 7, 50)),
        ("", None),
    ],
)
def test_times_are_times_and_keep_parts_of_a_second(
    raw: RawFolder, out: Path, cell: str, value: datetime | None
) -> None:
    assert one(raw, out, "labevents", charttime=cell)["charttime"] == value


@pytest.mark.parametrize("cell", ["2150-03-05", "2150-03-05 00:00:00"])
def test_dates_are_dates_also_when_written_with_midnight(
    raw: RawFolder, out: Path, cell: str
) -> None:
    assert one(raw, out, "omr", chartdate=cell)["chartdate"] == date(2150, 3, 5)


def test_a_bare_date_in_a_time_column_is_the_end_of_that_day_and_is_counted(
    raw: RawFolder, out: Path
) -> None:
    raw.write("pharmacy", [{"subject_id": 10, "starttime": "2150-03-05", "stoptime": "2150-03-06"}])
    store, report = ingested(raw, out)
    (row,) = rows_of(store, 10, "pharmacy")
    assert row["starttime"] == datetime(2150, 3, 5, 23, 59, 59)
    (told,) = [each for each in report.tables if each.table == "pharmacy"]
    assert told.bare_dates == {"starttime": 1, "stoptime": 1}


@pytest.mark.parametrize("text", ["  spaces  ", "NA", "NULL", "nan", "0012", "ünï", 'a "b", c'])
def test_text_is_left_as_it_is(raw: RawFolder, out: Path, text: str) -> None:
    assert one(raw, out, "labevents", value=text)["value"] == text


def test_line_breaks_in_a_note_survive(raw: RawFolder, out: Path) -> None:
    note = "Name:  ___\n\nChief Complaint:\r\nchest pain\n"
    assert one(raw, out, "discharge", text=note)["text"] == note


def test_every_table_has_the_types_and_columns_of_the_schema(raw: RawFolder, out: Path) -> None:
    for name, table in TABLES.items():
        if name != "cxr":  # no file of a download has this table
            raw.write(name, [] if table.is_dictionary else [{"subject_id": 10}])
    ImageFolder(raw.path / "cxr").write("metadata", metadata_line("aa-1", 10, 50_000_001))
    store, _ = ingested(raw, out)
    found = store.read_subject(10)
    assert set(found) == {name for name, table in TABLES.items() if not table.is_dictionary}
    for name, rows in found.items():
        assert rows.schema.equals(arrow_schema(TABLES[name])), name
        assert rows.num_rows == 1, name


def test_a_table_without_rows_of_a_patient_has_zero_rows_and_all_columns(
    raw: RawFolder, out: Path
) -> None:
    raw.write("labevents", [{"subject_id": 20, "valuenum": 1}])
    rows = ingested(raw, out)[0].read_subject(10)["labevents"]
    assert rows.num_rows == 0
    assert rows.schema.field("charttime").type == pa.timestamp("us")


def test_columns_may_stand_in_any_order_and_case(raw: RawFolder, out: Path) -> None:
    shuffled = [name.upper() for name in reversed(TABLES["procedureevents"].column_names)]
    raw.write("procedureevents", [{"SUBJECT_ID": 10, "ORIGINALAMOUNT": 2.5}], columns=shuffled)
    (row,) = rows_of(ingested(raw, out)[0], 10, "procedureevents")
    assert row["originalamount"] == 2.5


def test_an_unknown_column_is_named_and_left_out(raw: RawFolder, out: Path) -> None:
    columns = ["Secret", *TABLES["omr"].column_names]
    raw.write("omr", [{"Secret": "x", "subject_id": 10, "seq_num": 3}], columns=columns)
    store, report = ingested(raw, out)
    (row,) = rows_of(store, 10, "omr")
    assert "Secret" not in row
    assert row["seq_num"] == 3
    assert [each.unknown_columns for each in report.tables if each.table == "omr"] == [("Secret",)]


def test_a_missing_column_is_refused_with_file_and_column(raw: RawFolder, out: Path) -> None:
    path = raw.write("omr", [], columns=["subject_id", "seq_num", "result_name", "result_value"])
    with pytest.raises(RawRecordError, match="column chartdate of table omr missing") as refused:
        ingested(raw, out)
    assert str(path) in str(refused.value)


def test_a_column_that_stands_twice_is_refused(raw: RawFolder, out: Path) -> None:
    raw.put("omr", b"subject_id,subject_id,chartdate,seq_num,result_name,result_value\n")
    with pytest.raises(RawRecordError, match="'subject_id' stands twice"):
        ingested(raw, out)


def test_rows_run_by_main_time_and_ties_by_their_place_in_the_file(
    raw: RawFolder, out: Path
) -> None:
    clocks = ["2150-01-02 00:00:00", "2150-01-01 00:00:00", "2150-01-02 00:00:00", ""]
    raw.write(
        "labevents",
        [
            {"subject_id": 10, "labevent_id": 9 - place, "charttime": clock}
            for place, clock in enumerate(clocks)
        ],
    )
    rows = rows_of(ingested(raw, out)[0], 10, "labevents")
    assert [row["labevent_id"] for row in rows] == [8, 9, 7, 6]


def test_dictionaries_keep_the_order_of_the_file(raw: RawFolder, out: Path) -> None:
    import pyarrow.parquet as pq

    raw.write("d_labitems", [{"itemid": 3, "label": "c"}, {"itemid": 1, "label": "a"}])
    ingested(raw, out)
    found = pq.read_table(out / "dictionaries" / "d_labitems.parquet").to_pylist()
    assert [row["itemid"] for row in found] == [3, 1]
