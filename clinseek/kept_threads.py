"""The file of threads: what each run was asked and how, and every step it took.

One SQLite file under CLINSEEK_HOME, readable by its owner alone. Beside the checkpoints of the
graph stands one row a thread with all that is needed to go on with it; that row is written first.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from typing_extensions import TypedDict

from clinseek.errors import ThreadError
from clinseek.settings import lock_folder, threads_file

if TYPE_CHECKING:
    import aiosqlite
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

_BUSY_SECONDS = 60.0
_OF_ALL = "threads"
"""The lock of the file itself, among those of threads."""
_TABLE = """
CREATE TABLE IF NOT EXISTS runs (
    thread TEXT PRIMARY KEY, begun TEXT NOT NULL, changed TEXT NOT NULL, plan TEXT NOT NULL,
    status TEXT NOT NULL, stop_reason TEXT
)
"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that is needed to run a thread from its beginning: what was asked, and how."""

    thread: str
    asked: dict[str, Any]
    context: dict[str, Any]
    fingerprint: str


class ThreadLine(TypedDict):
    """One thread in a listing; without a patient it asked about images alone.

    `status` is running (or interrupted), or that of its answer.
    """

    thread: str
    status: str
    stop_reason: str | None
    question: str
    subject_id: int | None
    cutoff: str | None
    profile: str
    model: str
    begun: str
    changed: str


def begin(plan: Plan) -> None:
    """Store the plan of a new thread; ThreadError where the name is taken."""
    now = _now()
    with _connected() as connection:
        try:
            connection.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, 'running', NULL)",
                (plan.thread, now, now, json.dumps(asdict(plan), ensure_ascii=False)),
            )
        except sqlite3.IntegrityError:
            raise ThreadError(
                f"thread {plan.thread!r} exists already; go on with: clinseek resume "
                f"{plan.thread}, or choose another name"
            ) from None


def plan_of(thread: str) -> Plan:
    """The stored plan of a thread; ThreadError where there is none."""
    with _connected() as connection:
        found = connection.execute("SELECT plan FROM runs WHERE thread = ?", (thread,)).fetchone()
    if found is None:
        raise ThreadError(
            f"there is no thread {thread!r}; `clinseek threads` lists those there are"
        )
    return Plan(**json.loads(found[0]))


def settle(thread: str, status: str, stop_reason: str | None) -> None:
    """Note how a thread ended, or that it was cancelled."""
    with _connected() as connection:
        connection.execute(
            "UPDATE runs SET status = ?, stop_reason = ?, changed = ? WHERE thread = ?",
            (status, stop_reason, _now(), thread),
        )


def forget(thread: str) -> None:
    """Remove a thread and all its steps."""
    with _connected() as connection:
        held = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for table in {"checkpoints", "writes"} & {name for (name,) in held}:
            connection.execute(f"DELETE FROM {table} WHERE thread_id = ?", (thread,))
        connection.execute("DELETE FROM runs WHERE thread = ?", (thread,))


def listing() -> list[ThreadLine]:
    """All threads, the newest first."""
    with _connected() as connection:
        rows = connection.execute(
            "SELECT thread, status, stop_reason, plan, begun, changed FROM runs "
            "ORDER BY begun DESC, rowid DESC"
        ).fetchall()
    return [_line(*row) for row in rows]


def lock_of(thread: str) -> Path:
    """The file by which a thread is held while it is run."""
    return lock_folder() / hashlib.sha256(thread.encode()).hexdigest()[:24]


@contextmanager
def alone() -> Iterator[sqlite3.Connection]:
    """The file of threads while no run is going; none begins before this is left.

    ThreadError names the thread that is being run.
    """
    with (
        _file_held() as path,
        closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as connection,
    ):
        going = next((lock for lock in lock_folder().iterdir() if _is_held(lock)), None)
        if going is not None:
            names = [name for (name,) in connection.execute("SELECT thread FROM runs")]
            named = next((repr(name) for name in names if lock_of(name) == going), "of a run")
            raise ThreadError(
                f"thread {named} is being run right now; wait for it or stop it first"
            )
        yield connection


@contextmanager
def held(thread: str) -> Iterator[None]:
    """Hold a thread so that no other process runs it at the same time; ThreadError if one does."""
    with lock_of(thread).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ThreadError(
                f"thread {thread!r} is being run right now; wait for it or stop it first"
            ) from None
        yield


