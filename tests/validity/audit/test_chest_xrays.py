"""The audit reaches chest X-rays: their rule, their raw files, and another future of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.tables.cxr import LABELS
from clinseek.validity.audit.image_files import write_images
from clinseek.validity.audit.patient import Found, audit_patient, read_subject
from clinseek.validity.audit.run import audit
from clinseek.validity.oracle import RawRow, raw_records, raw_subjects, stored_record
from tests.validity.mutants.drill import weakened
from tests.validity.mutants.weakened import all_mutants


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic patients, with an X-ray some minutes after each of their radiology notes."""
    folder = tmp_path_factory.mktemp("imaged") / "raw"
    synthesise(folder, patients=2, seed=11)
    records = raw_records([folder], sorted(raw_subjects([folder])), ["radiology"])
    notes = [note for record in records.values() for note in record["radiology"]]
    write_images(folder / "cxr", [image_of(note, number) for number, note in enumerate(notes)])
    return folder


@pytest.fixture(scope="module")
def store(raw: Path) -> Path:
    ingest([raw], raw.parent / "store")
    return raw.parent / "store"


def image_of(note: RawRow, number: int) -> RawRow:
    """An X-ray 7 minutes and a bit after the examination that a note tells of."""
    taken = datetime.fromisoformat(str(note["charttime"])) + timedelta(minutes=7, milliseconds=250)
    study = 59_999_999 - number
    return {
        **dict.fromkeys(TABLES["cxr"].column_names),
        **dict.fromkeys(LABELS, -1),
        "subject_id": note["subject_id"],
        "study_id": study,
        "dicom_id": f"{study:x}-{number}",
        "studydatetime": str(taken),
        "image_path": f"files/s{study}/{number}.jpg",
        "report_path": f"files/s{study}.txt",
    }


def audited_while_a_report_waits(store: Path) -> Found:
    """The patient with the most X-rays, at a time between one of them and its report."""
    opened = Store.open(store)
    records = {subject: stored_record(opened, subject) for subject in opened.subjects()}
    most = max(records, key=lambda subject: len(records[subject]["cxr"]))
    subject = read_subject(
        opened, most, records[most], profile="available", bedside_items=frozenset()
    )
    return audit_patient(subject, clocks=("cxr.report_path",), count=1, seed=3)


def test_the_claim_holds_of_x_rays_read_again_from_their_files(store: Path, raw: Path) -> None:
    assert Store.open(store).manifest.tables["cxr"].rows > 4

    report = audit(store, raw=[raw], sample=2, full_forms=1)

    assert report.violations == ()
    assert (report.done["full form"], report.done["ingest"] > 2) == (1, True)


def test_while_a_report_waits_no_other_future_changes_the_case(store: Path) -> None:
    found = audited_while_a_report_waits(store)

    assert found.violations == ()
    assert [time.drawn_as for time in found.times] == ["while cxr.report_path waits"]
    assert found.hidden["cxr.report_path"] == found.hidden[f"cxr.{LABELS[-1]}"] > 0


def test_a_report_that_is_shown_with_the_image_is_found(store: Path) -> None:
    shown = next(each for each in all_mutants() if each.name == "cxr.masked[report_path]: off")
    with weakened(shown):
        found = audited_while_a_report_waits(store)

    assert {each.place for each in found.violations} == {"cxr.report_path"}
    assert {"record", "scramble"} <= {each.check for each in found.violations}


def test_a_store_with_other_x_rays_than_its_files_is_found(
    store: Path, raw: Path, tmp_path: Path
) -> None:
    other = tmp_path / "raw"
    other.mkdir()
    for module in ("hosp", "icu", "ed", "note"):
        (other / module).symlink_to(raw / module)
    subject_ids = sorted(raw_subjects([raw]))
    records = raw_records([raw], subject_ids, ["cxr"])
    images = [image for record in records.values() for image in record["cxr"]]
    write_images(other / "cxr", [{**images[0], LABELS[0]: 1}, *images[1:]])

    report = audit(store, raw=[other], sample=2, full_forms=0)

    assert {(each.check, each.table) for each in report.violations} >= {("ingest", "cxr")}
