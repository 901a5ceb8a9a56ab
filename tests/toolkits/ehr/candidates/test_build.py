"""The vocabulary of a store: what is in it, in which order, and that it never changes unseen."""

import gzip
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.candidates import build_vocabulary
from clinseek.toolkits.ehr.candidates.build import FEWEST_PATIENTS
from clinseek.toolkits.ehr.candidates.sources import FEWEST_HOLDERS
from clinseek.toolkits.ehr.tables import TABLES

TYPES = {
    "integer": pa.int64(), "number": pa.float64(), "text": pa.string(),
    "time": pa.timestamp("us"), "date": pa.date32(),
}  # fmt: skip

Rows = list[dict[str, Any]]

CONTENT: dict[str, Rows] = {
    "d_labitems": [
        {"itemid": 2, "label": " Zinc ", "fluid": "Blood", "category": "Chemistry"},
        {"itemid": 1, "label": "Albumin", "fluid": "Urine", "category": "Chemistry"},
        {"itemid": 3, "label": None, "fluid": "Blood", "category": None},
    ],
    "d_items": [
        {"itemid": 9, "label": "Heart Rate", "category": "Vital", "linksto": "chartevents"},
    ],
    "d_icd_diagnoses": [
        {"icd_code": "A00", "icd_version": 10, "long_title": "Cholera"},
        {"icd_code": "0010", "icd_version": 9, "long_title": "Cholera"},
    ],
    "microbiologyevents": [{"test_name": "URINE CULTURE"}, {"test_name": "BLOOD CULTURE"}],
    "transfers": [
        {"eventtype": "transfer", "careunit": "MICU"},
        {"eventtype": "transfer", "careunit": "MICU"},
        {"eventtype": "ED", "careunit": "Emergency Department"},
        {"eventtype": "discharge", "careunit": None},
    ],
    "prescriptions": [
        {"drug": "Heparin"}, {"drug": "  "}, {"drug": None}, {"drug": "Ätherschwefel"},
    ],
    "services": [{"curr_service": "MED", "prev_service": "SURG"}],
    "radiology_detail": [
        {"field_name": "exam_name", "field_value": "CHEST (PORTABLE AP)"},
        {"field_name": "cpt_code", "field_value": "71045"},
    ],
}  # fmt: skip


def _write(
    store: Path,
    content: dict[str, Rows],
    *,
    shards: int = 1,
    patients: int = FEWEST_PATIENTS,
    holders: int = FEWEST_HOLDERS,
) -> Path:
    """A store in which each of the first `holders` patients has every row."""
    store.mkdir(parents=True, exist_ok=True)
    listed = pa.table({"subject_id": [10001 + number for number in range(patients)]})
    pq.write_table(listed, store / "subjects.parquet")
    for name, rows in content.items():
        table = TABLES[name]
        schema = pa.schema([(c.name, TYPES[c.type]) for c in table.columns])
        for shard in range(shards):
            part = rows[shard::shards]
            if table.is_dictionary:
                file = store / "dictionaries" / f"{name}.parquet"
                part = rows
            else:
                file = store / "tables" / name / f"{shard:05d}.parquet"
                part = [{"subject_id": 10001 + each, "hadm_id": 7} | row
                        for each in range(holders) for row in part]  # fmt: skip
            file.parent.mkdir(parents=True, exist_ok=True)
            full = [{c: row.get(c) for c in table.column_names} for row in part]
            pq.write_table(pa.Table.from_pylist(full, schema), file)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return _write(tmp_path / "store", CONTENT)


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    folder = tmp_path / "codes"
    folder.mkdir()
    files = {
        "ccs_dx_categories.csv": "category_code,category_desc,L2code,code_chapter\n"
        '135,"Intestinal infection",1.3,Infectious\n2,Septicemia,1.1,Infectious\n',
        "ccs_pr_categories.csv": "category_code,category_desc,code_chapter\n1,Incision,Nervous\n",
        "ccs_dx_map_icd9cm.csv.gz": "vocabulary_id,code,category_code\nICD9CM,0010,135\n",
        "ccs_dx_map_icd10cm.csv.gz": "vocabulary_id,code,category_code\n"
        "ICD10CM,A00,135\nICD10CM,A41,2\nICD10CM,Z99,999\n",
        "ccs_pr_map_icd9pcs_icd10pcs.csv.gz": "vocabulary_id,code,category_code\n"
        "ICD9PCS,0101,1\nICD10PCS,0016070,1\nCPT4,61000,1\n",
    }
    for name, text in files.items():
        content = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
        (folder / name).write_bytes(content)
    return folder


