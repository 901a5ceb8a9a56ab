"""Looking for marks in every byte of every file of some folders."""

from __future__ import annotations

import gzip
import io
import mmap
import os
import re
import sqlite3
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, NamedTuple, cast

SQLITE = b"SQLite format 3\0"
_GZIP = b"\x1f\x8b"
_PACKED = re.compile(
    rb"PK(?:\x03\x04|\x07\x08)"  # zip, and all that is one: xlsx, docx, npz, whl, eval
    rb"|\xfd7zXZ\x00|BZh[1-9](?:1AY&SY|\x17rE8P)|LZIP\x01"  # xz, bzip2, lzip
    rb"|\x5d\x00\x00[\x00-\xff]{2}\xff{8}"  # lzma
    rb"|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18|\x04\x22\x4d\x18"  # zstd, its asides, lz4
    rb"|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x1f\x9d"  # 7z, rar, compress
    rb"|\xff\x06\x00\x00sNaPpY"  # snappy
    rb"|PAR1|ARROW1\x00\x00|FEA1|Obj\x01"  # Parquet, Arrow, Feather, Avro
)
"""How what is packed begins, whatever the file is called."""
_PACKED_MEMBER = re.compile(b"|".join((_PACKED.pattern, re.escape(_GZIP), re.escape(SQLITE))))
"""How a file in a tar begins that is not looked into there."""
_TAR, _TAR_AT = b"ustar", 257
_PACKED_SUFFIXES = frozenset(
    {".zip", ".eval", ".parquet", ".xz", ".bz2", ".zst", ".npz", ".whl", ".lzma", ".br", ".orc"}
)
"""Those of forms that begin like nothing else too: brotli, ORC."""
_LONGEST_UNPACKED = 1 << 30
_DIGITS = frozenset(b"0123456789")


class Mark(NamedTuple):
    """Bytes by which a trace is known; `what` says of what, and never what they are.

    `number`: it counts only where no digit stands beside it.
    """

    what: str
    value: bytes
    number: bool = False


class Found(NamedTuple):
    """A file that holds a mark, in its bytes or its name."""

    file: Path
    what: str


class Searched(NamedTuple):
    """What was looked through: files, bytes, marks; where one was found; what was not read.

    `unread` are files that are packed in a form that is not unpacked here. `unseen` are links that
    lead out of the places that were searched, and what could not be opened, with the reason.
    """

    files: int
    bytes: int
    marks: int
    left: tuple[Found, ...]
    unread: tuple[Path, ...]
    unseen: tuple[Found, ...] = ()


def search(
    places: Iterable[Path], marks: Sequence[Mark], *, passed_over: Iterable[Path] = ()
) -> Searched:
    """Look for `marks` in the names and bytes of all files at and below `places`.

    gzip files and the packed blobs of web archives are unpacked, and other packed files are
    `unread`: both are known by how they begin, whatever they are called. Links are not followed:
    one that leads elsewhere is `unseen`. Folders of `passed_over` are left out.
    """
    named = list(places)
    skipped = frozenset(place.resolve() for place in passed_over)
    known = [*skipped, *(place.resolve() for place in named)]
    files, size = 0, 0
    left: list[Found] = []
    unread: list[Path] = []
    unseen: list[Found] = []
    for file, below in _files(named, skipped, unseen):
        found = {mark.what for mark in marks if _stands_in(mark, _bytes_of(below))}
        if file.is_symlink():
            leads = Path(os.path.realpath(file))
            found |= {mark.what for mark in marks if _stands_in(mark, _bytes_of(file.readlink()))}
            if not any(leads.is_relative_to(each) for each in known):
                unseen.append(Found(file, f"a link to {leads}, which was not followed"))
        elif file.is_file():
            files += 1
            try:
                size += file.stat().st_size
                for content in _contents(file, unread):
                    found |= {mark.what for mark in marks if _stands_in(mark, content)}
            except OSError as error:
                unseen.append(Found(file, f"it cannot be read ({error.strerror})"))
        left += [Found(file, what) for what in sorted(found)]
    return Searched(files, size, len(marks), tuple(left), tuple(unread), tuple(unseen))


