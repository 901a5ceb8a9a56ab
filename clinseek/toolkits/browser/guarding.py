"""What stands between a run and the web, as protocols; `guards/` has what is used.

A toolkit without guards is not to be had by forgetting them: `Guards` has no defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from clinseek.toolkits.browser.guards.addresses import Addresses


class Egress(Protocol):
    """Compares what is about to leave with the open case."""

    def check(self, query: str) -> str | None:
        """None where `query` (words, or a URL that a model wrote) may leave, else the refusal.

        The refusal is a sentence that a model can act on; it does not repeat what was found.
        """
        ...


class Denied(Protocol):
    """Pages that a run may not see: where the answers of benchmarks stand, say."""

    def check(self, url: str, *, title: str = "") -> str | None:
        """None where the page may be read, else the refusal as a sentence."""
        ...


class Marking(Protocol):
    """Shows the text of pages as text of others."""

    def neutral(self, text: str) -> str:
        """Text of a page without what a model could take for a turn, a call or a mark of ours."""
        ...

    def wrapped(self, text: str, *, source: str) -> str:
        """The whole of what is shown of a page, marked as data from `source`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Guards:
    """The guards of one run. `egress` and `denied` may be None: then nothing is held back.

    `addresses` is for the pages of the web; it connects to what it checked (guards.connecting).
    The module `guards.injection` is a Marking.
    """

    egress: Egress | None
    addresses: Addresses
    denied: Denied | None
    marking: Marking
