"""Calls into code that hears no signal, from a process that is to hear them."""

from __future__ import annotations

import threading
from collections.abc import Callable

_LISTENS = 0.05


class Deaf(threading.Thread):
    """A call into code that hears no signal, in a thread that lives until `end`.

    Who waits for it hears Ctrl-C; a process that is stopped meanwhile cannot end the thread, and
    leaves as it is (`os._exit`).
    """

    def __init__(self, call: Callable[[], object], *, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._call, self._failed = call, list[BaseException]()
        self._done, self._over = threading.Event(), threading.Event()

    def run(self) -> None:
        """Make the call; stay, since the kernel may end with the thread what it began."""
        try:
            self._call()
        except BaseException as error:
            self._failed.append(error)
        finally:
            self._done.set()
        self._over.wait()

    def wait(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Until the call is done; raises what it raised, and whatever a signal raises here.

        `meanwhile` is called again and again, and once more when it is done.
        """
        while not self._done.wait(_LISTENS):
            meanwhile()
        meanwhile()
        if self._failed:
            self.end()
            raise self._failed[0]

    def end(self) -> None:
        """Let the thread go."""
        self._over.set()
        self.join()
