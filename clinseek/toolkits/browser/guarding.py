"""What stands between a run and the web, as protocols; `guards/` has what is used.

A toolkit without guards is not to be had by forgetting them: `Guards` has no defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Egress(Protocol):
    """Compares what is about to leave with the open case."""

    def check(self, query: str) -> str | None:
        """None where `query` (words, or a URL that a model wrote) may leave, else the refusal.

        The refusal is a sentence that a model can act on; it does not repeat what was found.
        """
        ...


class Addresses(Protocol):
    """Keeps requests on the public web."""

    def check(self, url: str) -> str:
        """The IP address to connect to for `url`, resolved once; Refusal where it may not be."""
        ...


class Denied(Protocol):
    """Pages that a run may not see: where the answers of benchmarks stand, say."""

    def check(self, url: str) -> str | None:
        """None where `url` may be read, else the refusal as a sentence."""
        ...


class Marking(Protocol):
    """Shows the text of pages as text of others."""

    def neutral(self, text: str) -> str:
        """`text` without what a model could take for a turn, a call or a mark of ours.

        The number of its lines, and the links `【3†text†host】` in it, stay as they are.
        """
        ...

    def wrap(self, shown: str) -> str:
        """The whole of what is shown of a page, marked as data."""
        ...


@dataclass(frozen=True, kw_only=True)
class Guards:
    """The guards of one run. `egress` and `denied` may be None: then nothing is held back."""

    egress: Egress | None
    addresses: Addresses
    denied: Denied | None
    marking: Marking
