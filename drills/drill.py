"""What a drill is: a promise, and a generator of lines that would tell if it were false."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

Size = Literal["quick", "short", "full"]
SIZES: tuple[Size, ...] = ("quick", "short", "full")


@dataclass(frozen=True)
class Line:
    """One line of the table.

    `done` says what was done, `count` how often; `broken` has a sentence for each time a promise
    did not hold. `gap` says why something could not be tried here: such a line is no pass.
    `seconds` is filled in by the frame.
    """

    done: str
    count: int = 0
    broken: Sequence[str] = ()
    gap: str | None = None
    note: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Drill:
    """A promise, and what tries to break it. `name` begins with its room: `crash.kills`.

    `sizes` are the sizes in which it runs.
    """

    name: str
    promise: str
    run: Callable[[Size, Path], Iterator[Line]]
    sizes: tuple[Size, ...] = SIZES

    def is_named_by(self, word: str) -> bool:
        """Whether `word` is this drill or its room.

        >>> drill = Drill("crash.kills", "", lambda size, place: iter(()))
        >>> [drill.is_named_by(word) for word in ("crash", "crash.kills", "crash.k")]
        [True, True, False]
        """
        return self.name == word or self.name.startswith(f"{word}.")


def of_module(module: str, function: str | None = None) -> Callable[[Size, Path], Iterator[Line]]:
    """The drill of a module, a function that bears its name or `function`; imported to be run."""

    def run(size: Size, place: Path) -> Iterator[Line]:
        drill = getattr(import_module(module), function or module.rpartition(".")[2])
        lines: Iterator[Line] = drill(size, place)
        return lines

    return run


def by_size(size: Size, *, quick: int, short: int, full: int) -> int:
    """How many, by size.

    >>> by_size("short", quick=3, short=30, full=200)
    30
    """
    return {"quick": quick, "short": short, "full": full}[size]
