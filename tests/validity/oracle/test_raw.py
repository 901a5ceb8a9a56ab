"""The raw files are read by hand and agree, cell by cell, with what ingest stored."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle import RawRecord, raw_records, stored_record


def cells_of(record: RawRecord) -> dict[str, Counter[tuple[object, ...]]]:
    return {table: Counter(tuple(row.values()) for row in rows) for table, rows in record.items()}


def write(folder: Path, table: str, *lines: str) -> Path:
    path = folder / TABLES[table].module / f"{table}.csv"
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_raw_demo_and_the_store_hold_the_same_cells(open_data: Path, demo_store: Path) -> None:
    store = Store.open(demo_store)
    subjects = store.subjects()[::10]
    names = ("mimic-iv-demo", "mimic-iv-ed-demo", "mimic-iv-demo-derived")
    raw = raw_records([open_data / name for name in names], subjects, store.tables)
    for subject_id in subjects:
        assert cells_of(raw[subject_id]) == cells_of(stored_record(store, subject_id))
    assert sum(map(len, raw[subjects[0]].values())) > 0


def test_cells_are_typed_by_the_schema(tmp_path: Path) -> None:
    header = "pharmacy_id,SUBJECT_ID,starttime,stoptime,basal_rate,medication"
    write(
        tmp_path,
        "pharmacy",
        header,
        "30.0,7,2150-03-05,2150-03-06T08:00:00.250,0.5,",
        '31,7,2150-03-05 08:00,2150-03-06 08:00:00.000,,"Heparin, ""flush"""',
    )
    first, second = raw_records([tmp_path], [7], ["pharmacy", "labevents"])[7]["pharmacy"]
    assert tuple(first) == TABLES["pharmacy"].column_names
    assert (first["pharmacy_id"], first["basal_rate"], first["medication"]) == (30, 0.5, None)
    assert first["starttime"] == "2150-03-05 23:59:59"
    assert first["stoptime"] == "2150-03-06 08:00:00.250000"
    assert second["starttime"] == "2150-03-05 08:00:00"
    assert second["stoptime"] == "2150-03-06 08:00:00"
    assert (second["basal_rate"], second["medication"]) == (None, 'Heparin, "flush"')


def test_a_table_that_the_folders_lack_is_absent_and_one_without_rows_is_empty(
    tmp_path: Path,
) -> None:
    write(tmp_path, "omr", "subject_id,chartdate,seq_num", "8,2150-03-05,1")
    assert raw_records([tmp_path], [7], ["omr", "labevents"]) == {7: {"omr": []}}


@pytest.mark.parametrize("line", ["7,2150-02-30,1", "7,2150-03-05,x", "7,2150-03-05", "7,soon,1"])
def test_a_line_that_cannot_be_read_is_left_out(tmp_path: Path, line: str) -> None:
    write(tmp_path, "omr", "subject_id,chartdate,seq_num", line, "7,2150-03-06,2")
    (kept,) = raw_records([tmp_path], [7], ["omr"])[7]["omr"]
    assert (kept["chartdate"], kept["seq_num"]) == ("2150-03-06", 2)


def test_a_module_may_be_a_link_to_another_disk(tmp_path: Path) -> None:
    write(tmp_path / "disk", "omr", "subject_id,chartdate,seq_num", "7,2150-03-05,1")
    (tmp_path / "download").mkdir()
    (tmp_path / "download" / "hosp").symlink_to(tmp_path / "disk" / "hosp")
    assert len(raw_records([tmp_path / "download"], [7], ["omr"])[7]["omr"]) == 1


def test_a_table_in_two_folders_is_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(tmp_path / folder, "omr", "subject_id,chartdate", "7,2150-03-05")
    with pytest.raises(RawRecordError, match="omr is there twice"):
        raw_records([tmp_path / "one", tmp_path / "two"], [7], ["omr"])


def test_a_file_that_ends_in_the_middle_is_refused(tmp_path: Path) -> None:
    plain = write(tmp_path, "omr", "subject_id,chartdate", *["7,2150-03-05"] * 500)
    packed = plain.with_name("omr.csv.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes())[:-20])
    plain.unlink()
    with pytest.raises(RawRecordError, match=r"omr\.csv\.gz cannot be read"):
        raw_records([tmp_path], [7], ["omr"])
