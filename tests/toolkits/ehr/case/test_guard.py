"""Reading a case is bounded and cannot change anything, whatever SQL is sent."""

import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.case import guard
from clinseek.toolkits.ehr.case.allowed_functions import ALLOWED
from clinseek.toolkits.ehr.case.functions import BoundedFunctions
from clinseek.toolkits.ehr.case.guard import Limits, select, tables_read
from clinseek.toolkits.ehr.case.weight import MOST_WEIGHT, weight_of
from drills.attack.sql import BY_NAME, EMPTY, HEAVY, REFUSED, SAID_OF_EMPTY


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


@pytest.mark.parametrize("sql", [*REFUSED, *EMPTY])
def test_anything_but_reading_is_refused_and_changes_nothing(
    case_file: Path, tmp_path: Path, sql: str
) -> None:
    with closing(sqlite3.connect(case_file)) as connection:
        connection.execute("CREATE INDEX labevents_1 ON labevents (value)")  # for REINDEX
    here = tmp_path / "here"
    here.mkdir()
    before = case_file.read_bytes()
    with pytest.raises(Refusal) as refused:
        select(case_file, sql.replace("{here}", str(here)))
    assert (SAID_OF_EMPTY in str(refused.value)) == (sql in EMPTY)
    assert case_file.read_bytes() == before
    assert not list(case_file.parent.glob("*-wal"))
    assert not list(here.iterdir())


@pytest.mark.parametrize(("name", "sql"), BY_NAME)
def test_a_function_that_no_statement_may_call_is_refused_by_its_name(
    case_file: Path, tmp_path: Path, name: str, sql: str
) -> None:
    with pytest.raises(Refusal, match=f"{name} cannot be used here|no such function: {name}"):
        select(case_file, sql.replace("{here}", str(tmp_path)))


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


@pytest.mark.parametrize("sql", HEAVY, ids=range(len(HEAVY)))
def test_no_function_of_sql_outlives_the_bound_of_seconds_by_much(
    case_file: Path, sql: str
) -> None:
    began = time.process_time()
    with suppress(Refusal):
        select(case_file, sql, limits=Limits(seconds=0.3))
    assert time.process_time() - began < 5


def test_a_row_of_many_long_cells_is_refused_before_it_fills_the_memory(case_file: Path) -> None:
    wide = ", ".join(["hex(zeroblob(190000))"] * 300)
    with pytest.raises(Refusal, match="too many columns"):
        select(case_file, f"SELECT {wide}")


letters = st.sampled_from(["a", "A", "b", "%", "_", "*", "?", "[", "]", "^", "é", "É", "\0", " "])
cells = st.one_of(
    st.lists(letters, max_size=8).map("".join),
    st.none(),
    st.integers(-20, 20),
    st.sampled_from([1.5, b"ab", b"", "aab", "b\\%", "%d", "%5s|%-4d", "%.2f", "%q", "%%", "\\"]),
)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(
        [
            ("like(?, ?)", 2), ("like(?, ?, ?)", 3), ("glob(?, ?)", 2), ("instr(?, ?)", 2),
            ("replace(?, ?, ?)", 3), ("trim(?, ?)", 2), ("ltrim(?, ?)", 2), ("rtrim(?, ?)", 2),
            ("printf(?)", 1), ("printf(?, ?)", 2), ("printf(?, ?, ?)", 3), ("? LIKE ?", 2),
        ]
    ),
    st.lists(cells, min_size=3, max_size=3),
)  # fmt: skip
@example(("replace(?, ?, ?)", 3), ["\0a", "\0", ""])
def test_bounded_functions_answer_what_sqlite_answers(
    called: tuple[str, int], given_cells: Sequence[object]
) -> None:
    sql, many = called
    with closing(sqlite3.connect(":memory:")) as plain, closing(sqlite3.connect(":memory:")) as own:
        functions = BoundedFunctions(own, deadline=time.monotonic() + 60, longest=400_000)
        with closing(functions):
            told = [_answer(each, sql, given_cells[:many]) for each in (plain, own)]
    assert told[0] == told[1]


def _answer(connection: sqlite3.Connection, sql: str, cells: Sequence[object]) -> object:
    try:
        return connection.execute(f"SELECT {sql}", cells).fetchone()
    except sqlite3.Error:
        return "an error"


def test_a_call_after_its_time_is_not_made(case_file: Path) -> None:
    slow = (
        "SELECT count(*) FROM labevents a, labevents b, labevents c WHERE instr(a.value, b.value)"
    )
    with pytest.raises(Refusal, match=r"longer than 0\.1 s"):
        select(case_file, slow, limits=Limits(seconds=0.1))


def test_what_is_refused_says_what_is_too_long(case_file: Path) -> None:
    long = "replace(hex(zeroblob(190000)), '0', 'a')"
    with pytest.raises(Refusal, match="cannot be searched for 4,9"):
        select(case_file, f"SELECT {long} LIKE '%' || substr({long}, 1, 4900) || '_'")


