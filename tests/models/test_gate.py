"""The gate before a host: how many turns it lets through, to whom, and when."""

import asyncio
import gc
import random
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinseek.models.gate import Gate, Gates, Pace, backoff

_ANSWER_SECONDS = 5.0


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer: hours of waiting pass in no time."""

    passed = 0.0

    def time(self) -> float:
        return self.passed

    def _run_once(self) -> None:
        timers = [one.when() for one in self._scheduled if not one.cancelled()]  # type: ignore[attr-defined]
        if timers and not self._ready:  # type: ignore[attr-defined]
            self.passed = max(self.passed, min(timers))
        super()._run_once()  # type: ignore[misc]


def _in_no_time(story: Coroutine[Any, Any, None]) -> float:
    """Run a story on a patient loop; the seconds that it would have taken."""
    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        runner.run(story)
        return runner.get_loop().time()


class Host:
    """A host that works on `takes` turns at a time and refuses others, some at random too."""

    def __init__(self, *, takes: int = 10_000, refuses: float = 0.0) -> None:
        self.takes, self.refuses = takes, refuses
        self.working = self.most_working = self.answers = self.refusals = 0
        self._chance = random.Random(0)

    async def answers_turn(self) -> bool:
        if self.working >= self.takes or self._chance.random() < self.refuses:
            await asyncio.sleep(0.02)
            self.refusals += 1
            return False
        self.working += 1
        self.most_working = max(self.most_working, self.working)
        try:
            await asyncio.sleep(_ANSWER_SECONDS)
        finally:
            self.working -= 1
        self.answers += 1
        return True


async def _run(gate: Gate, host: Host, *, turns: int, chance: random.Random) -> None:
    for _ in range(turns):
        attempt = 0
        while True:
            async with gate.turn() as turn:
                answered = await host.answers_turn()
                turn.answered() if answered else turn.throttled()
            if answered:
                break
            await asyncio.sleep(backoff(attempt, chance=chance))
            attempt += 1


async def _runs(gate: Gate, host: Host, *, runs: int, turns: int) -> None:
    chance = random.Random(1)
    await asyncio.gather(*(_run(gate, host, turns=turns, chance=chance) for _ in range(runs)))


def test_a_host_that_never_throttles_soon_works_for_all_200_runs_at_once() -> None:
    host = Host()

    took = _in_no_time(_runs(Gate(), host, runs=200, turns=3))

    assert host.most_working == 200
    assert 3 * _ANSWER_SECONDS / took >= 0.95


def test_a_host_with_a_limit_is_kept_busy_near_it() -> None:
    host = Host(takes=20)

    took = _in_no_time(_runs(Gate(), host, runs=100, turns=20))

    assert host.answers == 2000
    assert 2000 * _ANSWER_SECONDS / took >= 0.85 * 20


@pytest.mark.parametrize("refuses", [0.3, 0.9])
def test_no_run_is_lost_in_a_storm_of_refusals(refuses: float) -> None:
    host = Host(refuses=refuses)

    _in_no_time(_runs(Gate(), host, runs=50, turns=2))

    assert host.answers == 100
    assert host.refusals > 0


def test_never_more_than_most_are_under_way() -> None:
    host = Host()

    _in_no_time(_runs(Gate(most=3), host, runs=20, turns=2))

    assert host.most_working == 3


def test_a_gate_for_one_lets_one_through_at_a_time() -> None:
    host = Host()

    _in_no_time(_runs(Gate(most=1), host, runs=4, turns=1))

    assert (host.most_working, host.answers) == (1, 4)


def test_who_comes_first_is_let_through_first() -> None:
    order: list[int] = []

    async def story() -> None:
        gate = Gate(most=2)

        async def one(number: int) -> None:
            async with gate.turn() as turn:
                order.append(number)
                await asyncio.sleep(1)
                turn.answered()

        await asyncio.gather(*(one(number) for number in range(20)))

    _in_no_time(story())

    assert order == list(range(20))


def test_seconds_at_the_gate_are_told_apart() -> None:
    waited: list[float] = []

    async def story() -> None:
        gate = Gate(most=1)

        async def one() -> None:
            async with gate.turn() as turn:
                waited.append(turn.waited)
                await asyncio.sleep(5)

        await asyncio.gather(one(), one(), one())

    _in_no_time(story())

    assert waited == [0.0, 5.0, 10.0]


def test_retry_after_stops_everybody_for_that_host() -> None:
    began: list[float] = []

    async def story() -> None:
        gate = Gate()
        async with gate.turn() as turn:
            turn.throttled(retry_after=30)

        async def one() -> None:
            async with gate.turn():
                began.append(asyncio.get_running_loop().time())

        await asyncio.gather(*(one() for _ in range(4)))

    _in_no_time(story())

    assert began == [30.0] * 4


def test_a_shorter_retry_after_does_not_end_a_longer_one() -> None:
    async def story() -> None:
        gate = Gate()
        async with gate.turn() as first, gate.turn() as second:
            first.throttled(retry_after=30)
            second.throttled(retry_after=2)
        async with gate.turn() as third:
            assert third.waited == 30.0

    _in_no_time(story())


@pytest.mark.parametrize("told", [-5.0, float("nan"), None, 0.0])
def test_a_retry_after_that_says_nothing_is_a_short_quiet(told: float | None) -> None:
    async def story() -> None:
        gate = Gate()
        async with gate.turn() as first:
            first.throttled(retry_after=told)
        async with gate.turn() as second:
            assert 0 < second.waited <= 1

    _in_no_time(story())


def test_an_endless_retry_after_is_ten_minutes() -> None:
    async def story() -> None:
        gate = Gate()
        async with gate.turn() as first:
            first.throttled(retry_after=float("inf"))
        async with gate.turn() as second:
            assert second.waited == 600.0

    _in_no_time(story())


def test_an_answer_ends_the_quiet_but_not_what_the_host_asked_for() -> None:
    waited: list[float] = []

    async def story(told: float | None) -> None:
        gate = Gate()
        async with gate.turn() as first, gate.turn() as second:
            first.throttled(told)
            await asyncio.sleep(0.1)
            second.answered()
        async with gate.turn() as third:
            waited.append(third.waited)

    _in_no_time(story(None))
    _in_no_time(story(5.0))

    assert waited == [0.0, 4.9]


def test_the_quiet_grows_while_a_host_refuses_everything() -> None:
    waited: list[float] = []

    async def story() -> None:
        gate = Gate()
        for _ in range(8):
            async with gate.turn() as turn:
                waited.append(turn.waited)
                turn.throttled()

    _in_no_time(story())

    assert waited == [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_turns_refused_side_by_side_cut_the_limit_once() -> None:
    async def story() -> None:
        gate = Gate(most=8)

        async def refused() -> None:
            async with gate.turn() as turn:
                await asyncio.sleep(0.1)
                turn.throttled()

        await asyncio.gather(*(refused() for _ in range(8)))
        assert gate.limit == 7

    _in_no_time(story())


def test_the_limit_grows_again_after_a_refusal() -> None:
    host = Host(takes=4)
    gate = Gate()

    async def story() -> None:
        await _runs(gate, host, runs=30, turns=2)
        cut = gate.limit
        host.takes = 10_000
        await _runs(gate, host, runs=30, turns=20)
        assert gate.limit > cut

    _in_no_time(story())
    assert host.most_working > 8


def test_a_limit_that_is_not_used_proves_nothing_and_does_not_grow() -> None:
    gate = Gate()

    async def story() -> None:
        async with gate.turn() as turn:
            turn.throttled()
        for _ in range(100):
            async with gate.turn() as turn:
                turn.answered()

    _in_no_time(story())
    assert gate.limit <= 8


def test_who_is_cancelled_while_waiting_leaves_the_queue() -> None:
    async def story() -> None:
        gate = Gate(most=1)

        async def one() -> None:
            async with gate.turn():
                await asyncio.sleep(1)

        tasks = [asyncio.create_task(one()) for _ in range(3)]
        await asyncio.sleep(0)
        assert (gate.under_way, gate.waiting) == (1, 2)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert asyncio.get_running_loop().time() == 2.0
        assert (gate.under_way, gate.waiting) == (0, 0)

    _in_no_time(story())


def test_who_is_cancelled_in_the_moment_of_being_let_through_gives_the_place_back() -> None:
    async def story() -> None:
        gate = Gate(most=1)

        async def waits() -> None:
            async with gate.turn():
                pytest.fail("it was cancelled before")

        async with gate.turn():
            task = asyncio.create_task(waits())
            await asyncio.sleep(0)
        assert gate.under_way == 1  # the place is the waiting task's, which has not run yet
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (gate.under_way, gate.waiting) == (0, 0)

    _in_no_time(story())


def test_a_turn_that_fails_gives_its_place_back() -> None:
    async def story() -> None:
        gate = Gate(most=1)
        with pytest.raises(OSError, match="gone"):
            async with gate.turn():
                raise OSError("gone")
        async with gate.turn() as turn:
            assert turn.waited == 0.0

    _in_no_time(story())


_TURNS = st.lists(
    st.tuples(st.sampled_from(["answered", "throttled", "fails", "cancelled"]), st.floats(0, 9)),
    min_size=1,
    max_size=40,
)


@given(_TURNS, st.sampled_from([None, 1, 3]))
@example([("cancelled", 0.01), ("cancelled", 0.01), ("answered", 0.01)], 1)
def test_everybody_gets_through_and_every_place_is_given_back(
    turns: list[tuple[str, float]], most: int | None
) -> None:
    through: set[int] = set()
    gate = Gate(most=most)

    async def one(number: int, end: str, seconds: float) -> None:
        async with gate.turn() as turn:
            through.add(number)
            assert gate.under_way <= (most or 256)
            await asyncio.sleep(seconds)
            if end == "fails":
                raise OSError
            turn.answered() if end == "answered" else turn.throttled(seconds)

    async def story() -> None:
        tasks = [asyncio.create_task(one(at, *turn)) for at, turn in enumerate(turns)]
        for (end, seconds), task in zip(turns, tasks, strict=True):
            if end == "cancelled":
                asyncio.get_running_loop().call_later(seconds / 2, task.cancel)
        async with asyncio.timeout(10_000):
            await asyncio.gather(*tasks, return_exceptions=True)

    _in_no_time(story())
    assert through >= {at for at, (end, _) in enumerate(turns) if end != "cancelled"}
    assert (gate.under_way, gate.waiting) == (0, 0)
    assert gate.limit >= 1


@given(
    st.lists(st.tuples(st.sampled_from(["answer", "refusal", "double"]), st.integers(-3, 300))),
    st.sampled_from([None, 1, 8, 50]),
)
def test_the_limit_stays_between_one_and_most(
    told: list[tuple[str, int]], most: int | None
) -> None:
    pace = Pace(1 if most == 1 else 8, most)
    for what, others in told:
        before = pace.limit
        if what == "refusal":
            pace = pace.was_throttled(others=others)
            assert before // 2 <= pace.limit <= before
        else:
            pace = pace.doubled() if what == "double" else pace.was_answered(full=True)
            assert pace.limit >= before
        assert 1 <= pace.limit <= (most or pace.limit)


def test_a_window_of_answers_at_a_full_gate_raises_the_limit() -> None:
    pace = Pace(5, opening=False)
    for _ in range(4):
        pace = pace.was_answered(full=True)
    assert pace.limit == 5
    assert pace.was_answered(full=True).limit == 7


def _with_gates(check: Callable[[Gates], Awaitable[None]]) -> Gates:
    gates = Gates()

    async def story() -> None:
        await check(gates)

    asyncio.run(story())
    return gates


def test_there_is_one_gate_for_each_host() -> None:
    async def check(gates: Gates) -> None:
        assert gates.of("gpu:8000") is gates.of("gpu:8000")
        assert gates.of("gpu:8000") is not gates.of("gpu:8001")
        assert gates.of("gpu:8002", most=2).limit == 2

    _with_gates(check)


def test_a_loop_that_is_gone_takes_its_gates_with_it() -> None:
    gone: list[weakref.ref[Gate]] = []

    async def check(gates: Gates) -> None:
        gate = gates.of("gpu:8000")
        async with gate.turn() as turn:
            turn.throttled(0.001)
        async with gate.turn() as turn:
            turn.answered()
        gone.append(weakref.ref(gate))

    gates = _with_gates(check)
    gc.collect()
    assert gone[0]() is None

    async def other(_: Gates) -> None:
        assert gates.of("gpu:8000").limit == 8

    _with_gates(other)


@given(st.integers(0, 10_000), st.one_of(st.none(), st.floats(0, 100)), st.integers())
def test_a_backoff_is_bounded_and_never_shorter_than_told(
    attempt: int, told: float | None, seed: int
) -> None:
    seconds = backoff(attempt, retry_after=told, chance=random.Random(seed))

    assert (told or 0) <= seconds <= ((told * 1.1 + 1e-9) if told else min(60, 2**attempt))


def test_backoffs_differ_from_run_to_run_and_repeat_with_their_seed() -> None:
    chance = random.Random(0)
    assert len({backoff(5, chance=chance) for _ in range(20)}) == 20
    assert backoff(5, chance=random.Random(3)) == backoff(5, chance=random.Random(3))
