"""SQL that a model could write: what must be refused, what must be bounded, what must be empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from drills.attack.case import Tried, line_of
from drills.attack.ground import called, case_in, files_under
from drills.attack.measuring import cost_of
from drills.drill import Line, Size

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

REFUSED: Sequence[str] = (
    "DELETE FROM labevents",
    "UPDATE labevents SET value = 'x'",
    "INSERT INTO labevents (row_id) VALUES (99)",
    "REPLACE INTO labevents (row_id) VALUES (1)",
    "DROP TABLE labevents",
    "CREATE TABLE mine (a)",
    "CREATE TEMP TABLE mine (a)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE TRIGGER mine AFTER INSERT ON labevents BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE mine USING fts5(a)",
    "ALTER TABLE labevents RENAME TO mine",
    "ATTACH DATABASE '{here}/x.sqlite' AS x",
    "ATTACH DATABASE '/etc/passwd' AS other",
    "ATTACH DATABASE ':memory:' AS other",
    "ATTACH 'file:/etc/passwd?mode=ro' AS other",
    "DETACH DATABASE main",
    "DETACH DATABASE vocabulary",
    "PRAGMA journal_mode = WAL",
    "PRAGMA writable_schema = 1",
    "PRAGMA query_only = 0",
    "PRAGMA database_list",
    "PRAGMA temp_store_directory = '{here}'",
    "PRAGMA mmap_size = 0",
    "PRAGMA hard_heap_limit = 1",
    "PRAGMA wal_checkpoint",
    "SELECT * FROM pragma_database_list",
    "VACUUM",
    "VACUUM INTO '{here}/copy.sqlite'",
    "BEGIN",
    "BEGIN EXCLUSIVE",
    "COMMIT",
    "SAVEPOINT x",
    "REINDEX",
    "ANALYZE",
    "WITH x AS (SELECT 1) DELETE FROM labevents",
    "/* SELECT */ DELETE FROM labevents",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE labevents",
    "SELECT 1 -- \n; DELETE FROM labevents",
    "\ufeffDELETE FROM labevents",
    "D\u0415LETE FROM labevents",
    "SELECT 'a\0b'",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM sqlite_dbpage('main')",
    "what is the latest potassium?",
)  # fmt: skip
"""Whatever is not one SELECT over the case and its dictionaries. All of it is refused.

`{here}` stands for a folder in which no file may come to be.
"""

EMPTY: Sequence[str] = ("", ";", "-- nothing")
"""Statements of nothing: these alone may be refused as empty."""
SAID_OF_EMPTY = "the statement is empty"
"""Also said of a statement that was carried out and gave no columns."""

BY_NAME: Sequence[tuple[str, str]] = (
    ("load_extension", "SELECT load_extension('{here}/x.so')"),
    ("LOAD_EXTENSION", "SELECT LOAD_EXTENSION('x', 'y')"),
    ("load_extension", "SELECT 1 FROM labevents ORDER BY load_extension('x')"),
    ("readfile", "SELECT readfile('/etc/passwd')"),
    ("writefile", "SELECT writefile('{here}/x', 'y')"),
    ("edit", "SELECT edit('x', 'vi')"),
    ("fts3_tokenizer", "SELECT fts3_tokenizer('x')"),
    ("json_group_array", "SELECT json_group_array(row_id) FROM labevents"),
    ("json_group_object", "SELECT json_group_object(row_id, row_id) FROM labevents"),
    ("json_patch", "SELECT json_patch('{}', '{}')"),
    ("json_set", "SELECT json_set('{}', '$.a', 1)"),
    ("json_array", "SELECT row_id FROM labevents WHERE json_array(row_id) = '[]'"),
)
"""Functions that no statement may call, each with one that does: refused by the function's name."""

ENDLESS: Sequence[str] = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "SELECT count(*) FROM labevents a, labevents b, labevents c, labevents d, labevents e",
    "SELECT count(*) FROM labevents a, labevents b, labevents c WHERE a.value LIKE b.value || '%x'",
    "SELECT a.row_id FROM labevents a, labevents b, labevents c ORDER BY b.value, c.value, a.value",
    "SELECT count(DISTINCT a.row_id || b.row_id) FROM labevents a, labevents b, labevents c",
)
"""Statements that would run for hours. Each is stopped in its time, or cut at a bound."""


def _chain(step: str, first: str, levels: int = 27) -> str:
    """CTEs of which each names the one before, as `{0}`, more than once."""
    ctes = [f"t{n} AS ({step.format(f't{n - 1}') if n else first})" for n in range(levels)]
    return f"WITH {', '.join(ctes)} SELECT * FROM t{levels - 1} LIMIT 1"


