"""The pages that a run has opened, by cursor: plain values that are checkpointed with the run.

Only references are kept. The pages themselves lie in the archive, by their content hash, so that
a run that is resumed sees under each cursor what it saw before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from clinseek.errors import Refusal

Kind = Literal["search", "page", "source", "find"]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One entry of the stack.

    `sha256` addresses what is shown in the archive: the hits of a search, the lines of a page, the
    bytes of a source. A look-up in a page (`find`) has the address of that page, the cursor under
    which it stands in `base`, and its pattern. `retrieved` is when it was fetched, in UTC.
    """

    kind: Kind
    sha256: str
    url: str
    title: str
    retrieved: str
    mime: str = ""
    pattern: str = ""
    base: int = -1


@dataclass(frozen=True)
class BrowserState:
    """The stack of one run; a cursor is a place in it. Never changed, only replaced."""

    stack: tuple[Opened, ...] = ()

    @property
    def current(self) -> int:
        """The cursor of the page opened last; -1 before the first."""
        return len(self.stack) - 1

    def at(self, cursor: int) -> Opened:
        """What `cursor` shows, -1 being the last; Refusal where there is no such cursor."""
        if not self.stack:
            raise Refusal("No pages to access! Search or open a URL first.")
        if cursor == -1:
            return self.stack[-1]
        if not 0 <= cursor <= self.current:
            raise Refusal(
                f"Cursor `{cursor}` is out of range. "
                f"Available cursor indices: [0 - {self.current}]."
            )
        return self.stack[cursor]

    def cursor_of(self, cursor: int) -> int:
        """`cursor` itself, or the one of the page opened last for -1."""
        return self.current if cursor == -1 else cursor

    def pushed(self, opened: Opened) -> BrowserState:
        """The stack with one more page on it."""
        return BrowserState((*self.stack, opened))

    def as_json(self) -> list[dict[str, Any]]:
        """The stack as JSON values, to be checkpointed."""
        return [asdict(opened) for opened in self.stack]

    @classmethod
    def from_json(cls, held: Sequence[Mapping[str, Any]] | None) -> BrowserState:
        """The stack that `as_json` gave; an empty one for None."""
        return cls(tuple(Opened(**opened) for opened in held or ()))
