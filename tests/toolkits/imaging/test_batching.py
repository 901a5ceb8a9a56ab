"""Calls of several threads through one model."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.imaging.batching import Batches
from clinseek.toolkits.imaging.cache import Cache, Key


class Doubling:
    """Doubles numbers, once it is let; remembers how many came at once."""

    def __init__(self) -> None:
        self.goes = threading.Event()
        self.busy = threading.Event()
        self.sizes: list[int] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.busy.set()
        assert self.goes.wait(10)
        self.sizes.append(len(items))
        if 99 in items:
            raise ValueError("99")
        return [item * 2 for item in items]


def batches(work: Callable[[Sequence[int]], list[int]]) -> Batches[int, int]:
    return Batches("doubler", lambda: work)


def test_calls_that_come_while_the_model_works_go_through_it_together() -> None:
    work = Doubling()
    model = batches(work)
    with ThreadPoolExecutor(20) as threads:
        first = threads.submit(model.ask, 0, timeout=10)
        assert work.busy.wait(10)
        others = [threads.submit(model.ask, number, timeout=10) for number in range(1, 20)]
        while model._queue.qsize() < 19:
            threading.Event().wait(0.001)
        work.goes.set()
        assert [call.result() for call in (first, *others)] == [2 * n for n in range(20)]
    assert work.sizes == [1, 8, 8, 3]
    model.close()


def test_one_picture_that_fails_takes_no_other_with_it() -> None:
    work = Doubling()
    model = batches(work)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(model.ask, 0, timeout=10)
        assert work.busy.wait(10)
        others = [threads.submit(model.ask, number, timeout=10) for number in (1, 99, 2)]
        while model._queue.qsize() < 3:
            threading.Event().wait(0.001)
        work.goes.set()
        assert first.result() == 0
        assert (others[0].result(), others[2].result()) == (2, 4)
        with pytest.raises(ValueError, match="99"):
            others[1].result()
    model.close()


def test_a_call_that_takes_too_long_is_told_so_and_the_model_goes_on() -> None:
    work = Doubling()
    model = batches(work)
    with pytest.raises(Refusal, match=r"did not answer in 0\.05 s"):
        model.ask(1, timeout=0.05)
    work.goes.set()
    assert model.ask(2, timeout=10) == 4
    model.close()


def test_a_model_that_cannot_be_loaded_is_tried_again_at_the_next_call() -> None:
    tried: list[int] = []

    def load() -> Callable[[Sequence[int]], list[int]]:
        tried.append(1)
        if len(tried) == 1:
            raise SettingError("no weights")
        return lambda items: [item + 1 for item in items]

    model: Batches[int, int] = Batches("adder", load)
    with pytest.raises(SettingError, match="no weights"):
        model.ask(1, timeout=10)
    assert model.ask(1, timeout=10) == 2
    assert model.ask(2, timeout=10) == 3
    assert len(tried) == 2
    model.close()


def test_closed_batches_begin_anew_when_they_are_asked() -> None:
    model = batches(list)
    assert model.ask(1, timeout=10) == 1
    model.close()
    model.close()
    assert model.ask(2, timeout=10) == 2
    model.close()


def test_those_who_wait_when_it_closes_are_told_and_what_was_begun_is_ended() -> None:
    work = Doubling()
    model = batches(work)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(model.ask, 1, timeout=10)
        assert work.busy.wait(10)
        others = [threads.submit(model.ask, number, timeout=10) for number in (2, 3)]
        while model._queue.qsize() < 2:
            threading.Event().wait(0.001)
        thread = model._thread
        closing = threads.submit(model.close)
        for other in others:
            with pytest.raises(Refusal, match="was closed before"):
                other.result()
        work.goes.set()
        closing.result()
        assert first.result() == 2
        assert thread is not None
        assert not thread.is_alive()


class _Held(str):
    __slots__ = ()

    @property
    def size(self) -> int:
        return len(self)


def test_the_cache_forgets_what_was_not_asked_for_the_longest() -> None:
    cache: Cache[_Held] = Cache(most_bytes=10)
    keys = [Key(str(number), "tool", "weights", "{}") for number in range(3)]
    cache.put(keys[0], _Held("aaaa"))
    cache.put(keys[1], _Held("bbbb"))
    assert cache.get(keys[0]) == "aaaa"
    cache.put(keys[2], _Held("cccc"))
    assert [cache.get(key) for key in keys] == ["aaaa", None, "cccc"]
    cache.put(keys[2], _Held("c" * 11))
    assert [cache.get(key) for key in keys] == [None, None, None]


def test_another_hash_tool_weight_or_argument_is_another_answer() -> None:
    cache: Cache[_Held] = Cache()
    key = Key("content", "tool", "weights", "{}")
    cache.put(key, _Held("x"))
    for field in Key._fields:
        assert cache.get(key._replace(**{field: "other"})) is None
    assert cache.get(key) == "x"