_KEYS = (
    "(SELECT '{{' || group_concat('\"{0}' || i || '\":1') || '}}' FROM (WITH RECURSIVE n(i) AS "
    "(SELECT 10000 UNION ALL SELECT i + 1 FROM n LIMIT 17000) SELECT i FROM n))"
)
_LONG = "replace(hex(zeroblob(190000)), '0', 'a')"
HEAVY: Sequence[str] = (
    "WITH RECURSIVE n(i) AS (SELECT 'a' UNION ALL SELECT i || i FROM n) SELECT count(*) FROM n",
    "SELECT hex(zeroblob(500000000))",
    "SELECT randomblob(2000000000)",
    "SELECT printf('%.*c', 2000000000, 'x')",
    "SELECT replace(hex(zeroblob(200000)), '0', hex(zeroblob(200000)))",
    "SELECT group_concat(hex(zeroblob(100000))) FROM labevents",
    "SELECT " + ", ".join(["hex(zeroblob(190000))"] * 300),
    "SELECT " + "(" * 2_000 + "1" + ")" * 2_000,
    "SELECT " + "-" * 1 + "+".join(["1"] * 20_000),
    "SELECT 1 WHERE " + " OR ".join(["1=0"] * 20_000),
    "SELECT 1 " + "UNION SELECT 1 " * 2_000,
    "SELECT " + "abs(" * 1_500 + "1" + ")" * 1_500,
    "SELECT '" + "x" * 150_000 + "'",
    "SELECT 1 /* " + "x" * 150_000 + " */",
    "SELECT " + "NOT " * 30_000 + "1",
    "SELECT count(*) FROM " + ", ".join(f"labevents a{n}" for n in range(100)),
    "SELECT 'a' LIKE '" + "%a" * 2_600 + "'",
    "SELECT 'a' GLOB '" + "*a" * 2_600 + "'",
    "SELECT printf('%*d', 2000000000, 1)",
    f"SELECT instr({_LONG}, substr({_LONG}, 1, 190000) || 'b')",
    "SELECT " + ", ".join([f"instr({_LONG}, substr({_LONG}, 1, 190000) || 'b')"] * 100),
    f"SELECT sum(instr({_LONG}, substr({_LONG}, 1, 190000) || row_id)) FROM labevents",
    f"SELECT {_LONG} LIKE '%' || substr({_LONG}, 1, 4900) || 'b'",
    f"SELECT {_LONG} GLOB '*' || replace(substr({_LONG}, 1, 1600), 'a', '[a]') || 'b'",
    f"SELECT rtrim({_LONG}, replace(hex(zeroblob(20000)), '0', 'b') || 'a')",
    f"SELECT length(replace({_LONG}, 'a', {_LONG}))",
    "SELECT json_extract('" + "[" * 5_000 + "', '$')",
    "SELECT * FROM json_each('" + "[" * 990 + "]" * 990 + "')",
    "SELECT value FROM generate_series(1, 1000000000)",
    "WITH " + ", ".join(f"t{n}(x) AS (SELECT * FROM t{n - 1} a, t{n - 1} b)" if n else
                        "t0(x) AS (SELECT 1 UNION ALL SELECT 2)" for n in range(30))
    + " SELECT count(*) FROM t29",
    f"WITH p AS MATERIALIZED (SELECT {_KEYS.format('a')} AS a, {_KEYS.format('b')} AS b) SELECT "
    + ", ".join(f"length(json_patch(a, b || substr('{n}', 1, 0)))" for n in range(40)) + " FROM p",
    "SELECT length(json_group_array(hex(zeroblob(90000)))) FROM labevents a, labevents b",
    "SELECT length(json_group_object(a.row_id, hex(zeroblob(90000)))) FROM labevents a, labevents",
    "SELECT " + ", ".join(["json_array(" + ", ".join(["hex(zeroblob(190000))"] * 120) + ")"] * 9),
    _chain("SELECT x || x AS x FROM {0}", "SELECT row_id AS x FROM labevents"),
    "EXPLAIN " + _chain('SELECT "x" || [x] `x` FROM {0}', "SELECT row_id AS x FROM labevents"),
    _chain("SELECT max(with, with) AS with FROM {0}", "SELECT row_id AS with FROM labevents"),
    _chain("SELECT x COLLATE nocase FROM (SELECT x || x x FROM {0})", "SELECT row_id x FROM omr"),
    _chain("SELECT 1 IN {0} OR 2 IN {0} AS x", "SELECT 1"),
    _chain("SELECT count(*) FROM {0} a, {0} b", "SELECT 1"),
    "SELECT " + " + ".join(f"count(DISTINCT hex(zeroblob(190000)) || a.row_id || {n})"
                           for n in range(199)) + " FROM labevents a, labevents",
    "SELECT x FROM " + "(SELECT x || x AS x FROM " * 27 + "(SELECT 1 AS x)" + ")" * 27,
    "SELECT " + "||".join(["row_id"] * 900) + " AS y FROM labevents WHERE "
    + " OR ".join(["y = 1"] * 900),
    "SELECT " + ", ".join(["sum(row_id) OVER w"] * 190) + " FROM labevents WINDOW w AS ("
    "PARTITION BY " + ", ".join(f"hadm_id + {n}" for n in range(5_000)) + ")",
)  # fmt: skip
"""Statements that would fill the memory, the stack or the screen. Answered or refused, bounded."""