def _read(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def _tables(file: Path) -> list[str]:
    found = _read(file, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
    return [name for (name,) in found]


def test_candidates_are_distinct_sorted_and_free_of_blanks(store: Path) -> None:
    file = build_vocabulary(store, codes=None)
    assert file == store / "vocabulary.sqlite"
    assert _read(file, "SELECT * FROM labevents_candidates") == [
        (1, "Albumin", "Urine", "Chemistry"), (2, "Zinc", "Blood", "Chemistry"),
    ]  # fmt: skip
    assert _read(file, "SELECT * FROM prescriptions_candidates") == [
        ("Heparin",), ("Ätherschwefel",),
    ]  # fmt: skip
    assert _read(file, "SELECT * FROM transfers_candidates") == [("MICU",)]
    assert _read(file, "SELECT * FROM services_candidates") == [("MED",)]
    assert _read(file, "SELECT * FROM radiology_candidates") == [("CHEST (PORTABLE AP)",)]
    assert _read(file, "SELECT * FROM microbiologyevents_candidates") == [
        ("BLOOD CULTURE",), ("URINE CULTURE",),
    ]  # fmt: skip
    assert _read(file, "SELECT * FROM items_candidates") == [
        (9, "Heart Rate", "Vital", "chartevents")
    ]
    assert _read(file, "SELECT * FROM diagnoses_icd_candidates") == [
        ("0010", 9, "Cholera"), ("A00", 10, "Cholera"),
    ]  # fmt: skip


def test_dictionaries_are_whole_and_indexed_on_their_codes(store: Path) -> None:
    file = build_vocabulary(store, codes=None)
    assert _read(file, "SELECT itemid, label FROM d_labitems") == [
        (1, "Albumin"), (2, " Zinc "), (3, None),
    ]  # fmt: skip
    plan = _read(file, "EXPLAIN QUERY PLAN SELECT label FROM d_labitems WHERE itemid = 1")
    assert "d_labitems_by_code" in str(plan)
    plan = _read(
        file,
        "EXPLAIN QUERY PLAN SELECT 1 FROM d_icd_diagnoses WHERE icd_code = 'A' AND icd_version = 9",
    )
    assert "d_icd_diagnoses_by_code" in str(plan)


def test_a_table_that_the_store_lacks_makes_no_candidates(tmp_path: Path) -> None:
    store = _write(tmp_path / "small", {"d_labitems": CONTENT["d_labitems"]})
    assert _tables(build_vocabulary(store, codes=None)) == [
        "d_labitems", "labevents_candidates", "vocabulary_edition",
    ]  # fmt: skip


def test_ccs_categories_come_from_the_codes_folder(store: Path, codes: Path) -> None:
    file = build_vocabulary(store, codes=codes)
    assert _read(file, "SELECT * FROM diagnoses_ccs_candidates") == [
        ("0010", 9, "135", "Intestinal infection"),
        ("A00", 10, "135", "Intestinal infection"),
        ("A41", 10, "2", "Septicemia"),
    ]
    assert _read(file, "SELECT * FROM procedures_ccs_candidates") == [
        ("0016070", 10, "1", "Incision"), ("0101", 9, "1", "Incision"),
    ]  # fmt: skip


def test_a_category_with_a_blank_name_gets_the_name_that_hcup_gave_it(
    store: Path, codes: Path
) -> None:
    blank = "category_code,category_desc,code_chapter\n1,Incision,Nervous\n188,,Other\n77,,Other\n"
    (codes / "ccs_pr_categories.csv").write_text(blank)
    (codes / "ccs_pr_map_icd9pcs_icd10pcs.csv.gz").write_bytes(
        gzip.compress(b"vocabulary_id,code,category_code\nICD9PCS,8841,188\nICD9PCS,1,77\n")
    )
    file = build_vocabulary(store, codes=codes)
    assert _read(file, "SELECT * FROM procedures_ccs_candidates") == [
        ("8841", 9, "188", "Cerebral arteriogram")
    ]


def test_without_the_codes_or_one_of_their_files_the_categories_are_absent(
    store: Path, codes: Path
) -> None:
    assert "diagnoses_ccs_candidates" not in _tables(build_vocabulary(store, codes=None))
    (codes / "ccs_dx_map_icd9cm.csv.gz").unlink()
    tables = _tables(build_vocabulary(store, codes=codes))
    assert "diagnoses_ccs_candidates" not in tables
    assert "procedures_ccs_candidates" in tables


@pytest.mark.parametrize(
    "broken",
    [
        gzip.compress(b"vocabulary_id,code,category_code\nICD9CM,0010,135\n")[:-9],
        b"not gzip at all",
        gzip.compress(b"vocabulary_id,code\nICD9CM,0010\n"),
        gzip.compress(b"vocabulary_id,code,category_code\nICD9CM,0010\n"),
        b"",
    ],
    # Named: gzip writes the second into its bytes, and no name of a test may tell the time.
    ids=["cut short", "no gzip", "no column of categories", "a line too short", "empty"],
)
def test_a_broken_codes_file_is_named_and_the_old_vocabulary_stays(
    store: Path, codes: Path, broken: bytes
) -> None:
    before = build_vocabulary(store, codes=codes).read_bytes()
    (codes / "ccs_dx_map_icd9cm.csv.gz").write_bytes(broken)
    with pytest.raises(RawRecordError, match="ccs_dx_map_icd9cm"):
        build_vocabulary(store, codes=codes)
    assert (store / "vocabulary.sqlite").read_bytes() == before
    assert [file.name for file in store.iterdir() if file.name.startswith(".")] == []


def test_equal_content_gives_equal_bytes_whatever_its_order_and_shards(
    store: Path, tmp_path: Path, codes: Path
) -> None:
    turned = {name: list(reversed(rows)) for name, rows in CONTENT.items()}
    other = _write(tmp_path / "other", turned, shards=2)
    first = build_vocabulary(store, codes=codes).read_bytes()
    assert build_vocabulary(store, codes=codes).read_bytes() == first
    assert build_vocabulary(other, codes=codes).read_bytes() == first


def test_the_edition_changes_with_any_word(store: Path, tmp_path: Path) -> None:
    ask = "SELECT edition FROM vocabulary_edition"
    ((first,),) = _read(build_vocabulary(store, codes=None), ask)
    other = _write(tmp_path / "other", CONTENT | {"services": [{"curr_service": "SURG"}]})
    ((second,),) = _read(build_vocabulary(other, codes=None), ask)
    assert len(first) == 64
    assert first != second


def test_how_often_and_by_whom_a_word_is_used_leaves_no_trace(store: Path, tmp_path: Path) -> None:
    more = CONTENT | {"prescriptions": CONTENT["prescriptions"] * 7}
    other = _write(tmp_path / "other", more, holders=5)
    assert (
        build_vocabulary(store, codes=None).read_bytes()
        == build_vocabulary(other, codes=None).read_bytes()
    )


def test_the_file_is_read_only_and_can_be_made_again(store: Path) -> None:
    file = build_vocabulary(store, codes=None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    assert build_vocabulary(store, codes=None) == file


def test_every_code_of_the_open_demo_has_its_category(open_data: Path, tmp_path: Path) -> None:
    store = _write(tmp_path / "empty", {})
    file = build_vocabulary(store, codes=open_data / "codes")
    for table, vocabulary in (("diagnoses", "diagnoses_icd"), ("procedures", "procedures_icd")):
        raw = open_data / "mimic-iv-demo" / "hosp" / f"{vocabulary}.csv.gz"
        lines = gzip.decompress(raw.read_bytes()).decode().splitlines()
        names = lines[0].split(",")
        code, version = names.index("icd_code"), names.index("icd_version")
        used = {(line.split(",")[code], int(line.split(",")[version])) for line in lines[1:]}
        held = set(_read(file, f"SELECT icd_code, icd_version FROM {table}_ccs_candidates"))
        assert used <= held


def test_a_title_that_a_single_patient_ever_has_is_on_no_list(tmp_path: Path) -> None:
    """However often: it would tell that this patient is going to get it."""
    drugs: list[dict[str, Any]] = [
        *({"drug": "Own", "subject_id": 10003} for _ in range(9)),
        *({"drug": " Shared ", "subject_id": subject_id} for subject_id in (10003, 10019)),
    ]
    exam = {"field_name": "exam_name", "field_value": "CT"}
    store = _write(
        tmp_path / "store",
        {"prescriptions": drugs, "radiology_detail": [exam], "services": CONTENT["services"]},
        holders=1,
    )
    file = build_vocabulary(store, codes=None)
    assert _read(file, "SELECT * FROM prescriptions_candidates") == [("Shared",)]
    assert _read(file, "SELECT * FROM radiology_candidates") == []
    assert _read(file, "SELECT * FROM services_candidates") == []


def test_a_small_store_lists_nothing_that_its_patients_are_going_to_get(tmp_path: Path) -> None:
    store = _write(tmp_path / "few", CONTENT, patients=FEWEST_PATIENTS - 1)
    with closing(sqlite3.connect(build_vocabulary(store, codes=None))) as vocabulary:
        names = {name for (name,) in vocabulary.execute("SELECT name FROM sqlite_schema")}
    assert "labevents_candidates" in names
    assert not names & {"prescriptions_candidates", "transfers_candidates", "services_candidates"}