@pytest.mark.parametrize(
    ("sql", "instead"),
    [
        ("SELECT json_group_array(value) FROM labevents", r"use group_concat\(\)"),
        ("SELECT json_group_object(row_id, value) FROM labevents", r"use group_concat\(\)"),
        ("SELECT json_patch('{}', '{}')", "select the columns themselves"),
        ("SELECT json_set('{}', '$.a', value) FROM labevents", "select the columns themselves"),
        ("SELECT value FROM labevents WHERE json_array(value) = '[]'", "select the columns"),
        ("SELECT load_extension('x')", "use the common functions"),
    ],
)
def test_a_function_without_a_bound_is_refused_with_what_to_write(
    case_file: Path, sql: str, instead: str
) -> None:
    with pytest.raises(Refusal, match=instead):
        select(case_file, sql)


def test_a_function_is_refused_until_somebody_has_looked_at_it(
    case_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "ALLOWED", ALLOWED - {"round"})
    with pytest.raises(Refusal, match="round cannot be used here"):
        select(case_file, "SELECT round(1.5)")


def chain(step: str, first: str = "SELECT row_id AS x FROM labevents", levels: int = 27) -> str:
    ctes = [f"t{n} AS ({step.format(f't{n - 1}') if n else first})" for n in range(levels)]
    return f"WITH {', '.join(ctes)} SELECT * FROM t{levels - 1} LIMIT 1"


@pytest.mark.parametrize(
    "sql",
    [
        chain("SELECT x || x AS x FROM {0}"),
        "EXPLAIN " + chain("SELECT x || x AS x FROM {0}"),
        "; " + chain("SELECT x || x x FROM {0}"),
        "\ufeff" + chain("SELECT x/*,*/||x--a\n AS x FROM/**/ {0}"),
        chain('SELECT "x" || [x] AS `x` FROM "{0}"'),
        chain("SELECT (x) FROM (SELECT x || x AS x FROM {0})"),
        chain("SELECT x COLLATE nocase FROM (SELECT x || x AS x FROM {0})"),
        chain("SELECT * FROM (SELECT x || x AS x FROM {0})"),
        chain("SELECT x IS DISTINCT FROM (x + 1) AS x FROM {0}"),
        chain("SELECT max(with, with) AS with FROM {0}", "SELECT row_id AS with FROM labevents"),
        chain("SELECT \u20ac||\u20ac AS \u20ac FROM {0}", "SELECT row_id AS \u20ac FROM labevents"),
        chain("SELECT x || x AS x FROM {0} GROUP BY 1"),
        chain("SELECT count(*) AS x FROM {0} a, {0} b"),
        chain("SELECT 1 IN {0} OR 2 IN {0} AS x"),
        chain("SELECT x FROM {0} a FULL JOIN {0} b USING (x)"),
        "SELECT " + " + ".join(f"count(DISTINCT value || {n})" for n in range(150))
        + " FROM labevents",
        "SELECT x FROM " + "(SELECT x || x AS x FROM " * 27 + "(VALUES (1))" + ")" * 27,
        "SELECT " + "||".join(["row_id"] * 900) + " AS y FROM labevents WHERE "
        + " OR ".join(["y = 1"] * 900),
        "SELECT " + ", ".join(["sum(row_id) OVER w"] * 190) + " FROM labevents WINDOW w AS ("
        "PARTITION BY " + ", ".join(["row_id + 1"] * 3_000) + ")",
    ],
    ids=range(19),
)  # fmt: skip
def test_a_statement_that_would_grow_without_bound_is_not_prepared(
    case_file: Path, sql: str
) -> None:
    with pytest.raises(Refusal, match="too large once its subqueries stand in each other"):
        select(case_file, sql)


def test_brackets_without_end_are_refused(case_file: Path) -> None:
    with pytest.raises(Refusal, match="nest them less"):
        select(case_file, "SELECT " + "(" * 900 + "1" + ")" * 900)


def test_a_long_statement_of_a_careful_asker_weighs_little() -> None:
    steps = ", ".join(
        f"s{n} AS (SELECT row_id, hadm_id, CASE WHEN valuenum > {n} AND valuenum < 100 THEN "
        f"round(valuenum * {n}, 2) ELSE valuenum END AS v{n} FROM labevents "
        f"WHERE itemid IN ({', '.join(map(str, range(50_800, 51_000)))}))"
        for n in range(20)
    )
    read = " UNION ALL ".join(f"SELECT hadm_id, max(v{n}) FROM s{n} GROUP BY 1" for n in range(20))
    assert weight_of(f"WITH {steps} {read}") < MOST_WEIGHT / 2


def test_memory_that_ends_is_a_refusal(case_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_LONGEST_PROGRAM", 120)
    with pytest.raises(Refusal, match="more memory than there is"):
        select(
            case_file, "SELECT " + ", ".join(f"row_id + {n}" for n in range(99)) + " FROM labevents"
        )
    with pytest.raises(Refusal, match="more memory than there is"):
        tables_read(case_file, "SELECT " + ", ".join(["row_id + 1"] * 99) + " FROM labevents")
