"""Processes that share long work: they hold nothing of this one, and end with it at once."""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Protocol, TypeVar

from clinseek.errors import SettingError
from clinseek.scratch import scratch_folder

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


class Workers(Protocol):
    """Does the same for each of many, in no order."""

    def __call__(
        self, work: Callable[[_Given], _Found], given: Iterable[_Given], /
    ) -> Iterator[_Found]:
        """What `work` makes of each of `given`, as it is done."""
        ...


@contextmanager
def workers(jobs: int) -> Iterator[Workers]:
    """So many processes; one job is done in this process itself.

    When the context ends early, as with Ctrl-C, they are stopped where they are, and their
    temporary files, which all lie in one folder, are removed. Raises SettingError where a process
    ends by itself, and in a script that starts processes as it is imported by one of them.
    """
    if jobs <= 1:
        yield map
        return
    _refuse_while_importing()
    with scratch_folder("clinseek-jobs-") as folder:
        pool = ProcessPoolExecutor(
            jobs, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(str(folder),)
        )
        others = set(multiprocessing.active_children())
        ended_well = False
        try:
            with _ctrl_c_held_back():  # they inherit it for good: this process alone is stopped
                pool.submit(int)
            yield _in_pool(pool)
            ended_well = True
        except BrokenProcessPool as error:
            raise SettingError(
                "a process ended before its work did: for want of memory (fewer jobs need less), "
                "or because a script asks for several jobs outside of "
                "`if __name__ == '__main__':`"
            ) from error
        finally:
            if not ended_well:
                for process in set(multiprocessing.active_children()) - others:
                    process.terminate()
            _shut(pool)


def _in_pool(pool: ProcessPoolExecutor) -> Workers:
    def each(work: Callable[[_Given], _Found], given: Iterable[_Given], /) -> Iterator[_Found]:
        for future in as_completed([_submitted(pool, work, one) for one in given]):
            yield future.result()

    return each


def _submitted(
    pool: ProcessPoolExecutor, work: Callable[[_Given], _Found], one: _Given
) -> Future[_Found]:
    try:
        return pool.submit(work, one)
    except OSError as error:  # a pool that breaks at this moment closes its pipe under the call
        raise BrokenProcessPool("the pool was closing") from error


def _shut(pool: ProcessPoolExecutor) -> None:
    try:
        pool.shutdown(cancel_futures=True)
    except OSError:  # the same: it is closed by now, and is waited for
        pool.shutdown(cancel_futures=True)


def _begin(folder: str) -> None:
    """In each process: its temporary files lie under `folder`."""
    tempfile.tempdir = folder


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _refuse_while_importing() -> None:
    """A spawned process imports the script that began it; without a guard that begins again."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SettingError(
            "with jobs=2 or more processes are started, and each of them imports the script that "
            "asks for them: put the call under `if __name__ == '__main__':`, or give jobs=1"
        )
