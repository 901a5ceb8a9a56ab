"""What this machine needs for the parts of the work that nobody can save."""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

_PIECE = 1 << 20
_GZIP = 31


def median_ms(work: Callable[[], object], *, times: int) -> float:
    """Milliseconds of `work`, the median; once before the clock counts."""
    work()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def copied_ms(size: int) -> float:
    """Milliseconds of copying `size` bytes in memory."""
    block = bytearray(max(size, 1))
    return median_ms(lambda: bytes(block), times=9)


def gunzip_seconds(folder: Path) -> float:
    """Seconds of decompressing every csv.gz below a folder, one after another."""
    began = time.perf_counter()
    for path in folder.rglob("*.csv.gz"):
        with path.open("rb") as file:
            opened = zlib.decompressobj(_GZIP)
            while piece := file.read(_PIECE):
                opened.decompress(piece)
    return time.perf_counter() - began


def rows_copied_ms(case: Path, *, times: int = 5) -> float:
    """Milliseconds in which SQLite copies every row of a case into another file, no index made."""
    took = []
    for _ in range(times):
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(sqlite3.connect(Path(folder) / "copy.sqlite", isolation_level=None)) as copy,
        ):
            copy.execute("ATTACH ? AS kept", (f"file:{case}?mode=ro",))
            listed = "SELECT name FROM kept.sqlite_master WHERE type = 'table'"
            tables = [name for (name,) in copy.execute(listed)]
            began = time.perf_counter()
            copy.execute("BEGIN")
            for name in tables:
                copy.execute(f'CREATE TABLE main."{name}" AS SELECT * FROM kept."{name}"')
            copy.execute("COMMIT")
            took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def query_ms(case: Path, sql: str) -> float:
    """Milliseconds of a bare query with all its rows, on a connection that is open."""
    with closing(sqlite3.connect(f"file:{case}?mode=ro", uri=True)) as connection:
        return median_ms(lambda: connection.execute(sql).fetchall(), times=30)


def commit_ms(size: int) -> float:
    """Milliseconds of writing `size` bytes to a SQLite file as its write-ahead log commits."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "kept.sqlite", isolation_level=None)) as kept,
    ):
        kept.execute("PRAGMA journal_mode = WAL")
        kept.execute("PRAGMA synchronous = NORMAL")
        kept.execute("CREATE TABLE kept (content BLOB)")
        content = b"x" * size
        return median_ms(lambda: kept.execute("INSERT INTO kept VALUES (?)", (content,)), times=50)


def round_trip_ms() -> float:
    """Milliseconds of one small HTTP exchange on loopback, the connection kept."""
    with _bare_server() as url, httpx.Client() as client:
        return median_ms(lambda: client.get(url).read(), times=100)


@contextmanager
def _bare_server() -> Iterator[str]:
    """A server that answers each request with the same few bytes, in a process of its own."""
    command = [sys.executable, "-c", _ANSWERS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.terminate()


_ANSWERS = r"""
import asyncio

async def answer(reader, writer):
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    except asyncio.IncompleteReadError:
        writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
