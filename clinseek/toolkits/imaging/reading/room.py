"""How many pixels are held decoded at once, whoever asks for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clinseek.errors import Refusal

Admit = Callable[[int], None]
"""Waits until there is room for so many pixels."""

MOST_PIXELS_AT_ONCE = 200_000_000
"""Some six of the largest images that are read, or fifty common ones: about 2 GB as they are
decoded."""


class Room:
    """Room for the pixels of several calls. Safe to use from several threads."""

    def __init__(self, most: int = MOST_PIXELS_AT_ONCE, *, patience: float = 180.0) -> None:
        self._most = most
        self._patience = patience
        self._held = 0
        self._changed = threading.Condition()

    @contextmanager
    def place(self) -> Iterator[Admit]:
        """What admits the images of one call; all of them leave when the call ends."""
        mine = 0

        def admit(pixels: int) -> None:
            nonlocal mine
            self._enter(pixels)
            mine += pixels

        try:
            yield admit
        finally:
            with self._changed:
                self._held -= mine
                self._changed.notify_all()

    def _enter(self, pixels: int) -> None:
        """Wait for room; one call alone is always let in. Refusal when that takes too long."""
        with self._changed:
            free = self._changed.wait_for(
                lambda: self._held == 0 or self._held + pixels <= self._most, self._patience
            )
            if not free:
                raise Refusal("other large images are being read; call this again later")
            self._held += pixels