QUIET: Sequence[tuple[str, str]] = (
    ("SELECT group_concat(name) FROM sqlite_master", "subject_id"),
    ("SELECT sql FROM sqlite_schema", "hidden"),
    ("SELECT count(*) FROM sqlite_temp_master", "hidden"),
    ("SELECT * FROM pragma_table_list", "/"),
    ("PRAGMA table_list", "/"),
    ("SELECT sqlite_version(), sqlite_source_id()", "/"),
)
"""What may be asked, and what its answer never holds."""

BOUND_SECONDS = 0.5
SLACK_SECONDS = 4.5
LONGEST_ANSWER = 130_000
MOST_MEGABYTES = 200


def lines(size: Size, place: Path) -> Iterator[Line]:
    """Each table over one case."""
    from clinseek.toolkits.ehr.tools import EhrToolkit
    from clinseek.toolkits.ehr.tools import sql as tool_of_sql

    del size
    case = case_in(place)
    (tool,) = (t for t in EhrToolkit(case=case).get_tools() if t.name == "ehr.run_sql_query")
    watched = (case.path.parent, place / "store")
    before = files_under(*watched)
    here = place / "named"
    here.mkdir()
    yield line_of("statements that are not one SELECT", _refused(tool, case.path, here))
    yield line_of("functions that no statement may call", _by_name(tool, here))
    kept, tool_of_sql.LONGEST_SECONDS = tool_of_sql.LONGEST_SECONDS, BOUND_SECONDS
    try:
        yield line_of("statements without end", [Tried(s, _bounded(tool, s)) for s in ENDLESS])
        yield line_of("statements of great size", [Tried(s, _bounded(tool, s)) for s in HEAVY])
    finally:
        tool_of_sql.LONGEST_SECONDS = kept
    yield line_of(
        "questions about the file itself",
        [Tried(sql, _quiet(tool, sql, word, str(place))) for sql, word in QUIET],
    )
    changed = files_under(*watched) != before
    yield Line(
        "files compared before and after", len(before), ["a file changed"] if changed else []
    )


def _refused(tool: BaseTool, case: Path, here: Path) -> list[Tried]:
    def held(statement: str) -> str | None:
        before = case.read_bytes()
        answered = called(tool, {"sql_query": statement.replace("{here}", str(here))})
        if made := _made(here):
            return made
        if not answered.seen.refused:
            return f"was answered: {answered.text[:80]!r}"
        if case.read_bytes() != before:
            return "changed the case"
        if statement not in EMPTY and SAID_OF_EMPTY in answered.text:
            return "was carried out: it gave no columns"
        return None if answered.text else "was refused without a word"

    statements = (*REFUSED, *EMPTY)
    return [Tried(statement, lambda s=statement: held(s)) for statement in statements]  # type: ignore[misc]


def _by_name(tool: BaseTool, here: Path) -> list[Tried]:
    def held(name: str, statement: str) -> str | None:
        answered = called(tool, {"sql_query": statement.replace("{here}", str(here))})
        if made := _made(here):
            return made
        # Some are the shell's alone; a library that brings them is asked like any other.
        words = (f"{name} cannot be used here", f"no such function: {name}")
        named = answered.seen.refused and any(each in answered.text for each in words)
        return None if named else f"was not refused by its name: {answered.text[:80]!r}"

    return [Tried(sql, lambda n=name, s=sql: held(n, s)) for name, sql in BY_NAME]  # type: ignore[misc]


def _made(here: Path) -> str | None:
    """What stands where no file may come to be; taken away, so that each statement is told."""
    found = sorted(here.iterdir())
    for file in found:
        file.unlink()
    return f"wrote {found[0].name}" if found else None


def _bounded(tool: BaseTool, statement: str) -> Callable[[], str | None]:
    def held() -> str | None:
        cost = cost_of(lambda: called(tool, {"sql_query": statement}).text)
        if isinstance(cost, str):
            return cost
        if cost.seconds > BOUND_SECONDS + SLACK_SECONDS:
            return f"took {cost.seconds:.1f} s"
        if cost.characters > LONGEST_ANSWER:
            return f"was answered with {cost.characters:,} characters"
        if cost.megabytes > MOST_MEGABYTES:
            return f"took {cost.megabytes:,} MB"
        return None

    return held


def _quiet(tool: BaseTool, statement: str, *never: str) -> Callable[[], str | None]:
    def held() -> str | None:
        text = called(tool, {"sql_query": statement}).text
        found = [word for word in never if word in text]
        return f"its answer holds {found[0]!r}" if found else None

    return held
