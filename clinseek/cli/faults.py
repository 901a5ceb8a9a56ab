"""What went wrong beneath us and is the user's to mend, in one sentence each.

A full disk, a path that leads through a file, a broken file of threads: no code of ours can help,
so they end like a mistyped option, which is told here too. Every other exception stays a fault of
ours.
"""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Iterator

import typer

from clinseek.settings import threads_file

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PATHS = frozenset(
    {
        errno.ENOTDIR,
        errno.EEXIST,
        errno.EISDIR,
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENAMETOOLONG,
        errno.ELOOP,
    }
)
_PRIMARY = 0xFF
"""Of the codes of SQLite; what lies above tells which of its kind."""
_SQLITE_HEADER = b"SQLite format 3\0"


_CHECKED_BY_PYDANTIC = re.compile(r"^(Invalid value for '[^']*'[^:]*: )Value error, ")
_MISSING = re.compile(r"^Missing option '(--[\w-]+)'(?: / '-\w')?(?: \(env var: '\w+'\))?")


def sentence_of_usage(error: typer.TyperException) -> str:
    """What was mistyped or left out, and for an option that is missing what to type."""
    nameless = (
        isinstance(error, typer.BadParameter) and error.param is None and error.param_hint is None
    )
    told = str(error) if nameless else error.format_message()  # the latter: "Invalid value: ..."
    sentence = _CHECKED_BY_PYDANTIC.sub(r"\1", " ".join(told.split()).rstrip("."))
    if missing := _MISSING.match(sentence):
        name = missing[1]
        sentence = f"missing option {name}{sentence[missing.end() :]}; add {_typed(name, error)}"
    return sentence[:1].lower() + sentence[1:]


def _typed(name: str, error: typer.TyperException) -> str:
    """An option with the value that it takes, and the variable that stands for it if there is."""
    context = getattr(error, "ctx", None)
    options = [] if context is None else context.command.params
    option = next((each for each in options if name in each.opts), None)
    if option is None:
        return name
    variable = f", or set {option.envvar}" if option.envvar else ""
    return f"{name} {option.metavar or str(option.name).upper()}{variable}"


def sentence_for(error: BaseException) -> str | None:
    """The sentence for a fault that the user can mend; None for every other one.

    >>> sentence_for(OSError(errno.ENOSPC, "No space left on device", "/data/store"))
    'the disk is full: /data/store could not be written; make room and run it again'
    >>> sentence_for(NotADirectoryError(errno.ENOTDIR, "Not a directory", "notes.txt/raw"))
    'notes.txt/raw: not a directory; name another path'
    >>> failing = sqlite3.OperationalError("disk I/O error")
    >>> failing.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    >>> sentence_for(failing).partition(";")[0]
    'the disk could not be written or read by a database: it is full, or fails'
    >>> sentence_for(KeyError("labevents")) is None
    True
    """
    return next((told for each in _chain(error) if (told := _told(each)) is not None), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from."""
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__


def _told(error: BaseException) -> str | None:
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, sqlite3.DatabaseError):
        return _of_sqlite(error)
    return None


def _of_system(error: OSError) -> str | None:
    if error.errno in _FULL:
        what = error.filename or "the output"
        return f"the disk is full: {what} could not be written; make room and run it again"
    if error.errno in _PATHS and error.filename is not None:
        reason = (error.strerror or "cannot be used").lower()
        return f"{error.filename}: {reason}; name another path"
    return None


def _of_sqlite(error: sqlite3.DatabaseError) -> str | None:
    if "disk is full" in str(error):
        return "the disk is full: a database could not be written; make room and run it again"
    code = getattr(error, "sqlite_errorcode", 0)  # the module's own errors have none
    if code & _PRIMARY == sqlite3.SQLITE_IOERR:
        return (
            "the disk could not be written or read by a database: it is full, or fails; make room "
            "and run it again"
        )
    if code == sqlite3.SQLITE_NOTADB and not _is_database():
        return (
            f"{threads_file()}, the file of threads, is no database; move it away, or set "
            "CLINSEEK_HOME to another folder"
        )
    return None


def _is_database() -> bool:
    with threads_file().open("rb") as file:
        return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER
