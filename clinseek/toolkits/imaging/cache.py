"""Answers that were given before, for as long as the process lives."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, NamedTuple, Protocol, TypeVar

MOST_BYTES = 256 * 1024 * 1024


class Key(NamedTuple):
    """What an answer hangs on: nothing else may change it."""

    content: str
    tool: str
    weights: str
    arguments: str


class Sized(Protocol):
    """An answer that tells how many bytes it takes."""

    @property
    def size(self) -> int:
        """About how many bytes."""
        ...


T = TypeVar("T", bound=Sized)


class Cache(Generic[T]):
    """Answers by their keys, at most `most_bytes` of them. Safe to use from several threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._held: OrderedDict[Key, T] = OrderedDict()
        self._turn = threading.Lock()

    def get(self, key: Key) -> T | None:
        """The answer of a key; None where there is none."""
        with self._turn:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Key, answer: T) -> None:
        """Keep an answer; those not asked for the longest give way."""
        with self._turn:
            if (before := self._held.pop(key, None)) is not None:
                self._bytes -= before.size
            self._held[key] = answer
            self._bytes += answer.size
            while self._bytes > self._most and self._held:
                _, oldest = self._held.popitem(last=False)
                self._bytes -= oldest.size
