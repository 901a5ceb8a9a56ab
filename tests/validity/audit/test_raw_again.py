"""The store against the raw files: dictionaries, patients, and who was left out on purpose."""

import csv
import gzip
import shutil
from pathlib import Path

import pytest

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.validity.audit.raw_again import Raw, other_patient, read_raw
from clinseek.validity.audit.report import summary_lines
from clinseek.validity.audit.run import audit
from clinseek.validity.oracle import stored_record


def again(store: Path, *folders: Path) -> Raw:
    held = Store.open(store)
    return read_raw(folders, held, held.subjects()[:1])


def copied(raw: Path, folder: Path) -> Path:
    """The raw folder once more, its files unpacked."""
    shutil.copytree(raw, folder)
    for file in folder.rglob("*.csv.gz"):
        file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
        file.unlink()
    return folder


def rewrite(file: Path, keep: object) -> None:
    """Keep the lines of a csv for which `keep` holds."""
    with file.open(newline="", encoding="utf-8") as lines:
        header, *rows = list(csv.reader(lines))
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(row for row in rows if keep(dict(zip(header, row, strict=True))))  # type: ignore[operator]


def test_a_store_that_is_what_the_raw_files_say_breaks_nothing(
    store: Path, raw_cohort: Path
) -> None:
    told = again(store, raw_cohort)

    assert told.violations == ()
    assert told.dictionaries > 0
    assert told.left_out == 0


def test_a_row_that_the_raw_dictionary_has_and_the_store_lacks_is_named(
    store: Path, raw_cohort: Path, tmp_path: Path
) -> None:
    raw = copied(raw_cohort, tmp_path / "raw")
    with next(raw.rglob("d_items.csv")).open("a", encoding="utf-8") as file:
        file.write("999001,New item,New,chartevents,Labs,,,,\n")

    (told,) = again(store, raw).violations

    assert (told.check, told.table, told.subject_id) == ("ingest", "d_items", None)
    assert told.row == "itemid 999001"
    assert "does not hold" in told.what


def test_a_dictionary_row_that_no_raw_file_has_is_named(
    store: Path, raw_cohort: Path, tmp_path: Path
) -> None:
    raw = copied(raw_cohort, tmp_path / "raw")
    lost: list[str] = []

    def keep(row: dict[str, str]) -> bool:
        lost.append(row["itemid"])
        return len(lost) > 1

    rewrite(next(raw.rglob("d_labitems.csv")), keep)

    (told,) = again(store, raw).violations

    assert (told.table, told.row) == ("d_labitems", f"itemid {lost[0]}")
    assert "in no raw file" in told.what


def test_a_patient_who_was_lost_in_ingest_is_named(raw_cohort: Path, tmp_path: Path) -> None:
    raw = copied(raw_cohort, tmp_path / "raw")
    lost = max(Store.open(raw_cohort.parent / "store").subjects())
    for file in raw.rglob("*.csv"):
        with file.open(encoding="utf-8") as lines:
            of_patients = "subject_id" in lines.readline()
        if of_patients:
            rewrite(file, lambda row: row["subject_id"] != str(lost))
    ingest([raw], tmp_path / "store")

    (told,) = again(tmp_path / "store", raw_cohort).violations

    assert (told.table, told.subject_id, told.row) == ("patients", lost, f"subject_id {lost}")


def test_patients_who_were_left_out_on_purpose_are_told_and_break_nothing(
    raw_cohort: Path, tmp_path: Path
) -> None:
    everyone = Store.open(raw_cohort.parent / "store").subjects()
    (tmp_path / "chosen.csv").write_text("\n".join(str(each) for each in everyone[:3]))
    ingest([raw_cohort], tmp_path / "store", subjects=tmp_path / "chosen.csv")

    report = audit(tmp_path / "store", raw=[raw_cohort], sample=2, full_forms=0)

    assert report.holds
    assert report.left_out == len(everyone) - 3
    assert f"{report.left_out} patients of the raw files left out" in "\n".join(
        summary_lines(report)
    )


def test_a_patient_lost_beside_those_who_were_left_out_is_found(
    raw_cohort: Path, tmp_path: Path
) -> None:
    """The list of who was left out is hashed in the manifest, so one more does not pass for it."""
    import pyarrow.parquet as pq

    everyone = Store.open(raw_cohort.parent / "store").subjects()
    (tmp_path / "chosen.csv").write_text("\n".join(str(each) for each in everyone[:3]))
    ingest([raw_cohort], tmp_path / "store", subjects=tmp_path / "chosen.csv")
    listed = tmp_path / "store" / "subjects.parquet"
    pq.write_table(pq.read_table(listed).slice(0, 2), listed)

    told = again(tmp_path / "store", raw_cohort).violations

    assert everyone[2] in {violation.subject_id for violation in told}


def test_a_stored_row_that_is_not_as_the_raw_files_have_it_is_told_by_its_key(
    store: Path,
) -> None:
    held = Store.open(store)
    subject_id = held.subjects()[0]
    stored = stored_record(held, subject_id)
    first, *others = stored["labevents"]
    raw = {**stored, "labevents": [{**first, "valuenum": -1.0}, *others]}

    found = other_patient(stored, raw, subject_id)

    assert {violation.what for violation in found} == {
        "a raw row that the store does not hold as it is",
        "a stored row that is in no raw file",
    }
    assert all(f"labevent_id {first['labevent_id']}" in violation.row for violation in found)


def test_raw_folders_without_a_dictionary_of_the_store_are_refused(
    store: Path, raw_cohort: Path, tmp_path: Path
) -> None:
    raw = copied(raw_cohort, tmp_path / "raw")
    next(raw.rglob("d_items.csv")).unlink()

    with pytest.raises(RawRecordError, match="no csv of d_items"):
        again(store, raw)
