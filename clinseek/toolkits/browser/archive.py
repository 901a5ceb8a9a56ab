"""One SQLite file with every query, page and failure of the runs that share it.

What was fetched and what was shown of it are stored once, by their SHA-256, and never change. The
answers to queries and URLs point at them. Many threads and processes may read and write at once.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

from clinseek.errors import SettingError
from clinseek.scratch import Scratch
from clinseek.toolkits.browser.page import Page, digest, unpacked

VERSION = 1
APPLICATION = 0x636C7377
_WAIT_SECONDS = 60.0
_KEPT_PAGES = 64
_SCHEMA = """
CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE webs (name TEXT PRIMARY KEY);
CREATE TABLE answers (
    kind TEXT NOT NULL, asked TEXT NOT NULL, topn INTEGER NOT NULL,
    sentence TEXT NOT NULL, lasting INTEGER NOT NULL,
    url TEXT NOT NULL, title TEXT NOT NULL, mime TEXT NOT NULL,
    body TEXT NOT NULL, page TEXT NOT NULL, web TEXT NOT NULL, retrieved TEXT NOT NULL,
    PRIMARY KEY (kind, asked, topn)
) WITHOUT ROWID;
"""

Asked = Literal["search", "page"]


class Question(NamedTuple):
    """What was asked: a query with the number of hits wanted, or a URL (`topn` 0)."""

    kind: Asked
    asked: str
    topn: int = 0


class Answer(NamedTuple):
    """What came of it. `sentence` says why there is nothing and is empty where there is.

    `body` addresses the bytes as fetched (for a search its hits), `page` the lines made of them;
    `url` and `mime` are those of the last redirect. `web` names the backend that was asked.
    """

    sentence: str = ""
    lasting: bool = False
    url: str = ""
    title: str = ""
    mime: str = ""
    body: str = ""
    page: str = ""
    web: str = ""
    retrieved: str = ""


class Archive:
    """An archive that is open; safe to use from several threads.

    Every look into a file that is damaged, locked or full raises SettingError with its name.
    """

    def __init__(self, path: Path, *, writes: bool) -> None:
        self.path = path
        self.writes = writes
        self._lock = threading.Lock()
        self._open: dict[int, _Held] = {}
        self._closed = False
        self._pages: OrderedDict[str, Page] = OrderedDict()

    @classmethod
    def open(cls, path: Path, *, writes: bool = True) -> Archive:
        """The archive at `path`, made where it is to be written and is not there yet.

        Raises SettingError for a file that is absent, no archive, or of another version.
        """
        if not path.exists():
            if not writes:
                raise SettingError(f"there is no web archive {path}; record one first")
            _make(path)
        archive = cls(path, writes=writes)
        try:
            archive._check()
        except SettingError:
            archive.close()
            raise
        return archive

    def answer(self, question: Question) -> Answer | None:
        """What is held for `question`, or None."""
        with self._sound() as connection:
            held = connection.execute(
                f"SELECT {', '.join(Answer._fields)} FROM answers "
                "WHERE kind = ? AND asked = ? AND topn = ?",
                question,
            ).fetchone()
        return None if held is None else Answer(*held)._replace(lasting=bool(held[1]))

    def blob(self, sha256: str) -> bytes | None:
        """The bytes at an address, or None."""
        with self._sound() as connection:
            held = connection.execute(
                "SELECT bytes FROM blobs WHERE sha256 = ?", (sha256,)
            ).fetchone()
            return None if held is None else zlib.decompress(held[0])

    def keep(self, question: Question, answer: Answer, *blobs: bytes, replace: bool) -> Answer:
        """Store an answer and its bytes; what is held for the question afterwards.

        The first sound answer stays unless `replace`; a failure always gives way to one.
        """
        packed = [(digest(blob), len(blob), zlib.compress(blob)) for blob in blobs]
        with self._sound() as connection, _writing(connection):
            connection.executemany("INSERT OR IGNORE INTO blobs VALUES (?, ?, ?)", packed)
            held = self.answer(question)
            if held is not None and (not replace or answer.sentence) and not held.sentence:
                return held
            connection.execute("INSERT OR IGNORE INTO webs VALUES (?)", (answer.web,))
            connection.execute(
                f"INSERT OR REPLACE INTO answers (kind, asked, topn, {', '.join(Answer._fields)}) "
                f"VALUES ({', '.join('?' * (3 + len(Answer._fields)))})",
                (*question, *answer),
            )
        return answer

    def page(self, sha256: str) -> Page | None:
        """The page whose lines have this address, or None; the last ones used are in memory."""
        with self._lock:
            if sha256 in self._pages:
                self._pages.move_to_end(sha256)
                return self._pages[sha256]
        held = self.blob(sha256)
        if held is None:
            return None
        page = unpacked(held)
        with self._lock:
            self._pages[sha256] = page
            while len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
        return page

    def answers(self) -> Iterator[tuple[Question, Answer]]:
        """Everything that was asked, with what came of it, in the order of retrieval."""
        fields = ", ".join(Answer._fields)
        order = "retrieved, kind, asked, topn"
        with self._sound() as connection:
            for row in connection.execute(
                f"SELECT kind, asked, topn, {fields} FROM answers ORDER BY {order}"
            ):
                yield Question(*row[:3]), Answer(*row[3:])._replace(lasting=bool(row[4]))

    def webs(self) -> tuple[str, ...]:
        """The backends that its answers came from."""
        with self._sound() as connection:
            found = connection.execute("SELECT name FROM webs ORDER BY name")
            return tuple(row[0] for row in found)

    def export(self, path: Path) -> None:
        """Copy the archive into one new file that can be given to others.

        Nobody but its owner may read the copy. SettingError where it is there already or cannot be.
        """
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise SettingError(f"{path} is there already; name a new file or remove it") from None
        except OSError as error:
            raise SettingError(
                f"{path} cannot be written ({error.strerror}); name another place"
            ) from error
        try:
            with self._sound() as connection:
                connection.execute("VACUUM INTO ?", (str(path),))
        except SettingError:
            path.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Close every connection. Once all who write to it did, the archive is one file.

        A thread in the middle of a call, as of a run that was stopped, closes its own at the end
        of it. Who only reads it may leave the two files of SQLite's log beside it, the log empty.
        """
        with self._lock:
            self._closed = True
            for thread, held in list(self._open.items()):
                self._close_unused(thread, held)

    @contextlib.contextmanager
    def _in_use(self) -> Iterator[sqlite3.Connection]:
        """The connection of this thread, which nobody closes inside."""
        thread = threading.get_ident()
        with self._lock:
            held = self._open.get(thread)
            if held is not None:
                held.calls += 1
        if held is None:
            held = _Held(self._connect())
            with self._lock:
                self._open[thread] = held
        try:
            yield held.connection
        finally:
            with self._lock:
                held.calls -= 1
                if self._closed:
                    self._close_unused(thread, held)

    def _close_unused(self, thread: int, held: _Held) -> None:
        if not held.calls:
            del self._open[thread]
            held.connection.close()

    def _connect(self) -> sqlite3.Connection:
        where = f"file:{quote(str(self.path.absolute()))}"
        if self.writes:
            connection = _opened(f"{where}?mode=rw")
            try:
                connection.execute("PRAGMA synchronous = NORMAL")
            except sqlite3.Error:
                connection.close()
                raise
            return connection
        connection = _opened(f"{where}?mode=ro")
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # A folder that cannot be written has no room for the locks of a shared file.
            connection.close()
            connection = _opened(f"{where}?mode=ro&immutable=1")
        return connection

    @contextlib.contextmanager
    def _sound(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._in_use() as connection:
                yield connection
        except (sqlite3.Error, zlib.error) as error:
            raise SettingError(
                f"the web archive {self.path.name} cannot be used ({error}): where it is damaged, "
                "take a copy that is whole, or record it anew into another file"
            ) from error

    def _check(self) -> None:
        try:
            with self._in_use() as connection:
                application = connection.execute("PRAGMA application_id").fetchone()[0]
                version = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise SettingError(f"{self.path} cannot be read as a web archive ({error})") from error
        if application != APPLICATION:
            raise SettingError(f"{self.path} is not a web archive of clinseek; name another file")
        if version != VERSION:
            raise SettingError(
                f"the web archive {self.path} has version {version}; this clinseek reads version "
                f"{VERSION}: record it anew, or use the clinseek that made it"
            )


@dataclass
class _Held:
    """A thread's connection, and how many of its calls are inside it (one within another)."""

    connection: sqlite3.Connection
    calls: int = 1


@contextlib.contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has rolled it back already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _opened(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )


def _make(path: Path) -> None:
    """An empty archive at `path`, there whole or not at all; another's is left as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        making = Scratch(f".{path.name}-", parent=path.parent)
    except OSError as error:
        raise SettingError(
            f"the web archive {path} cannot be made ({error.strerror}); name another place"
        ) from error
    draft = making.path / path.name
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600))
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.executescript(_SCHEMA)
            # Last: what is in its log a closed file would lack where the disk is full.
            connection.execute("PRAGMA journal_mode = WAL")
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    except sqlite3.Error as error:
        raise SettingError(
            f"the web archive {path} cannot be written ({error}); make room, or name another place"
        ) from error
    finally:
        making.remove()
