"""While a Ray cluster begins Ctrl-C is heard at once, and Ray takes no signal for itself."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from clinseek.evals.runner.ray_cluster import _begin


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
        _begin(cluster)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(evaluating())
    assert not cluster.begun


def test_sigterm_does_after_a_cluster_began_what_it_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    cluster = _Cluster(interrupted=False)
    _begin(cluster)
    assert cluster.begun
    assert signal.getsignal(signal.SIGTERM) is before
