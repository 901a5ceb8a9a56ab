"""Reading a case is bounded and cannot change anything, whatever SQL is sent."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.case.guard import Limits, select, tables_read


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    path = tmp_path / "it's a case?.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE labevents (row_id INTEGER PRIMARY KEY, value TEXT)")
    connection.executemany(
        "INSERT INTO labevents (value) VALUES (?)", [(f"v{number}",) for number in range(500)]
    )
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def vocabulary(tmp_path: Path) -> Path:
    path = tmp_path / "vocabulary.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE d_labitems (itemid INTEGER, label TEXT)")
    connection.execute("INSERT INTO d_labitems VALUES (50912, 'Creatinine')")
    connection.commit()
    connection.close()
    return path


def test_a_select_gives_its_columns_and_rows(case_file: Path) -> None:
    found = select(case_file, "SELECT value FROM labevents WHERE row_id = ?", (7,))
    assert found.columns == ("value",)
    assert found.rows == [("v6",)]
    assert not found.more


def test_dictionaries_are_reached_without_a_prefix(case_file: Path, vocabulary: Path) -> None:
    found = select(case_file, "SELECT label FROM d_labitems", vocabulary=vocabulary)
    assert found.rows == [("Creatinine",)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM labevents",
        "UPDATE labevents SET value = 'x'",
        "INSERT INTO labevents VALUES (1000, 'x')",
        "DROP TABLE labevents",
        "CREATE TABLE mine (a)",
        "CREATE TEMP TABLE mine (a)",
        "ATTACH DATABASE '/tmp/x.sqlite' AS x",
        "DETACH DATABASE main",
        "PRAGMA journal_mode = WAL",
        "PRAGMA writable_schema = 1",
        "PRAGMA query_only = 0",
        "VACUUM INTO '/tmp/copy.sqlite'",
        "BEGIN EXCLUSIVE",
        "REINDEX",
        "SELECT load_extension('/tmp/x.so')",
        "WITH x AS (SELECT 1) DELETE FROM labevents",
    ],
)
def test_anything_but_reading_is_refused_and_changes_nothing(case_file: Path, sql: str) -> None:
    before = case_file.read_bytes()
    with pytest.raises(Refusal):
        select(case_file, sql)
    assert case_file.read_bytes() == before
    assert not list(case_file.parent.glob("*-wal"))


def test_two_statements_in_one_are_refused(case_file: Path) -> None:
    with pytest.raises(Refusal, match="one statement"):
        select(case_file, "SELECT 1; SELECT 2")


@pytest.mark.parametrize("sql", ["", "   ", "-- nothing", ";"])
def test_an_empty_statement_is_refused(case_file: Path, sql: str) -> None:
    with pytest.raises(Refusal, match="empty"):
        select(case_file, sql)


def test_a_query_without_end_is_stopped_in_time(case_file: Path) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    began = time.monotonic()
    with pytest.raises(Refusal, match=r"longer than 0\.3 s"):
        select(case_file, endless, limits=Limits(seconds=0.3))
    assert time.monotonic() - began < 10


def test_rows_without_end_stop_at_the_bound_and_say_that_there_are_more(case_file: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    found = select(case_file, endless, limits=Limits(rows=10_000))
    assert len(found.rows) == 10_000
    assert found.more


def test_exactly_as_many_rows_as_allowed_are_not_called_more(case_file: Path) -> None:
    found = select(case_file, "SELECT * FROM labevents", limits=Limits(rows=500))
    assert len(found.rows) == 500
    assert not found.more


def test_long_cells_stop_at_the_bound_of_bytes(case_file: Path) -> None:
    wide = "SELECT printf('%1000d', row_id) FROM labevents"
    found = select(case_file, wide, limits=Limits(bytes=10_500))
    assert len(found.rows) == 10
    assert found.more


def test_a_cell_too_large_for_memory_is_refused(case_file: Path) -> None:
    with pytest.raises(Refusal, match="longer than 400,000 characters"):
        select(case_file, "SELECT hex(zeroblob(500000000))")


def test_describing_a_table_is_reading(case_file: Path) -> None:
    found = select(case_file, "PRAGMA table_info(labevents)")
    assert [row[1] for row in found.rows] == ["row_id", "value"]


def test_an_error_of_sql_is_a_sentence(case_file: Path) -> None:
    with pytest.raises(Refusal, match="SQL error: no such column: valu"):
        select(case_file, "SELECT valu FROM labevents")


def test_many_threads_read_at_once_each_with_its_own_connection(case_file: Path) -> None:
    def read(number: int) -> list[tuple[object, ...]]:
        return select(case_file, "SELECT value FROM labevents WHERE row_id = ?", (number,)).rows

    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(read, range(1, 201)))
    assert rows == [[(f"v{number - 1}",)] for number in range(1, 201)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM labevents JOIN d_labitems USING (itemid)",
        "SELECT label FROM d_labitems NATURAL JOIN labevents",
        "WITH x AS (SELECT value FROM labevents) SELECT count(*) FROM x, d_labitems",
    ],
)
def test_tables_that_only_a_join_names_are_told_too(
    tmp_path: Path, vocabulary: Path, sql: str
) -> None:
    path = tmp_path / "case.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE emar (row_id INTEGER PRIMARY KEY, medication TEXT)")
    connection.execute("CREATE TABLE labevents (row_id INTEGER PRIMARY KEY, itemid, value)")
    connection.execute("CREATE INDEX labevents_1 ON labevents (itemid)")
    connection.close()
    assert tables_read(path, sql, vocabulary=vocabulary) == {"labevents", "d_labitems"}


@pytest.mark.parametrize(
    "sql",
    [
        (
            "SELECT instr(replace(hex(zeroblob(150000)),'0','a'), "
            "replace(hex(zeroblob(99000)),'0','a')||'b')"
        ),
        (
            "SELECT replace(hex(zeroblob(150000)),'0','a') LIKE '%'||"
            "substr(replace(hex(zeroblob(2400)),'0','a'),1,4700)||'b'"
        ),
    ],
)
def test_one_costly_function_call_ends_in_time(case_file: Path, sql: str) -> None:
    began = time.monotonic()
    assert select(case_file, sql, limits=Limits(seconds=1.0)).rows == [(0,)]
    assert time.monotonic() - began < 30


def test_a_row_of_many_long_cells_is_refused_before_it_fills_the_memory(case_file: Path) -> None:
    wide = ", ".join(["hex(zeroblob(190000))"] * 300)
    with pytest.raises(Refusal, match="too many columns"):
        select(case_file, f"SELECT {wide}")
