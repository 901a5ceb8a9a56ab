"""What one call came to, before it is filed."""

from __future__ import annotations

from typing import Any, NamedTuple

from clinseek.toolkits.observation import Observation


class Outcome(NamedTuple):
    """The text of a call and where it came from; `failure` is a fault of the tool, for the record.

    `opened` is what a browser call put on the stack of pages; `held_back` says, without the words
    themselves, what a guard did not let out.
    """

    text: str
    origin: Observation
    images: tuple[dict[str, Any], ...] = ()
    failure: str | None = None
    opened: tuple[dict[str, Any], ...] = ()
    held_back: tuple[str, ...] = ()


def refused(sentence: str) -> Outcome:
    """A call that was answered with a sentence that says what to do instead."""
    return Outcome(sentence, Observation(refused=True))
