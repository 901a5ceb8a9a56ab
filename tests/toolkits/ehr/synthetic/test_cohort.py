"""What `synthesise` writes: files, columns, types, keys, bytes, refusals."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.synthetic import SynthProgress, synthesise
from clinseek.toolkits.ehr.synthetic.writer import COHORT_TABLES as TABLES

from .conftest import Cohort

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{3})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PATTERNS = {
    "integer": re.compile(r"-?\d+"),
    "number": re.compile(r"-?\d+(\.\d+)?"),
    "time": _TIME,
    "date": _DATE,
    "text": re.compile(r"(?s).*"),
}
_WRITTEN_OTHERWISE = {
    ("microbiologyevents", "chartdate"): _TIME,
    ("microbiologyevents", "storedate"): _TIME,
    ("pharmacy", "starttime"): re.compile(f"{_TIME.pattern}|{_DATE.pattern}"),
    ("pharmacy", "stoptime"): re.compile(f"{_TIME.pattern}|{_DATE.pattern}"),
}


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", list(TABLES))
def test_every_table_has_rows_its_exact_columns_and_cells_of_their_type(
    cohort: Cohort, name: str
) -> None:
    table, rows = TABLES[name], cohort[name]
    assert rows
    assert tuple(rows[0]) == table.column_names
    assert cohort.report.row_counts[name] == len(rows)
    for column, type_ in table.columns:
        pattern = _WRITTEN_OTHERWISE.get((name, column), _PATTERNS[type_])
        wrong = [row[column] for row in rows if row[column] and not pattern.fullmatch(row[column])]
        assert not wrong, f"{name}.{column}: {wrong[:3]}"


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    synthesise(tmp_path / "a", patients=3, seed=5)
    synthesise(tmp_path / "b", patients=3, seed=5)
    synthesise(tmp_path / "c", patients=3, seed=6)
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")
    first, other = _digests(tmp_path / "a"), _digests(tmp_path / "c")
    assert first["hosp/labevents.csv.gz"] != other["hosp/labevents.csv.gz"]


def test_a_patient_has_the_same_rows_in_a_larger_cohort(tmp_path: Path) -> None:
    synthesise(tmp_path / "small", patients=2, seed=5)
    synthesise(tmp_path / "large", patients=6, seed=5)
    for name, table in TABLES.items():
        lines = {}
        for size in ("small", "large"):
            path = tmp_path / size / table.module / f"{name}.csv.gz"
            lines[size] = gzip.decompress(path.read_bytes())
        assert lines["large"].startswith(lines["small"]), name


def test_progress_tells_every_patient_and_ends_with_all_rows(tmp_path: Path) -> None:
    seen: list[SynthProgress] = []
    report = synthesise(tmp_path / "out", patients=3, progress=seen.append)
    assert [step.patients for step in seen] == [1, 2, 3]
    dictionaries = [name for name, table in TABLES.items() if table.is_dictionary]
    assert seen[-1].rows == report.rows - sum(report.row_counts[name] for name in dictionaries)


def test_the_readme_says_synthetic_and_how_it_was_made(cohort: Cohort) -> None:
    readme = (cohort.report.out / "README").read_text()
    assert "synthetic" in readme
    assert "--patients 200 --seed 11 --outcomes dependent" in readme


def test_the_code_maps_cover_every_code_in_the_record(cohort: Cohort) -> None:
    codes = cohort.report.out / "codes"
    known: dict[str, set[str]] = {}
    for name in (
        "ccs_dx_map_icd9cm.csv.gz",
        "ccs_dx_map_icd10cm.csv.gz",
        "ccs_pr_map_icd9pcs_icd10pcs.csv.gz",
    ):
        with gzip.open(codes / name, "rt", newline="") as file:
            reader = csv.DictReader(file)
            assert reader.fieldnames == ["vocabulary_id", "code", "category_code"]
            for row in reader:
                known.setdefault(row["vocabulary_id"], set()).add(row["code"])
    for row in (*cohort["diagnoses_icd"], *cohort["diagnosis"]):
        assert row["icd_code"] in known[f"ICD{row['icd_version']}CM"]
    for row in cohort["procedures_icd"]:
        assert row["icd_code"] in known[f"ICD{row['icd_version']}PCS"]


def _with(column: str, parent: str, *modules: str) -> list[tuple[str, str, str]]:
    return [
        (name, column, parent)
        for name, table in TABLES.items()
        if column in table.column_names and name != parent and table.module in modules
    ]


@pytest.mark.parametrize(
    ("child", "column", "parent"),
    [
        *_with("hadm_id", "admissions", "hosp", "icu", "ed", "note"),
        ("emar", "poe_id", "poe"),
        ("poe_detail", "poe_id", "poe"),
        ("poe", "discontinue_of_poe_id", "poe"),
        ("poe", "discontinued_by_poe_id", "poe"),
        ("pharmacy", "poe_id", "poe"),
        ("prescriptions", "poe_id", "poe"),
        ("prescriptions", "pharmacy_id", "pharmacy"),
        ("emar", "pharmacy_id", "pharmacy"),
        ("emar_detail", "emar_id", "emar"),
        ("discharge_detail", "note_id", "discharge"),
        ("radiology_detail", "note_id", "radiology"),
        ("labevents", "itemid", "d_labitems"),
        *_with("itemid", "d_items", "icu"),
        *_with("stay_id", "icustays", "icu"),
        *_with("stay_id", "edstays", "ed"),
        ("procedures_icd", "icd_code", "d_icd_procedures"),
        ("hcpcsevents", "hcpcs_cd", "d_hcpcs"),
        ("admissions", "admit_provider_id", "provider"),
        ("chartevents", "caregiver_id", "caregiver"),
    ],
)
def test_what_a_row_refers_to_exists(cohort: Cohort, child: str, column: str, parent: str) -> None:
    keys = {"discontinue_of_poe_id": "poe_id", "discontinued_by_poe_id": "poe_id"}
    others = {"hcpcs_cd": "code", "admit_provider_id": "provider_id"}
    key = {**keys, **others}.get(column, column)
    held = {row[key] for row in cohort[parent]}
    missing = {row[column] for row in cohort[child] if row[column]} - held
    assert not missing


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("patients", "subject_id"),
        ("admissions", "hadm_id"),
        ("transfers", "transfer_id"),
        ("icustays", "stay_id"),
        ("edstays", "stay_id"),
        ("poe", "poe_id"),
        ("pharmacy", "pharmacy_id"),
        ("emar", "emar_id"),
        ("labevents", "labevent_id"),
        ("microbiologyevents", "microevent_id"),
        ("discharge", "note_id"),
        ("radiology", "note_id"),
    ],
)
def test_identifiers_are_unique(cohort: Cohort, table: str, column: str) -> None:
    values = [row[column] for row in cohort[table]]
    assert len(set(values)) == len(values)


def test_a_folder_that_holds_something_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(SettingError, match="not empty"):
        synthesise(tmp_path, patients=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(SettingError, match="is a file"):
        synthesise(tmp_path / "out", patients=1)


@pytest.mark.parametrize("patients", [0, -3, 100_001])
def test_an_impossible_number_of_patients_is_refused(tmp_path: Path, patients: int) -> None:
    with pytest.raises(SettingError, match="1 to 100,000 patients"):
        synthesise(tmp_path / "out", patients=patients)
    assert not (tmp_path / "out").exists()


def test_an_unknown_kind_of_outcomes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="dependent or independent"):
        synthesise(tmp_path / "out", patients=1, outcomes="random")  # type: ignore[arg-type]
