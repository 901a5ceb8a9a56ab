"""Vectors made beside the runs: a search waits a little and then says how far they are."""

from __future__ import annotations

import atexit
import threading
import time
from pathlib import Path

from clinseek.errors import ModelError, Refusal
from clinseek.toolkits.ehr.candidates.semantic.search import (
    SemanticIndex,
    load_semantic_index,
    vector_file,
)
from clinseek.toolkits.ehr.candidates.titles import Titles

AT_ONCE = 2_000
"""Titles that are embedded within the call that asks for them (some ten seconds)."""
PATIENCE_S = 20.0

_making: dict[Path, _Making] = {}
_starting = threading.Lock()


class _Making:
    """One vocabulary that is embedded in a thread of its own.

    The process does not wait for the whole of it: at its end the thread stops after the titles
    that it is at. A thread that was left inside torch would abort the process.
    """

    def __init__(self, titles: Titles) -> None:
        self.done, self.total = 0, len(titles.titles)
        self.index: SemanticIndex | None = None
        self.error: ModelError | None = None
        self._first: tuple[float, int] | None = None
        self._titles = titles
        self._process_ends = threading.Event()
        atexit.register(self._stop)
        self.thread = threading.Thread(target=self._make, name="embedding", daemon=True)
        self.thread.start()

    def _make(self) -> None:
        try:
            self.index = load_semantic_index(self._titles, self._note)
        except ModelError as error:
            self.error = error
        finally:
            atexit.unregister(self._stop)

    def _stop(self) -> None:
        self._process_ends.set()
        if self._first is not None:  # before, it waits for another process, outside torch
            self.thread.join()

    def _note(self, done: int, total: int) -> None:
        self._first = self._first or (time.monotonic(), done)
        if self._process_ends.is_set():  # asked after `_first` is set, for `_stop` reads that last
            raise ModelError("the process ends; the vectors made so far are kept")
        self.done, self.total = done, total

    def standing(self) -> str:
        """How far it is, and about how long it still takes."""
        said = f"{self.done:,} of {self.total:,} titles"
        if self._first is None or self.done == self._first[1]:
            return said
        began, had = self._first
        left = (time.monotonic() - began) / (self.done - had) * (self.total - self.done)
        return f"{said}, about {max(1, round(left / 60))} min left"


def semantic_index(titles: Titles, *, table: str, patience_s: float = PATIENCE_S) -> SemanticIndex:
    """The index of a candidate table; Refusal while the vectors of a large one are being made.

    They are made once, in a thread beside the runs, and survive a kill. ModelError where there is
    no model or no room.
    """
    file = vector_file(titles)
    if file.is_sound() or len(titles.titles) <= AT_ONCE:
        return load_semantic_index(titles)
    with _starting:
        making = _making.get(file.path)
        if making is None:
            making = _making[file.path] = _Making(titles)
    making.thread.join(patience_s)
    if making.thread.is_alive():
        raise Refusal(
            f"{table}: its vectors are being computed, once for all runs ({making.standing()}); "
            "search with ehr.get_candidates_by_fuzzy_matching meanwhile, or try again later"
        )
    with _starting:
        _making.pop(file.path, None)
    if making.index is None:
        raise making.error or ModelError(f"{table}: its vectors could not be computed; try again")
    return making.index
