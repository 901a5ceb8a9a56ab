"""The folder of chest films: in the shape of MIMIC-CXR-JPG, and of one mind with the record."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.synthetic import SynthProgress, synthesise
from clinseek.toolkits.ehr.synthetic.films.folder import study_time

from .conftest import Filmed

pytest.importorskip("PIL", reason="needs Pillow")

from PIL import Image

METADATA = (
    "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,"
    "StudyDate,StudyTime,ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,"
    "PatientOrientationCodeSequence_CodeMeaning"
)
LABELS = (
    "Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,Fracture,Lung Lesion,"
    "Lung Opacity,No Finding,Pleural Effusion,Pleural Other,Pneumonia,Pneumothorax,Support Devices"
)
CHEST = ("CHEST (PORTABLE AP)", "CHEST (PA AND LAT)")


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _moment(row: dict[str, str]) -> datetime:
    """The moment of a study as the published metadata writes it."""
    clock, _, fraction = row["StudyTime"].partition(".")
    return datetime.strptime(f"{row['StudyDate']} {clock:0>6}.{fraction}", "%Y%m%d %H%M%S.%f")


def test_the_files_have_the_columns_of_mimic_cxr_jpg(filmed: Filmed) -> None:
    assert ",".join(filmed.cxr_table("metadata")[0]) == METADATA
    assert ",".join(filmed.cxr_table("split")[0]) == "dicom_id,study_id,subject_id,split"
    for labeller in ("chexpert", "negbio"):
        assert ",".join(filmed.cxr_table(labeller)[0]) == f"subject_id,study_id,{LABELS}"


def test_every_row_has_its_image_and_every_study_its_report(filmed: Filmed) -> None:
    expected = set()
    for row in filmed.cxr_table("metadata"):
        subject = row["subject_id"]
        study = f"files/p{subject[:2]}/p{subject}/s{row['study_id']}"
        expected |= {f"{study}/{row['dicom_id']}.jpg", f"{study}.txt"}
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}", row["dicom_id"])
    there = {path for path in _digests(filmed.cxr) if path.startswith("files/")}
    assert there == expected
    films = filmed.report.films
    assert films is not None
    assert films.images == len(filmed.cxr_table("metadata"))
    assert films.studies == len(filmed.cxr_table("chexpert"))
    assert films.bytes == sum((filmed.cxr / path).stat().st_size for path in there)


def test_an_image_is_a_grey_jpeg_that_says_it_is_a_drawing(filmed: Filmed) -> None:
    for row in filmed.cxr_table("metadata")[:10]:
        (path,) = filmed.cxr.glob(f"files/*/*/*/{row['dicom_id']}.jpg")
        with Image.open(path) as image:
            assert (image.format, image.mode) == ("JPEG", "L")
            assert image.size == (int(row["Columns"]), int(row["Rows"]))
            assert image.info["comment"] == b"synthetic drawing, not a patient"


def test_the_patients_are_those_of_the_record_and_stay_in_one_split(filmed: Filmed) -> None:
    subjects = {row["subject_id"] for row in filmed.table("hosp", "patients")}
    split: dict[str, set[str]] = {}
    for row in filmed.cxr_table("split"):
        split.setdefault(row["subject_id"], set()).add(row["split"])
    assert set(split) <= subjects
    assert all(len(parts) == 1 for parts in split.values())
    assert set.union(*split.values()) <= {"train", "validate", "test"}


def test_study_times_have_no_leading_zeros(filmed: Filmed) -> None:
    times = [row["StudyTime"] for row in filmed.cxr_table("metadata")]
    assert all(re.fullmatch(r"(0|[1-9]\d{0,5})\.\d{1,3}", time) for time in times)


def test_every_chest_film_of_the_notes_is_a_study_of_the_same_minute(filmed: Filmed) -> None:
    studies = {
        (row["subject_id"], _moment(row).replace(second=0, microsecond=0)): row
        for row in filmed.cxr_table("metadata")
    }
    exams = {
        row["note_id"]: row["field_value"]
        for row in filmed.table("note", "radiology_detail")
        if row["field_name"] == "exam_name"
    }
    linked = 0
    for note in filmed.table("note", "radiology"):
        if exams[note["note_id"]] not in CHEST or note["note_type"] != "RR":
            continue
        study = studies[note["subject_id"], datetime.fromisoformat(note["charttime"])]
        assert study["PerformedProcedureStepDescription"] == exams[note["note_id"]]
        (file,) = filmed.cxr.glob(f"files/*/*/s{study['study_id']}.txt")
        told = " ".join(file.read_text().split())
        findings = re.search(r"FINDINGS: \n\n(.+?) The remaining", note["text"])
        impression = re.search(r"IMPRESSION: \n\n(.+)\n", note["text"])
        assert findings is not None
        assert impression is not None
        assert findings[1] in told
        assert impression[1] in told
        linked += 1
    assert linked >= 15


def test_report_label_and_drawing_are_of_one_mind(filmed: Filmed) -> None:
    labels = {row["study_id"]: row for row in filmed.cxr_table("chexpert")}
    seen = set()
    for study in filmed.drawn():
        row, present = labels[str(study["study_id"])], set(study["findings"]["present"])
        report = (filmed.cxr / study["report"]).read_text()
        seen |= present
        for finding, label in (("pleural effusion", "Pleural Effusion"),
                               ("pneumothorax", "Pneumothorax")):  # fmt: skip
            assert row[label] == ("1.0" if finding in present else "0.0")
            assert (f"no {finding}" in report) == (finding not in present)
        for finding, label, words in (
            ("cardiomegaly", "Cardiomegaly", "heart is enlarged"),
            ("consolidation", "Consolidation", "consolidation in the"),
            ("pulmonary edema", "Edema", "pulmonary edema."),
        ):
            assert row[label] == ("1.0" if finding in present else "")
            assert (words in report) == (finding in present)
        assert ("endotracheal tube ends" in report) == ("endotracheal tube" in present)
        devices = {"endotracheal tube", "central venous line", "pacemaker"}
        assert row["Support Devices"] == ("1.0" if present & devices else "")
        illness = present - devices - {"sternal wires", "hyperinflation"}
        assert row["No Finding"] == ("" if illness else "1.0")
    assert len(seen) >= 9


def test_tubes_and_lines_are_on_the_films_while_they_are_in_the_record(filmed: Filmed) -> None:
    spans: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in filmed.table("icu", "procedureevents"):
        spans.setdefault((row["subject_id"], row["itemid"]), []).append(
            (row["starttime"], row["endtime"])
        )
    found = 0
    for study in filmed.drawn():
        for item, finding in (("225792", "endotracheal tube"), ("224263", "central venous line")):
            held = spans.get((str(study["subject_id"]), item), [])
            # Both clocks show minutes: a film of the minute of the change may be either.
            minute = f"{study['time'][:16]}:00"
            there = any(start <= minute < end for start, end in held)
            assert (finding in study["findings"]["present"]) == there
            found += there
    assert found >= 10


def test_films_change_no_other_table_and_the_same_seed_draws_the_same_bytes(
    tmp_path: Path,
) -> None:
    synthesise(tmp_path / "bare", patients=3, seed=5)
    synthesise(tmp_path / "a", patients=3, seed=5, images=True)
    synthesise(tmp_path / "b", patients=3, seed=5, images=True)
    bare, one, other = (_digests(tmp_path / name) for name in ("bare", "a", "b"))
    assert not any(path.startswith("cxr") for path in bare)
    assert one == other
    assert any(path.endswith(".jpg") for path in one)
    del bare["README"]
    assert bare.items() <= one.items()


def test_a_patient_has_the_same_films_in_a_larger_cohort(tmp_path: Path) -> None:
    synthesise(tmp_path / "small", patients=1, seed=5, images=True)
    synthesise(tmp_path / "large", patients=2, seed=5, images=True)
    small, large = (_digests(tmp_path / name / "cxr" / "files") for name in ("small", "large"))
    assert small.items() < large.items()


@given(st.integers(0, 86_399), st.integers(0, 999))
def test_a_study_time_can_be_read_back(second: int, milliseconds: int) -> None:
    clock, _, fraction = study_time(86_400 * 800_000 + second, milliseconds).partition(".")
    hours, rest = divmod(int(clock), 10_000)
    assert hours * 3600 + rest // 100 * 60 + rest % 100 == second
    assert int(f"{fraction:0<3}") == milliseconds


def test_each_film_can_be_had_as_dicom_too(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    report = synthesise(tmp_path / "raw", patients=1, seed=4, dicom=True)
    assert report.films is not None
    files = list(report.out.rglob("*.dcm"))
    assert len(files) == report.films.images > 0
    for path in files:
        read = pydicom.dcmread(path)
        assert read.ImageComments == "synthetic drawing, not a patient"
        assert f"p{read.PatientID}" in path.parts
        with Image.open(path.with_suffix(".jpg")) as image:
            assert abs(read.pixel_array.astype(int).mean() - _mean(image)) < 1


def _mean(image: Image.Image) -> float:
    histogram = image.histogram()
    return sum(level * count for level, count in enumerate(histogram)) / sum(histogram)


def test_progress_counts_the_images(tmp_path: Path) -> None:
    seen: list[SynthProgress] = []
    report = synthesise(tmp_path / "raw", patients=2, seed=4, images=True, progress=seen.append)
    assert report.films is not None
    assert seen[-1].images == report.films.images


@pytest.mark.parametrize(("option", "package"), [("images", "PIL"), ("dicom", "pydicom")])
def test_without_the_imaging_extra_it_says_what_to_install_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, package: str
) -> None:
    from importlib import util

    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == package else found(name))
    with pytest.raises(SettingError, match=r"pip install 'clinseek\[imaging\]'"):
        synthesise(tmp_path / "raw", patients=1, **{option: True})  # type: ignore[arg-type]
    assert not (tmp_path / "raw").exists()
