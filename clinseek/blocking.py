"""Awaiting from code that does not await, inside a loop or outside of one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def blocking(wanted: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What `wanted` gives. Inside a loop (a notebook) it runs in a loop and thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(wanted())
    with ThreadPoolExecutor(1) as own:
        return own.submit(lambda: asyncio.run(wanted())).result()
