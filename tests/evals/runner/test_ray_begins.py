"""While a Ray cluster begins Ctrl-C is heard at once; Ray takes no signal and asks no cloud."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import getproxies, proxy_bypass

import pytest

from clinseek.evals.runner.ray_cluster import _begin, asking_no_cloud, put_in_environment


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A suite that was started in the background ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class _Cluster:
    """Takes SIGTERM for itself as Ray does, is interrupted while it begins, and goes on."""

    def __init__(self, *, interrupted: bool) -> None:
        self.interrupted, self.begun = interrupted, False

    def init(self, **_: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: None)
        if self.interrupted:
            signal.raise_signal(signal.SIGINT)
        self.begun = True


def test_ctrl_c_while_a_cluster_begins_does_not_wait_for_it() -> None:
    cluster = _Cluster(interrupted=True)

    async def evaluating() -> None:
        _begin(cluster, None)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(evaluating())
    assert not cluster.begun


def test_sigterm_does_after_a_cluster_began_what_it_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    cluster = _Cluster(interrupted=False)
    _begin(cluster, None)
    assert cluster.begun
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_while_a_cluster_begins_is_an_interruption_and_no_success() -> None:
    """Ray answers it meanwhile, by an exit that a shell would take for a good end."""

    class _Taken(_Cluster):
        def init(self, **_: Any) -> None:
            signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(number))
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        _begin(_Taken(interrupted=False), None)


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
