"""While a Ray cluster begins Ctrl-C is heard at once; Ray takes no signal and asks no cloud."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import getproxies, proxy_bypass

import pytest

from clinseek.deaf import Deaf
from clinseek.errors import SettingError
from clinseek.evals.runner.ray_cluster import _begin, asking_no_cloud, put_in_environment


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A suite that was started in the background ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class _Cluster:
    """Begins until it is let, as deaf as Ray in C++, in whichever thread asks it to."""

    def __init__(self) -> None:
        self.begins, self.may_end = threading.Event(), threading.Event()
        self.asked_by: list[threading.Thread] = []

    def init(self, **_: Any) -> None:
        self.asked_by.append(threading.current_thread())
        self.begins.set()
        self.may_end.wait(30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_cluster_begins_does_not_wait_for_it(number: int) -> None:
    """Ray answers SIGTERM by an exit that a shell would take for a good end, were it asked here."""
    cluster = _Cluster()
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))

    def stop() -> None:
        cluster.begins.wait(30)
        os.kill(os.getpid(), number)

    async def evaluating() -> None:
        _begin(cluster, None)

    stops = threading.Thread(target=stop)
    stops.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(evaluating())
        assert not cluster.may_end.is_set()
        (thread,) = cluster.asked_by
        assert isinstance(thread, Deaf)
        assert thread.is_alive()
    finally:
        signal.signal(signal.SIGTERM, before)
        cluster.may_end.set()
        stops.join()
    thread.end()


def test_the_thread_that_began_a_cluster_lives_until_it_is_ended() -> None:
    cluster = _Cluster()
    cluster.may_end.set()
    beginning = _begin(cluster, None)
    assert cluster.asked_by == [beginning]
    assert beginning.is_alive()
    beginning.end()
    assert not beginning.is_alive()


def test_sigterm_is_ours_again_where_native_code_took_it_for_itself() -> None:
    """As absl's handler does, of which Python's own table knows nothing."""
    heard: list[int] = []
    libc = ctypes.CDLL(None)

    class _Taking(_Cluster):
        def init(self, **given: Any) -> None:
            libc.signal(signal.SIGTERM, 0)  # SIG_DFL: ends the process
            super().init(**given)

    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        cluster = _Taking()
        cluster.may_end.set()
        beginning = _begin(cluster, None)
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
    beginning.end()


def test_a_cluster_that_cannot_begin_is_one_sentence_and_leaves_no_thread() -> None:
    class _Absent(_Cluster):
        def init(self, **given: Any) -> None:
            super().init(**given)
            raise ConnectionError("no node at 10.0.0.1")

    cluster = _Absent()
    cluster.may_end.set()
    with pytest.raises(SettingError, match=r"cluster a:1 cannot be reached \(no node at 10"):
        _begin(cluster, "a:1")
    assert not cluster.asked_by[0].is_alive()


def test_a_cluster_of_this_machine_can_ask_no_cloud_and_its_actors_have_the_proxies_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What asks is a process that Ray begins; it asks as `requests` does, by the environment."""
    monkeypatch.setenv("NO_PROXY", "169.254.169.254")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    before = dict(os.environ)
    with asking_no_cloud() as proxies:
        nobody = "http://127.0.0.1:9"
        assert {**getproxies(), "http": nobody, "https": nobody} == getproxies()
        assert not proxy_bypass("169.254.169.254")
        inside = dict(os.environ)
    assert dict(os.environ) == before != inside
    with asking_no_cloud():
        put_in_environment(proxies)
        assert dict(os.environ) == before
