"""Vocabularies that the user brings: their own lists, and a published candidate_table.db."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.candidates import build_vocabulary, keyword_matches, load_titles
from clinseek.toolkits.ehr.candidates.supplied import with_supplied

PUBLISHED = """
CREATE TABLE diagnoses_ccs_candidates (icd_code TEXT, icd_version TEXT, candidate TEXT);
INSERT INTO diagnoses_ccs_candidates VALUES ('A00', '10', 'Cholera'), ('B00', '10', ' ');
CREATE TABLE transfers_candidates (candidate TEXT PRIMARY KEY);
INSERT INTO transfers_candidates VALUES ('MICU');
CREATE TABLE something_else (x TEXT);
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    place = tmp_path / "store"
    place.mkdir()
    pq.write_table(pa.table({"subject_id": [10001]}), place / "subjects.parquet")
    return place


@pytest.fixture
def published(tmp_path: Path) -> Path:
    file = tmp_path / "their.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(PUBLISHED)
    return file


def _csv(folder: Path, text: str) -> Path:
    file = folder / "list.csv"
    file.write_text(text, encoding="utf-8")
    return file


def _built(
    store: Path, *, vocabularies: Sequence[str] = (), candidate_db: Path | None = None
) -> Path:
    with with_supplied(None, vocabularies=vocabularies, candidate_db=candidate_db) as codes:
        return build_vocabulary(store, codes=codes)


def _rows(file: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(f'SELECT * FROM "{table}"').fetchall()


def test_a_list_of_the_users_own_is_a_candidate_table(store: Path, tmp_path: Path) -> None:
    file = _csv(
        tmp_path, "code,title\nB01AB01, heparin \nB01AB01,heparin\nN02BE01,paracetamol\n,\n"
    )
    built = _built(store, vocabularies=[f"prescriptions_atc={file}"])
    table = "prescriptions_atc_candidates"
    assert _rows(built, table) == [("B01AB01", "heparin"), ("N02BE01", "paracetamol")]
    titles = load_titles(built, table)
    assert [titles.titles[m.place] for m in keyword_matches(titles, "n02").matches] == [
        "paracetamol"
    ]


def test_a_published_file_brings_its_tables_under_their_names(
    store: Path, published: Path, tmp_path: Path
) -> None:
    own = _csv(tmp_path, "code,title\n1,Ward 7\n")
    built = _built(store, vocabularies=[f"transfers={own}"], candidate_db=published)
    assert _rows(built, "diagnoses_ccs_candidates") == [("A00", "10", "Cholera")]
    assert _rows(built, "transfers_candidates") == [("1", "Ward 7")]


def test_the_users_files_stand_beside_the_code_lists(store: Path, tmp_path: Path) -> None:
    codes = tmp_path / "codes"
    (codes / "deep").mkdir(parents=True)
    (codes / "deep" / "a.txt").write_text("a")
    own = _csv(tmp_path, "code,title\n1,x\n")
    with with_supplied(codes, vocabularies=[f"mine={own}"]) as joined:
        assert joined is not None
        assert (joined / "deep" / "a.txt").read_text() == "a"
        assert (joined / "vocabularies" / "mine.csv").read_text() == own.read_text()
    assert not joined.exists()
    with with_supplied(codes) as alone:
        assert alone == codes


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mine", "kode,title\n1,x\n", "has no column 'code'"),
        ("mine", "code,title\n", "holds no title"),
        ("mine", "code,title\n1\n", "1 fields instead of 2"),
        ("Mine!", "code,title\n1,x\n", "cannot be named 'Mine!'"),
        ("labevents/../x", "code,title\n1,x\n", "cannot be named"),
    ],
)
def test_a_list_that_cannot_be_read_is_named(
    store: Path, tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(RawRecordError, match=said):
        _built(store, vocabularies=[f"{name}={_csv(tmp_path, text)}"])


def test_a_file_that_is_not_there_or_not_theirs_is_told(store: Path, tmp_path: Path) -> None:
    with pytest.raises(RawRecordError, match="does not exist"):
        _built(store, vocabularies=["mine=nowhere.csv"])
    with pytest.raises(RawRecordError, match=r"write NAME=FILE\.csv"):
        _built(store, vocabularies=["mine"])
    with pytest.raises(RawRecordError, match="cannot be read as a SQLite file"):
        _built(store, candidate_db=_csv(tmp_path, "no database" * 100))
    empty = tmp_path / "empty.db"
    with closing(sqlite3.connect(empty)) as connection:
        connection.execute("CREATE TABLE x (y)")
    with pytest.raises(RawRecordError, match=r"has no table \.\.\._candidates"):
        _built(store, candidate_db=empty)


def test_a_table_of_patients_is_no_candidate_table(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "odd.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE x_candidates (subject_id TEXT, candidate TEXT)")
    with pytest.raises(RawRecordError, match="nothing of a patient"):
        _built(store, candidate_db=file)
