"""Work that blocks, awaited: one thread for each piece of work.

The event loop's own pool has a handful of threads (6 on two cores) and would hold up two hundred
runs side by side; here the number is bounded by the gate before the model and nothing else. The
threads are daemons: a request that still waits for its answer does not keep the process alive.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T], *, name: str) -> T:
    """What `work` returns or raises, run in a thread called `name` with this task's context.

    Cancelled, the task goes on at once; the thread ends when `work` does, its result dropped.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            settle = partial(_settle, future, result=work())
        except BaseException as error:  # all of it belongs to who waits
            settle = partial(_settle, future, error=error)
        try:
            loop.call_soon_threadsafe(settle)
        except RuntimeError:
            return  # the loop was closed meanwhile: nobody waits any more

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name=name, daemon=True).start()
    return await future


def _settle(
    future: asyncio.Future[T], result: T | None = None, error: BaseException | None = None
) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]
