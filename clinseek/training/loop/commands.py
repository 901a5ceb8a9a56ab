"""The loop's commands: each one of clinseek's own, in a process of its own, with a log of its own.

What has ended is noted in DIR/done and is not done again; so the loop goes on where it was stopped.
"""

from __future__ import annotations

import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.training.loop.commit import commit_now
from clinseek.whole_file import whole_file

Tell = Callable[[str], None]
_A_WORD_EVERY = 30.0
_LOOK_EVERY = 0.2
_SHOWN = 12
_LINE = 100


@dataclass(frozen=True)
class Command:
    """A command of clinseek: its name in the loop, its words, and what a killed one leaves.

    `follows` is the file whose last line tells how far it is; None: its own log.
    """

    name: str
    words: tuple[str, ...]
    leaves: tuple[Path, ...] = ()
    follows: Path | None = None

    @property
    def line(self) -> str:
        """As it is typed."""
        return shlex.join(("clinseek", *self.words))


@dataclass(frozen=True)
class Stages:
    """Runs what has not ended yet, in the folder `out`; `tell` hears of all of it."""

    out: Path
    tell: Tell

    def has_ended(self, name: str) -> bool:
        """Whether a stage ended in an earlier call, or in this one."""
        return self._mark(name).is_file()

    def run(self, commands: Sequence[Command]) -> None:
        """Run the commands side by side; SettingError, with the end of its log, where one fails."""
        open_ = [each for each in commands if not self.has_ended(each.name)]
        commit = commit_now() if open_ else ""
        running = [(each, self._begin(each), time.monotonic()) for each in open_]
        try:
            self._wait(running, commit)
        finally:
            for _, process, _ in running:
                if process.poll() is None:
                    process.terminate()
                    process.wait()

    @contextmanager
    def stage(self, name: str, *, leaves: Sequence[Path] = ()) -> Iterator[bool]:
        """A stage of this process: the block does it where it is given True."""
        if self.has_ended(name):
            yield False
            return
        _remove(leaves)
        self.tell(name)
        commit, began, before = commit_now(), time.monotonic(), time.process_time()
        yield True
        self._note(name, {
            "seconds": time.monotonic() - began, "cpu": time.process_time() - before,
            "commit": commit,
        })  # fmt: skip

    def took(self) -> dict[str, dict[str, Any]]:
        """What each stage took so far: seconds, and seconds of the processor; with the commit of
        the code when it began.
        """
        marks = sorted((self.out / "done").glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        return {file.stem: json.loads(file.read_bytes()) for file in marks}

    def _begin(self, command: Command) -> subprocess.Popen[bytes]:
        _remove(command.leaves)
        self.tell(f"{command.name}: {command.line}")
        log = self._log(command.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        with log.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "clinseek", *command.words],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _wait(
        self, running: list[tuple[Command, subprocess.Popen[bytes], float]], commit: str
    ) -> None:
        said = time.monotonic()
        while running:
            time.sleep(_LOOK_EVERY)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            for each in list(running):
                command, process, began = each
                if process.poll() is None:
                    continue
                running.remove(each)
                self._check(command, process.returncode)
                now = resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
                self._note(command.name, {
                    "seconds": time.monotonic() - began, "cpu": cpu, "command": command.line,
                    "commit": commit,
                })  # fmt: skip
                used = now
            if time.monotonic() - said > _A_WORD_EVERY:
                said = time.monotonic()
                for command, _, _ in running:
                    self.tell(f"{command.name}: {self._how_far(command)}")

    def _check(self, command: Command, code: int) -> None:
        if code == 0:
            return
        lines = self._log(command.name).read_text(errors="replace").strip().splitlines()
        raise SettingError(
            f"{command.line} ended with {code}: {' / '.join(lines[-_SHOWN:])}; "
            f"{self._log(command.name)} has all of it"
        )

    def _how_far(self, command: Command) -> str:
        """The last line of what tells; of a log its end, since a model's name may come first."""
        follows = command.follows is not None and command.follows.is_file()
        file = command.follows if follows and command.follows else self._log(command.name)
        lines = file.read_text(errors="replace").strip().splitlines()
        if not lines:
            return "begun"
        return lines[-1][:_LINE] if follows else lines[-1][-_LINE:]

    def _log(self, name: str) -> Path:
        return self.out / "logs" / f"{name}.log"

    def _mark(self, name: str) -> Path:
        return self.out / "done" / f"{name}.json"

    def _note(self, name: str, took: Mapping[str, Any]) -> None:
        self._mark(name).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(self._mark(name)) as made:
            made.write_text(json.dumps(took) + "\n")
        self.tell(f"{name}: {took['seconds']:.0f} s ({took['cpu']:.0f} s of the processor)")


def _remove(leftovers: Sequence[Path]) -> None:
    for each in leftovers:
        shutil.rmtree(each, ignore_errors=True)
