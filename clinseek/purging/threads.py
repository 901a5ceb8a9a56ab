"""The threads of CLINSEEK_HOME, and what tells their bytes from those of others."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from clinseek.kept_threads import Plan, lock_of
from clinseek.nodes.casework import case_file_name, task_of
from clinseek.nodes.pictures import made_folder
from clinseek.purging.removal import Removal, erasing, of_database, of_files
from clinseek.purging.searching import Mark
from clinseek.purging.webs import WebUse, used_in
from clinseek.settings import case_folder, threads_file

_TABLES = {"checkpoints": "thread_id", "writes": "thread_id", "runs": "thread"}
_SHORTEST = 6
_MOST_IDS = 8
_MOST_FRAGMENTS = 8
_FRAGMENT = 48
_TRIED = 32


def plans(connection: sqlite3.Connection) -> list[Plan]:
    """The plan of every thread."""
    held = connection.execute("SELECT plan FROM runs ORDER BY rowid").fetchall()
    return [Plan(**json.loads(plan)) for (plan,) in held]


def of_thread(connection: sqlite3.Connection, plan: Plan) -> Iterator[Removal]:
    """What a thread left: its case, what was drawn, its lock; last its rows, which tell of them."""
    counted = sum(
        connection.execute(f"SELECT COUNT(*) FROM {table} WHERE {column} = ?", (plan.thread,))
        .fetchone()[0]
        for table, column in _there(connection)
    )  # fmt: skip
    yield from of_cases(case_files(plan))
    yield from of_files("the lock of a thread", [lock_of(plan.thread)])
    yield Removal("steps of a thread", threads_file(), counted, lambda: _erase(plan.thread))


def of_cases(files: Sequence[Path]) -> Iterator[Removal]:
    """Case files, and what image tools drew beside them."""
    for file in files:
        yield from of_database("case", file)
        yield from of_files("pictures of a case", [made_folder(str(file))])


def case_files(plan: Plan) -> list[Path]:
    """The case that the plan binds, and others of the same thread (a fork makes its own)."""
    asked, context = plan.asked, plan.context
    key = (
        (task_of(asked),)
        if asked.get("subject_id") is None
        else (context["store"], asked["subject_id"], asked["cutoff"], context["profile"])
    )
    name = case_file_name(plan.thread, *key)
    forks = [] if name.startswith("thread-") else _of_name(plan.thread)
    return sorted({case_folder() / name, *forks})


def _of_name(thread: str) -> list[Path]:
    hashed = "[0-9a-f]" * 16
    return [*case_folder().glob(f"{thread}-{hashed}.sqlite")]


def web_use(connection: sqlite3.Connection, plan: Plan) -> WebUse:
    """What the run asked of the web, by its ledger."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
    from langgraph.types import Overwrite

    if ("writes", "thread_id") not in _there(connection):
        return WebUse(frozenset(), frozenset())
    serde = JsonPlusSerializer(allowed_msgpack_modules=None)
    kept = connection.execute(
        "SELECT type, value FROM writes WHERE thread_id = ? AND channel = 'evidence'",
        (plan.thread,),
    )
    entries: list[Any] = []
    for packed in kept:
        held = serde.loads_typed(packed)
        held = held.value if isinstance(held, Overwrite) else held
        entries += held if isinstance(held, list) else [held]
    return used_in(entries)


def marks(connection: sqlite3.Connection, plan: Plan) -> list[Mark]:
    """By what the thread's bytes are known: its name, its steps' ids, pieces of what it was told.

    Only what no other thread has as well; a name of a few letters may stand anywhere.
    """
    found = []
    names = [name for (name,) in connection.execute("SELECT thread FROM runs")]
    if len(plan.thread) >= _SHORTEST and sum(plan.thread in name for name in names) == 1:
        found.append(Mark("the thread's name", plan.thread.encode()))
    found.append(Mark("the thread's lock", lock_of(plan.thread).name.encode()))
    if ("writes", "thread_id") in _there(connection):
        ids = connection.execute(
            "SELECT DISTINCT checkpoint_id FROM checkpoints WHERE thread_id = ? LIMIT ?",
            (plan.thread, _MOST_IDS),
        )
        found += [Mark("a step's id", each.encode()) for (each,) in ids]
        found += [Mark("a piece of what was told", each) for each in _fragments(connection, plan)]
    return found


def _fragments(connection: sqlite3.Connection, plan: Plan) -> list[bytes]:
    """Pieces from the middle of the longest writes that no other thread has."""
    own: list[bytes] = []
    longest = connection.execute(
        "SELECT value FROM writes WHERE thread_id = ? AND channel IN ('messages', 'evidence') "
        "ORDER BY length(value) DESC LIMIT ?",
        (plan.thread, _TRIED),
    ).fetchall()
    for (value,) in longest:
        start = max(0, len(value) // 2 - _FRAGMENT // 2)
        piece = value[start : start + _FRAGMENT]
        shared = (
            len(piece) < _FRAGMENT
            or connection.execute(
                "SELECT 1 FROM writes WHERE thread_id != ? AND instr(value, ?) LIMIT 1",
                (plan.thread, piece),
            ).fetchone()
        )
        if not shared and piece not in own:
            own.append(piece)
        if len(own) == _MOST_FRAGMENTS:
            break
    return own


def _erase(thread: str) -> None:
    with erasing(threads_file()) as connection:
        for table, column in _there(connection):
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (thread,))


def _there(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    held = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return [(table, column) for table, column in _TABLES.items() if (table,) in held]
