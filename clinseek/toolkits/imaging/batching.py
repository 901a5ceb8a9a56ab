"""Pictures of several calls through one model, some at a time, in a thread of its own."""

from __future__ import annotations

import atexit
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from clinseek.errors import Refusal

_LOG = logging.getLogger(__name__)

MOST_AT_ONCE = 8
_LONGEST_WORK = 60.0

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Sequence[T]], Sequence[R]]


class _Asked(NamedTuple, Generic[T, R]):
    item: T
    answer: Future[R]


class Batches(Generic[T, R]):
    """A model that is loaded at the first call, in the thread that then runs it.

    While it works on some pictures, others gather; up to `most` of them go through it next. A
    picture that makes a batch fail fails alone. A model that cannot be loaded is tried again at
    the next call.
    """

    def __init__(
        self, name: str, load: Callable[[], Work[T, R]], *, most: int = MOST_AT_ONCE
    ) -> None:
        self._name = name
        self._load = load
        self._most = most
        self._work: Work[T, R] | None = None
        self._queue: queue.SimpleQueue[_Asked[T, R] | None] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self.batches = 0
        """How many went through the model."""

    def ask(self, item: T, *, timeout: float) -> R:
        """What the model makes of one item; Refusal when that takes more than `timeout` seconds."""
        asked: _Asked[T, R] = _Asked(item, Future())
        self._begin()
        self._queue.put(asked)
        try:
            return asked.answer.result(timeout)
        except CancelledError:
            raise Refusal(f"the {self._name} was closed before it could answer") from None
        except FutureTimeout:
            asked.answer.cancel()
            raise Refusal(
                f"the {self._name} did not answer in {timeout:g} s; call it again later"
            ) from None

    def close(self) -> None:
        """End the thread after what it has begun, and answer nobody who still waits.

        Waits for it: a process that ends while torch works in a thread is aborted. Again does
        nothing.
        """
        with self._turn:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        atexit.unregister(self.close)
        with suppress(queue.Empty):
            while (left := self._queue.get_nowait()) is not None:
                left.answer.cancel()
        self._queue.put(None)
        thread.join(_LONGEST_WORK)

    def _begin(self) -> None:
        with self._turn:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name=f"clinseek-{self._name}", daemon=True
                )
                self._thread.start()
                atexit.register(self.close)

    def _run(self) -> None:
        ends = False
        while not ends and (first := self._queue.get()) is not None:
            gathered = [first]
            while len(gathered) < self._most and not self._queue.empty():
                asked = self._queue.get()
                if asked is None:
                    ends = True
                    break
                gathered.append(asked)
            wanted = [asked for asked in gathered if asked.answer.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)

    def _answer(self, wanted: Sequence[_Asked[T, R]]) -> None:
        try:
            if self._work is None:
                self._work = self._load()
            self.batches += 1
            answers = self._work([asked.item for asked in wanted])
        except Exception as error:
            if len(wanted) > 1:
                for asked in wanted:
                    self._answer([asked])
                return
            _LOG.debug("the %s failed", self._name, exc_info=True)
            wanted[0].answer.set_exception(error)
            return
        for asked, answer in zip(wanted, answers, strict=True):
            asked.answer.set_result(answer)