def number_marks(what: str, number: int) -> list[Mark]:
    r"""A whole number as text, and as msgpack (in which checkpoints are kept) writes it.

    >>> [mark.value for mark in number_marks("patient", 10000019)]
    [b'10000019', b'\xce\x00\x98\x96\x93']
    """
    marks = [Mark(what, str(number).encode(), number=True)]
    if 0xFFFF < number <= 0xFFFFFFFF:
        marks.append(Mark(what, b"\xce" + number.to_bytes(4, "big")))
    return marks


def _files(
    places: Iterable[Path], skipped: frozenset[Path], unseen: list[Found]
) -> Iterator[tuple[Path, Path]]:
    """Each file, folder and link, and its name below the place that was named."""
    for place in places:
        if place.is_file():
            yield place, Path(place.name)
        stack = [place] if place.is_dir() else []
        while stack:
            folder = stack.pop()
            if folder.resolve() in skipped:
                continue
            try:
                inside = sorted(folder.iterdir())
            except OSError as error:
                unseen.append(Found(folder, f"it cannot be read ({error.strerror})"))
                continue
            for each in inside:
                if each.is_dir() and not each.is_symlink():
                    stack.append(each)
                yield each, each.relative_to(place)


def _bytes_of(path: Path) -> bytes:
    return os.fsencode(path)


def _contents(file: Path, unread: list[Path]) -> Iterator[bytes | mmap.mmap]:
    """The bytes of a file, and what is packed in them; to `unread` where that is not unpacked."""
    if file.stat().st_size == 0:
        return
    with (
        file.open("rb") as opened,
        closing(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)) as content,
    ):
        yield content
        archive = content[: len(SQLITE)] == SQLITE
        gzipped = content[: len(_GZIP)] == _GZIP
        packed = file.suffix.lower() in _PACKED_SUFFIXES or _is_packed(content)
    if archive:
        yield from _blobs(file)
    elif gzipped:
        yield from _inflated(file, unread)
    elif packed:
        unread.append(file)


def _inflated(file: Path, unread: list[Path]) -> Iterator[bytes]:
    """What a gzip file holds; `unread` where it is broken, too long, or packed once more."""
    try:
        with gzip.open(file) as opened:
            content = opened.read(_LONGEST_UNPACKED)
            whole = not opened.read(1)
    except (OSError, EOFError, zlib.error):
        unread.append(file)
        return
    yield content
    if not whole or content.startswith((_GZIP, SQLITE)) or _is_packed(content):
        unread.append(file)


def _is_packed(content: bytes | mmap.mmap) -> bool:
    """Whether bytes are packed, or are a tar that holds packed files: its others lie plain."""
    if _PACKED.match(content):
        return True
    if content[_TAR_AT : _TAR_AT + len(_TAR)] != _TAR:
        return False
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", _whole(content)), mode="r:") as members:
            return any(_PACKED_MEMBER.match(content, each.offset_data) for each in members)
    except (tarfile.TarError, ValueError, OSError):
        return True  # what cannot be told apart is named


def _whole(content: bytes | mmap.mmap) -> io.BytesIO | mmap.mmap:
    return io.BytesIO(content) if isinstance(content, bytes) else content


def _blobs(file: Path) -> Iterator[bytes]:
    """The blobs of a web archive, unpacked."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as held:
            for (packed,) in held.execute("SELECT bytes FROM blobs"):
                yield zlib.decompress(packed)
    except (sqlite3.Error, zlib.error):
        return  # another kind of database


def _stands_in(mark: Mark, content: bytes | mmap.mmap) -> bool:
    at = content.find(mark.value)
    while at >= 0:
        if not mark.number or _alone(content, at, at + len(mark.value)):
            return True
        at = content.find(mark.value, at + 1)
    return False


def _alone(content: bytes | mmap.mmap, start: int, end: int) -> bool:
    before = start == 0 or content[start - 1] not in _DIGITS
    return before and (end == len(content) or content[end] not in _DIGITS)
