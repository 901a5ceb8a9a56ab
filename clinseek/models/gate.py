"""How many turns a host is asked for at one time: found out by asking, one gate for each host.

A host that takes more is given more, one that throttles is given less, and for a while after a
refusal (as long as its Retry-After asks) nobody is let through. The arithmetic (`Pace`) is pure;
`Gate` is the door.
"""

from __future__ import annotations

import asyncio
import math
import random
import threading
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from weakref import WeakKeyDictionary

_FIRST = 8
_DOUBLING_SECONDS = 0.1
"""Hosts refuse at once and answer late: what was not refused within this time was taken."""

_GROWTH = 2
"""Turns more for each window of answers. A host that refuses at random, whatever its load,
costs one of them a window (see `Pace.throttled`) and must not hold the gate down."""

_FIRST_QUIET, _LONGEST_QUIET = 0.25, 8.0
"""Seconds of quiet after a refusal, doubled until an answer comes, which ends it; Retry-After may
ask for more, and no answer ends that."""

_LONGEST_PAUSE = 600.0
_LONGEST_BACKOFF = 60.0


class Pace(NamedTuple):
    """How many turns at one time, `limit`, and what is known of how it went at that number.

    `opening` until a turn was throttled for the first time: then `limit` doubles step by step.
    `answered` counts answers since `limit` last changed; `returned` all turns that came back
    since the last cut, None before the first one.
    """

    limit: int
    most: int | None = None
    opening: bool = True
    answered: int = 0
    returned: int | None = None

    def doubled(self) -> Pace:
        """The next step of the opening.

        >>> Pace(8, most=12).doubled().limit
        12
        """
        return self._with_limit(2 * self.limit) if self.opening else self

    def was_answered(self, *, full: bool) -> Pace:
        """After an answer. Only at a `full` gate does it prove anything about the limit.

        >>> Pace(1, opening=False).was_answered(full=True).limit
        3
        """
        counted = self._replace(
            returned=None if self.returned is None else self.returned + 1,
            answered=self.answered + full,
        )
        if self.opening or counted.answered < self.limit:
            return counted
        return counted._with_limit(self.limit + _GROWTH)

    def was_throttled(self, *, others: int) -> Pace:
        """After a refusal, `others` being the turns that the host still works on.

        The limit is halved, but not below `others`: those the host did take. Turns that were
        sent side by side are refused side by side, so there is one cut for each window.

        >>> Pace(16).was_throttled(others=3).limit, Pace(16).was_throttled(others=15).limit
        (8, 15)
        """
        if self.returned is not None and self.returned < self.limit:
            return self._replace(returned=self.returned + 1)
        cut = max(1, self.limit // 2, min(others, self.limit))
        return self._replace(limit=cut, opening=False, returned=0)

    def _with_limit(self, limit: int) -> Pace:
        bounded = limit if self.most is None else min(limit, self.most)
        return self._replace(limit=bounded, answered=0)


class GateTurn:
    """One turn that was let through, after `waited` seconds at the gate."""

    def __init__(self, gate: Gate, *, waited: float) -> None:
        self.waited = waited
        self._gate = gate

    def answered(self) -> None:
        """The host answered, whatever it said."""
        self._gate._was_answered()

    def throttled(self, retry_after: float | None = None) -> None:
        """The host refused for its load; `retry_after` in seconds, where it told."""
        self._gate._was_throttled(retry_after)


class Gate:
    """The door before one host: first come, first served, `limit` turns at one time.

    `most` bounds the limit for good; None: only what the host says bounds it. A gate belongs to
    one event loop. Turns that end without a word (another fault, a cancelled run) change nothing
    but give their place back.
    """

    def __init__(self, most: int | None = None) -> None:
        self._pace = Pace(_FIRST if most is None else min(_FIRST, most), most)
        self._queue: deque[asyncio.Future[None]] = deque()
        self._under_way = 0
        self._told_until = self._quiet_until = -math.inf
        self._refusals = 0
        self._doubling = False

    @property
    def limit(self) -> int:
        """Turns that may be under way at one time, as of now."""
        return self._pace.limit

    @property
    def under_way(self) -> int:
        """Turns that are under way."""
        return self._under_way

    @property
    def waiting(self) -> int:
        """Turns that wait to be let through."""
        return len(self._queue)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[GateTurn]:
        """Wait for room, then hold a place until the block ends."""
        waited = await self._enter()
        try:
            yield GateTurn(self, waited=waited)
        finally:
            self._leave()

    async def _enter(self) -> float:
        loop = asyncio.get_running_loop()
        place: asyncio.Future[None] = loop.create_future()
        self._queue.append(place)
        self._admit()
        if place.done():
            return 0.0
        self._double_later(loop)
        came = loop.time()
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._queue.remove(place)
                self._admit()  # a place that came free meanwhile stopped before this one
            else:  # let through and cancelled in the same moment
                self._leave()
            raise
        return loop.time() - came

    def _leave(self) -> None:
        self._under_way -= 1
        self._admit()

    def _admit(self) -> None:
        """Let through whom there is room for, in the order of their coming."""
        now = asyncio.get_running_loop().time()
        while self._queue and self._under_way < self.limit and now >= self._quiet_until:
            place = self._queue[0]
            if place.cancelled():
                break  # it takes itself out, then admits again
            self._queue.popleft()
            self._under_way += 1
            place.set_result(None)

    def _was_answered(self) -> None:
        full = bool(self._queue) or self._under_way >= self.limit
        self._pace = self._pace.was_answered(full=full)
        self._refusals = 0
        self._quiet_until = (
            self._told_until
        )  # there is room again, if the host did not ask for more

    def _was_throttled(self, retry_after: float | None) -> None:
        self._pace = self._pace.was_throttled(others=self._under_way - 1)
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now >= self._quiet_until:  # else it was sent before the host asked for quiet
            self._refusals += 1
        quiet = min(_LONGEST_QUIET, _FIRST_QUIET * 2.0 ** min(self._refusals - 1, 16))
        told = now + bounded_seconds(retry_after, most=_LONGEST_PAUSE)
        self._told_until = max(self._told_until, told)
        until = max(self._told_until, now + quiet)
        if until > self._quiet_until:
            self._quiet_until = until
            loop.call_at(until, self._admit)

    def _double_later(self, loop: asyncio.AbstractEventLoop) -> None:
        """Somebody waits and nobody was ever refused: double the limit in a moment."""
        if self._doubling or not self._pace.opening or self._pace.limit == self._pace.most:
            return
        self._doubling = True
        loop.call_later(_DOUBLING_SECONDS, self._double)

    def _double(self) -> None:
        self._doubling = False
        if not self._queue:
            return
        self._pace = self._pace.doubled()
        self._admit()
        if self._queue:
            self._double_later(asyncio.get_running_loop())


class Gates:
    """One gate for each host and event loop; a loop that is gone takes its gates with it."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, int | None], Gate]]
        self._kept = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, address: str, *, most: int | None = None) -> Gate:
        """The gate before `address` for the running loop; runs with a `most` share one of theirs.

        So a bound that one run asked for holds for it, and for no run that did not.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            here = self._kept.setdefault(loop, {})
            if (address, most) not in here:
                here[address, most] = Gate(most)
            return here[address, most]


def backoff(
    attempt: int, *, retry_after: float | None = None, chance: random.Random | None = None
) -> float:
    """Seconds to wait before trying again: exponential with full jitter, 60 at the most.

    `attempt` is 0 after the first failure. A host that told `retry_after` is left alone at least
    that long, up to ten minutes, and a jitter of a tenth is added, so that not all come back in
    the same moment. `chance` makes it repeatable.

    >>> 0 <= backoff(3, chance=random.Random(0)) <= 8
    True
    >>> 20 <= backoff(0, retry_after=20) <= 22
    True
    """
    drawn = (chance or random).random()
    told = bounded_seconds(retry_after, most=_LONGEST_PAUSE)
    if told:
        return told * (1 + drawn / 10)
    return drawn * min(_LONGEST_BACKOFF, 2.0 ** min(attempt, 16))


def bounded_seconds(told: float | None, *, most: float) -> float:
    """Seconds that a host told, from 0 to `most`; 0 where it told nothing that can be waited for.

    >>> bounded_seconds(7, most=60), bounded_seconds(-1, most=60), bounded_seconds(None, most=60)
    (7.0, 0.0, 0.0)
    """
    if told is None or math.isnan(told):
        return 0.0
    return float(min(most, max(0.0, told)))
