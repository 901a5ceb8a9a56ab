"""`--approve web`: the person at the terminal looks at what is about to leave."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clinseek.cli.output import say
from clinseek.errors import SettingError

_CHUNK = 4096
_HOW = "Enter sends it, n refuses it, other words are sent in its place:"


@dataclass
class Person:
    """Answers line by line from a file descriptor; `thread` is what is gone on with without one.

    Read from the raw descriptor: a thread inside Python's buffered stdin would crash the exit.
    """

    thread: str
    reads: int = 0
    _rest: bytes = field(default=b"", repr=False)

    def __call__(self, shown: Mapping[str, Any]) -> str:
        """Show one call and wait for the answer to it; SettingError where nobody is there."""
        arguments = " ".join(f"{name}={value!r}" for name, value in shown["arguments"].items())
        to = f" (to {shown['address']})" if shown.get("address") else ""
        say(f"about to leave: {shown['tool']} {arguments}{to}")
        say(_HOW)
        return self._line()

    def _line(self) -> str:
        while b"\n" not in self._rest:
            chunk = os.read(self.reads, _CHUNK)
            if not chunk:
                raise SettingError(
                    "--approve web: nobody answered, since stdin has ended; the run waits, go on "
                    f"with: clinseek resume {self.thread}"
                )
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace").strip()
