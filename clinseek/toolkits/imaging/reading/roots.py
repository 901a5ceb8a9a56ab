"""Which files a run may open: those inside its folder of images, and those that its tools made.

A path is walked folder by folder from the root, and no step of it may be a link: nothing that is
changed while it is walked can lead outside.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from clinseek.errors import Refusal, SettingError

MADE = "made"
"""Pictures that the tools wrote are called `made/NAME`."""
MOST_BYTES = 512 * 1024 * 1024
_LONGEST = 1_000
_NO_LETTERS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Kinds of characters that would end a line where the name is told, or that cannot be told."""
_RESTS_AFTER_NS = 2_000_000_000
"""A file's clock ticks slowly: one that was written just now may change and look the same."""


class ImageFile(NamedTuple):
    """A file that was opened: its name as models write it, its bytes and their SHA-256."""

    name: str
    content: bytes
    sha256: str


class Identity(NamedTuple):
    """What changes when a file does."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


class ImageRoot:
    """The folder whose images may be read, and the one that the tools write to.

    Nothing else can be named: no `..`, no link, no absolute path elsewhere. SettingError for a
    `folder` that is none; without one, only what the tools made can be read. `only` names the
    files of the folder that may be opened, where not all of them may.
    """

    def __init__(
        self, folder: Path | None, *, made: Path, only: Collection[str] | None = None
    ) -> None:
        if folder is not None and not folder.is_dir():
            raise SettingError(f"the image root {folder} is no folder; name one that holds images")
        self.folder = None if folder is None else folder.resolve()
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.made = made.resolve()
        self._only = None if only is None else frozenset(only)
        self._hashes: dict[Identity, str] = {}

    def sha256(self, written: str) -> str:
        """The hash of the file; of one that did not change since, without reading it again."""
        descriptor, _ = self._open(written)
        try:
            identity = _identity(descriptor)
        finally:
            os.close(descriptor)
        known = self._hashes.get(identity)
        return known or self.read(written).sha256

    def name_of(self, written: str) -> str:
        """The name, below the roots, of the file that a path names; Refusal where there is none."""
        descriptor, name = self._open(written)
        os.close(descriptor)
        return name

    def read(self, written: str) -> ImageFile:
        """The file that a path names; Refusal, with the reason, where there is none."""
        descriptor, name = self._open(written)
        with os.fdopen(descriptor, "rb") as opened:
            identity = _identity(opened.fileno())
            if identity.size == 0:
                raise Refusal(f"{name} has 0 bytes: it holds no image")
            if identity.size > MOST_BYTES:
                raise Refusal(
                    f"{name} has {identity.size:,} bytes; images of at most {MOST_BYTES:,} are read"
                )
            content = opened.read(MOST_BYTES + 1)
            settled = _identity(opened.fileno()) == identity and _rests(identity)
        digest = hashlib.sha256(content).hexdigest()
        if settled:
            self._hashes[identity] = digest
        return ImageFile(name, content, digest)

    def holds(self, written: str) -> bool:
        """Whether a path names a file that can be opened."""
        with suppress(Refusal):
            os.close(self._open(written)[0])
            return True
        return False

    def _open(self, written: str) -> tuple[int, str]:
        """A descriptor of a regular file, and its name below the roots."""
        if not written.strip() or "\0" in written or len(written) > _LONGEST:
            raise Refusal("image_path is empty or no path; write the path of an image of this run")
        if any(unicodedata.category(letter) in _NO_LETTERS for letter in written):
            raise Refusal(
                f"{_shown(written)}: a path may hold no control character and no line end; rename "
                "the file"
            )
        if ".." in PurePosixPath(written).parts:
            raise Refusal(f"{_shown(written)}: a path may not hold `..`")
        refusal = Refusal(f"{_shown(written)}: there is no such file among this run's images")
        for root, below, name in self._places(PurePosixPath(written)):
            if root == self.folder and self._only is not None and name not in self._only:
                continue
            try:
                return _opened_below(root, below), name
            except FileNotFoundError:
                continue
            except OSError as error:
                raise Refusal(f"{_shown(written)}: {_why_not(error)}") from None
        raise refusal

    def _places(self, path: PurePosixPath) -> list[tuple[Path, PurePosixPath, str]]:
        """Where a path may lie: (root, path below it, name), in the order in which to look."""
        if not path.is_absolute():
            places = [(self.folder, path, str(path))] if self.folder else []
            if path.parts[:1] == (MADE,):
                places.append((self.made, PurePosixPath(*path.parts[1:]), str(path)))
            return places
        if self.folder is not None and path.is_relative_to(self.folder):
            below = path.relative_to(self.folder)
            return [(self.folder, below, str(below))]
        if path.is_relative_to(self.made):
            below = path.relative_to(self.made)
            return [(self.made, below, f"{MADE}/{below}")]
        raise Refusal(
            f"{_shown(str(path))} lies outside this run's images; only those can be opened"
        )


def _opened_below(root: Path, below: PurePosixPath) -> int:
    """Open a regular file below `root` without following a link; OSError where it cannot be."""
    *folders, last = below.parts or (".",)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            deeper = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = deeper
        descriptor = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IsADirectoryError(errno.EISDIR, "no file")
    return descriptor


def _identity(descriptor: int) -> Identity:
    told = os.fstat(descriptor)
    return Identity(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)


def _rests(identity: Identity) -> bool:
    return time.time_ns() - identity.changed_ns > _RESTS_AFTER_NS


def _why_not(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a link, and links are not followed"
    if error.errno == errno.ENOTDIR:
        return "a part of the path is no folder, or a link, and links are not followed"
    if error.errno == errno.EISDIR:
        return "it is no file"
    return f"it cannot be opened ({(error.strerror or 'unknown reason').lower()})"


def _shown(written: str) -> str:
    return repr(written if len(written) <= 120 else f"{written[:117]}...")
