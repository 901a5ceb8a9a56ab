"""A road: a command over a folder of its own, and what must hold of it when it was killed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drills.commands import Commands, Ended
from drills.drill import SIZES, Size
from drills.host import Host
from tests.toolkits.browser.servers import Site


@dataclass(frozen=True)
class Ground:
    """What the roads stand on, made once: raw files, a store, a model's host, a web."""

    place: Path
    raw: Path
    store: Path
    subjects: Sequence[int]
    commands: Commands
    host: Host
    pages: Site


@dataclass
class Work:
    """One go at a road: everything that it writes lies below `folder`.

    A road makes its own by giving `words`, `results` and, where something is checkpointed, `kept`
    and `redone`.
    """

    ground: Ground
    folder: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "tmp").mkdir(parents=True)
        self.environment = {
            "CLINSEEK_HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
        }

    def words(self) -> list[object]:
        """The command line to type now."""
        raise NotImplementedError

    def results(self, ended: Ended) -> Mapping[str, Any]:
        """What came of it, without clocks: equal for equal work."""
        raise NotImplementedError

    def kept(self) -> Mapping[str, Any]:
        """What is finished at this moment and must not be done again."""
        return {}

    def redone(self, kept: Mapping[str, Any]) -> Sequence[str]:
        """What of `kept` was done again since."""
        del kept
        return ()

    def is_midway(self, kept: Mapping[str, Any]) -> bool | None:
        """Whether this go has done what must be found kept; None where that cannot be told."""
        del kept
        return None

    def names(self) -> set[str]:
        """Every file that lies there."""
        return {
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
        }


@dataclass(frozen=True)
class Road:
    """A command that is killed. `share` is its part of all kills; `gap` why it cannot be tried.

    `imports` are what it imports beside others, and `least` is the smallest form that tries it.
    """

    name: str
    work: Callable[[Ground, Path], Work]
    share: int = 1
    least: Size = "short"
    imports: Sequence[str] = ()
    gap: Callable[[], str | None] = lambda: None

    def is_in(self, size: Size) -> bool:
        """Whether a form of this size tries it."""
        return SIZES.index(self.least) <= SIZES.index(size)

    @property
    def slug(self) -> str:
        """Its name as that of a folder."""
        return "".join(each if each.isalnum() else "-" for each in self.name)


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stamps(paths: Sequence[Path], root: Path) -> dict[str, tuple[int, int]]:
    """By which a file that was written again is known: its number on the disk, and when."""
    return {
        str(path.relative_to(root)): (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths
    }
