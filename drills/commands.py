"""Real command lines in processes of their own, to be killed: libraries are imported once.

    with Commands(place / "said") as commands:
        begun = commands.begin(["ingest", "raw", "--out", "store"])
        begun.kill(after=0.3)        # or begun.ended() to let it come to its end

A server process imports the libraries and forks for each command, so that a kill falls into the
work and not into imports, and two hundred of them cost minutes. The fork runs
`clinseek.cli.main.main`, as the `clinseek` command does, with the signals as a shell has them.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

HEAVY = (
    "duckdb", "numpy", "pyarrow.parquet", "adbc_driver_sqlite", "rapidfuzz", "httpx",
    "aiosqlite", "langchain_openai", "langgraph.checkpoint.sqlite.aio", "clinseek.api",
    "clinseek.cli.main", "clinseek.evals.runner", "clinseek.evals.runner.evaluation",
    "clinseek.evals.scorers", "clinseek.toolkits.ehr.store", "clinseek.toolkits.ehr.tools",
    "clinseek.toolkits.ehr.candidates", "clinseek.training.exporting.export",
    "clinseek.training.filters.filtering",
)  # fmt: skip
"""What commands import late; imported ahead, kills fall into the work."""


class Bound(NamedTuple):
    """What a command has less of: the largest file and memory in bytes, seconds its clock is off.

    The clock is that of `time.time` and `time.time_ns`, which number the steps of a run.
    """

    file_bytes: int | None = None
    memory_bytes: int | None = None
    clock_off: float = 0.0


class Ended(NamedTuple):
    """How a command ended: its exit code (-9 where it was killed), seconds, and its words."""

    code: int
    seconds: float
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.code == -signal.SIGKILL


@dataclass
class Begun:
    """A command that runs."""

    pid: int
    commands: Commands
    out: Path
    err: Path
    began: float

    def send(self, number: int) -> None:
        """Send a signal; nothing where the command has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self, *, after: float) -> Ended:
        """SIGKILL it after so many seconds; how it ended, which may have been before."""
        time.sleep(after)
        self.send(signal.SIGKILL)
        return self.ended()

    def ended(self) -> Ended:
        """Wait for its end."""
        code = self.commands.code_of_last()
        seconds = time.monotonic() - self.began
        return Ended(code, seconds, self.out.read_text(), self.err.read_text(errors="replace"))


class Commands:
    """One command at a time, each in a process forked from a server that imported everything."""

    def __init__(
        self, said: Path, *, typed_in: Path | None = None, imports: Sequence[str] = ()
    ) -> None:
        """Begin the server; `imports` are modules that it imports beside those of most commands.

        Commands are typed in the folder `typed_in`, by default that of this process.
        """
        said.mkdir(parents=True, exist_ok=True)
        self._said, self._typed_in, self._count = said.absolute(), typed_in, 0
        # A drill's own process has imported most already, and done nothing else before its first.
        fresh = multiprocessing.parent_process() is None or imports
        spawned, forked = multiprocessing.get_context("spawn"), multiprocessing.get_context("fork")
        processes = spawned if fresh else forked
        self._orders, theirs = processes.Pipe()
        self._server = processes.Process(
            target=_serve, args=(theirs, self._orders, (*HEAVY, *imports))
        )
        self._server.start()
        theirs.close()
        self._heard()

    def begin(
        self,
        words: Sequence[object],
        environment: Mapping[str, str] | None = None,
        *,
        bound: Bound | None = None,
    ) -> Begun:
        """Begin `clinseek WORDS`."""
        self._count += 1
        out, err = (self._said / f"{self._count}.{kind}" for kind in ("out", "err"))
        order = {
            "words": [str(word) for word in words],
            "environment": dict(environment or {}),
            "folder": str(self._typed_in or Path.cwd()),
            "out": str(out),
            "err": str(err),
            "bound": (bound or Bound())._asdict(),
        }
        self._orders.send(order)
        return Begun(self._heard(), self, out, err, time.monotonic())

    def run(
        self,
        words: Sequence[object],
        environment: Mapping[str, str] | None = None,
        *,
        bound: Bound | None = None,
    ) -> Ended:
        """Run `clinseek WORDS` to its end."""
        return self.begin(words, environment, bound=bound).ended()

    def code_of_last(self) -> int:
        """Wait for the command that runs."""
        return self._heard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._orders.close()
        self._server.join(60)

    def _heard(self) -> int:
        try:
            number: int = self._orders.recv()
        except EOFError:
            raise RuntimeError("the server of commands has died") from None
        return number


def _serve(orders: Connection, others: Connection, imports: Sequence[str]) -> None:
    """Fork for each order: its process number, and then how it ended. `others` is the far end."""
    others.close()
    for name in imports:
        import_module(name)
    orders.send(0)
    while True:
        try:
            order = orders.recv()
        except EOFError:
            return
        begins, began = os.pipe()
        pid = os.fork()
        if pid == 0:
            _become(order, began)
        os.close(began)
        os.read(begins, 1)  # nothing is sent to a command before it is one
        os.close(begins)
        orders.send(pid)
        _, status = os.waitpid(pid, 0)
        orders.send(os.waitstatus_to_exitcode(status))


def _become(order: dict[str, object], began: int) -> None:
    """Be the command, as its own process would be; never returns."""
    from clinseek.cli.main import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    weakref.finalize._registry.clear()  # type: ignore[attr-defined]  # those of the drill's folders
    code = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(str(order[name]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, number)
            os.close(file)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        words, environment = order["words"], order["environment"]
        assert isinstance(words, list)
        assert isinstance(environment, dict)
        os.environ.update(environment)
        os.chdir(str(order["folder"]))
        _bind(Bound(**order["bound"]))  # type: ignore[arg-type]  # our own words
        sys.argv = ["clinseek", *words]
        os.close(began)
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        _end_as_a_process_does()
        os._exit(code)


def _end_as_a_process_does() -> None:
    """Wait for threads and do what was kept for the end: a stop takes that long, too."""
    with suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]  # what the interpreter calls at its end
    with suppress(BaseException):
        atexit._run_exitfuncs()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()


def _bind(bound: Bound) -> None:
    for limit, most in (
        (resource.RLIMIT_FSIZE, bound.file_bytes),
        (resource.RLIMIT_AS, bound.memory_bytes),
    ):
        if most is not None:
            resource.setrlimit(limit, (most, most))
    if bound.clock_off:
        true, true_ns, off = time.time, time.time_ns, bound.clock_off
        time.time = lambda: true() + off
        time.time_ns = lambda: true_ns() + int(off * 1e9)