@asynccontextmanager
async def checkpoints() -> AsyncIterator[AsyncSqliteSaver]:
    """The checkpointer over the file of threads; the runs of one event loop share it.

    Each connection has a thread of its own, and they wait for one another at the file: two hundred
    runs with a connection each would mostly wait.
    """
    here = _SHARED.setdefault(asyncio.get_running_loop(), {})
    file = threads_file()
    shared = here.setdefault(file, _Shared())
    shared.users += 1
    try:
        async with shared.opening:
            if shared.saver is None:
                shared.saver = await shared.stack.enter_async_context(
                    checkpoints_in(_private_file())
                )
        yield shared.saver
    finally:
        shared.users -= 1
        if shared.users == 0:
            del here[file]
            await shared.stack.aclose()


class _Shared:
    """The checkpointer of one event loop and file, open while there are users."""

    def __init__(self) -> None:
        self.users = 0
        self.saver: AsyncSqliteSaver | None = None
        self.opening = asyncio.Lock()
        self.stack = AsyncExitStack()


_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Path, _Shared]] = WeakKeyDictionary()


@asynccontextmanager
async def checkpoints_in(file: Path, *, exclusive: bool = False) -> AsyncIterator[AsyncSqliteSaver]:
    """A checkpointer over a file of one's own, for one process; the file is made where it is not.

    To be left inside the event loop in which it was entered. `exclusive` is for a file on a disk
    that several machines share: SQLite then keeps no memory beside it that only one of them sees.
    """
    import aiosqlite
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    from clinseek.kept_steps import WholeSteps

    # State holds plain values and messages only: no other class is ever read back from the file.
    serde = JsonPlusSerializer(allowed_msgpack_modules=None)
    async with aiosqlite.connect(file, timeout=_BUSY_SECONDS) as connection:
        if exclusive:
            await connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        saver = WholeSteps(connection, serde=serde)
        await saver.setup()
        await _number_on(connection)
        # In WAL mode NORMAL loses nothing when the process dies, and the last steps of a run at
        # most when the machine does; FULL would wait for the disk at each of them.
        await connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield saver
        finally:
            # A cancelled run may still be writing, or have stopped short of its commit; closed
            # then, SQLite would keep the file locked for all who come next in this process.
            async with saver.lock:
                await connection.rollback()
                await connection.close()


async def _number_on(connection: aiosqlite.Connection) -> None:
    """Let the next step be numbered behind every one in the file, whatever the clock says now.

    Steps are numbered by the clock, and the one with the highest number counts as the last. A
    clock that was put back since would put new steps before old ones, and lose them. langgraph
    keeps numbers rising within a process, from the last that it gave.
    """
    from langgraph.checkpoint.base import id as numbering

    cursor = await connection.execute("SELECT max(checkpoint_id) FROM checkpoints")
    found = await cursor.fetchone()
    if found is not None and found[0] is not None:
        given = _ticks_of(uuid.UUID(found[0]))
        last = numbering._last_v6_timestamp or 0
        numbering._last_v6_timestamp = max(given, last)  # type: ignore[assignment]  # typed as None


def _ticks_of(number: uuid.UUID) -> int:
    """The time in a UUID of version 6, in its own ticks."""
    return (number.int >> 80) << 12 | (number.int >> 64) & 0x0FFF


@contextmanager
def _connected() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(_private_file(), timeout=_BUSY_SECONDS)
    with closing(connection), connection:
        yield connection


def _private_file() -> Path:
    with _file_held() as path:
        return path


@contextmanager
def _file_held() -> Iterator[Path]:
    """The file of threads, made by the first who asks, while all others wait.

    SQLite does not wait for its lock while a file changes to WAL: two that change it at once end
    with "database is locked", whatever the timeout. So one alone does, before anyone connects.
    """
    path = threads_file()
    with (lock_folder() / _OF_ALL).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (path.exists() and path.stat().st_size):
            _make(path)
        yield path


def _make(path: Path) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(draft)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(_TABLE)
    draft.replace(path)


def _is_held(lock: Path) -> bool:
    if lock.name == _OF_ALL:
        return False
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _line(
    thread: str, status: str, stop_reason: str | None, plan: str, begun: str, changed: str
) -> ThreadLine:
    opened = json.loads(plan)
    return ThreadLine(
        thread=thread,
        status=status,
        stop_reason=stop_reason,
        question=opened["asked"]["question"],
        subject_id=opened["asked"]["subject_id"],
        cutoff=opened["asked"]["cutoff"],
        profile=opened["context"]["profile"],
        model=opened["context"]["model"],
        begun=begun,
        changed=changed,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
