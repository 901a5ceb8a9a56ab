"""The vectors of a vocabulary on disk: computed once, resumed after a kill, shared by processes.

`CLINSEEK_HOME/embeddings/T-M.f32` holds one row of float32 a title, in the order of the titles;
T and M are digests of the titles and of the model. Beside it lie `T-M.json` (its shape and
SHA-256), `T-M.lock`, and while it is made `T-M.part`. In the part a finished row has length 1 and
an unfinished one has not: whoever holds the lock next goes on with the rows that are left.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from clinseek.errors import ModelError
from clinseek.whole_file import sha256_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clinseek.toolkits.ehr.candidates.titles import Titles

_CHUNK = 64
"""Rows between two calls of `progress`; a kill loses at most these."""
_SECONDS_BETWEEN_TRIES = 0.2
_FLOAT = 4

Progress = Callable[[int, int], None]
"""Called with how many rows are done and how many there are."""


class Embeds(Protocol):
    """What makes vectors: an Embedder."""

    width: int
    digest: str

    def embed(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """One unit row a text."""


class Vectors(NamedTuple):
    """Rows of titles, mapped from the file.

    `rows[i]` is the vector of title i; `rebuilt` says that a broken file was made again.
    """

    rows: NDArray[np.float32]
    rebuilt: bool = False


class VectorFile:
    """Where the vectors of some titles by one model lie."""

    def __init__(self, folder: Path, titles: Titles, *, model: Embeds) -> None:
        """Name the file; nothing is read or written."""
        self._titles = titles.titles
        self.model = model
        stem = folder / f"{titles.digest[:16]}-{model.digest[:16]}"
        self.path = stem.with_suffix(".f32")
        self._about = stem.with_suffix(".json")
        self._part = stem.with_suffix(".part")
        self._lock = stem.with_suffix(".lock")

    def load(self, progress: Progress | None = None) -> Vectors:
        """The vectors, made first where they are missing or broken.

        Another process that makes them is waited for. ModelError where they cannot be written.
        """
        if not self._titles:
            return Vectors(_no_rows(self.model.width))
        if self.is_sound():
            return Vectors(self._mapped(self.path, "r"))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _held(self._lock):
                rebuilt = False
                if not self.is_sound():
                    rebuilt = self.path.is_file()
                    self._make(progress)
        except OSError as error:
            raise ModelError(
                f"the vectors cannot be written to {self.path.parent}: {error.strerror or error}; "
                "free some disk or set CLINSEEK_HOME to another folder"
            ) from error
        return Vectors(self._mapped(self.path, "r"), rebuilt)

    def _make(self, progress: Progress | None) -> None:
        import numpy as np

        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)
        self._allocate()
        rows = self._mapped(self._part, "r+")
        left = np.flatnonzero(np.abs(np.einsum("ij,ij->i", rows, rows) - 1) > 1e-3).tolist()
        left.sort(key=lambda index: len(self._titles[index]))
        done = len(self._titles) - len(left)
        for start in range(0, len(left), _CHUNK):
            if progress is not None:
                progress(done + start, len(self._titles))
            chunk = left[start : start + _CHUNK]
            rows[chunk] = self.model.embed([self._titles[index] for index in chunk])
        if progress is not None:
            progress(len(self._titles), len(self._titles))
        self._finish(rows)

    def _allocate(self) -> None:
        """A part of the full size: a full disk is an error now and not a bus error later."""
        size = self._bytes
        if not self._part.is_file() or self._part.stat().st_size != size:
            self._part.unlink(missing_ok=True)
            with self._part.open("wb") as opened:
                os.posix_fallocate(opened.fileno(), 0, size)

    def _finish(self, rows: Any) -> None:
        rows.flush()
        about = {
            "rows": len(self._titles),
            "width": self.model.width,
            "model": self.model.digest,
            "sha256": sha256_of(self._part),
        }
        draft = self._about.with_suffix(".draft")
        draft.write_text(json.dumps(about, indent=1), encoding="utf-8")
        draft.replace(self._about)
        self._part.replace(self.path)

    def is_sound(self) -> bool:
        """Whether the whole file is there and unharmed."""
        try:
            about = json.loads(self._about.read_text(encoding="utf-8"))
            return (
                self.path.stat().st_size == self._bytes
                and (about["rows"], about["width"]) == (len(self._titles), self.model.width)
                and about["sha256"] == _sha256_once(self.path, *_state(self.path))
            )
        except (OSError, ValueError, KeyError, TypeError):
            return False

    @property
    def _bytes(self) -> int:
        return len(self._titles) * self.model.width * _FLOAT

    def _mapped(self, file: Path, mode: Any) -> Any:
        import numpy as np

        shape = (len(self._titles), self.model.width)
        return np.memmap(file, dtype=np.float32, mode=mode, shape=shape)


def _no_rows(width: int) -> NDArray[np.float32]:
    import numpy as np

    return np.empty((0, width), dtype=np.float32)


def _state(file: Path) -> tuple[int, int, int]:
    state = file.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


@lru_cache(maxsize=64)
def _sha256_once(file: Path, *_: int) -> str:
    """The sum of a file, read once a process while the file stays what it is."""
    return sha256_of(file)


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """One maker at a time, of all processes and threads; a killed one lets go by itself."""
    with lock.open("w") as opened:
        while True:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_SECONDS_BETWEEN_TRIES)
        yield
