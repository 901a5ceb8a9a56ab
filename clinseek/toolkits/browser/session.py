"""The browser of one run: its stack, moved on by one call after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from clinseek.errors import Refusal
from clinseek.toolkits.arguments import Arguments
from clinseek.toolkits.browser import actions
from clinseek.toolkits.browser import arguments as takes
from clinseek.toolkits.browser.actions import Turned
from clinseek.toolkits.browser.reader import Reader
from clinseek.toolkits.browser.stack import BrowserState
from clinseek.toolkits.observation import Observation

_ACTIONS: dict[type[Arguments], Callable[[BrowserState, Any, Reader], Turned]] = {
    takes.Search: actions.search,
    takes.Open: actions.open_page,
    takes.Find: actions.find,
}


class BrowserSession:
    """A stack with the reader that its pages come from.

    Calls wait for each other: which cursor a page gets is the order of the calls. `most_calls`
    bounds them where no harness does; at the bound each call says so.
    """

    def __init__(
        self, reader: Reader, state: BrowserState | None = None, *, most_calls: int | None = None
    ) -> None:
        self.reader = reader
        self.state = state or BrowserState()
        self._left = most_calls
        self._turn = threading.Lock()

    def call(self, arguments: type[Arguments], given: Mapping[str, Any]) -> tuple[str, Observation]:
        """One call: its text and origin. What went wrong is a text too, and moves nothing."""
        with self._turn:
            try:
                self._count()
                asked = takes.read_arguments(arguments, given)
                turned = _ACTIONS[arguments](self.state, asked, self.reader)
            except Refusal as refusal:
                said = self.reader.guards.marking.neutral(str(refusal))
                return said, Observation(refused=True)
            self.state = turned.state
            return turned.text, turned.observation

    def _count(self) -> None:
        if self._left is None:
            return
        if self._left <= 0:
            raise Refusal("no browser calls are left in this run; answer with what is known")
        self._left -= 1
