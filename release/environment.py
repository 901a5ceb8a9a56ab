"""One fresh virtual environment, and what is typed in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

TOLD_LINES = 12
SECONDS = 1800
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
"""What would let something else than the environment be imported."""


class Ended(NamedTuple):
    """How a command ended."""

    line: str
    code: int
    seconds: float
    said: str

    @property
    def fault(self) -> str | None:
        """The last lines of what it said, where it did not end with 0."""
        if self.code == 0:
            return None
        last = "\n".join(self.said.strip().splitlines()[-TOLD_LINES:])
        return f"`{self.line}` ended with {self.code}\n{last}"


class Environment:
    """A virtual environment with pip, and a folder to work in that is not the repository."""

    def __init__(self, folder: Path, workplace: Path) -> None:
        """Make both; a folder that is there is replaced."""
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        workplace.mkdir(parents=True, exist_ok=True)
        self.bin = folder / "bin"
        self.workplace = workplace

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.bin / "python"

    def installed(self, *what: str, constraints: Path | None = None) -> Ended:
        """Install by pip, with nothing from a cache of built wheels but what pip itself keeps."""
        bounds = ["--constraint", str(constraints)] if constraints else []
        return self.ran(["python", "-m", "pip", "install", "--quiet", *what, *bounds])

    def ran(self, order: Sequence[str]) -> Ended:
        """Run one of its programs in the workplace, with none of the caller's packages in reach."""
        program = self.bin / order[0]
        line = " ".join(order)
        began = time.monotonic()
        try:
            ended = subprocess.run(
                [str(program), *order[1:]],
                cwd=self.workplace,
                env=self._surroundings(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ended(line, 124, time.monotonic() - began, f"not done after {SECONDS} s")
        except FileNotFoundError:
            return Ended(line, 127, 0.0, f"{order[0]} was not installed")
        return Ended(line, ended.returncode, time.monotonic() - began, ended.stdout)

    def megabytes(self) -> int:
        """Its room on disk."""
        files = (file for file in self.bin.parent.rglob("*") if file.is_file())
        return sum(file.lstat().st_size for file in files) // 1024**2

    def _surroundings(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        for name in [name for name in kept if name.startswith("CLINSEEK_")]:
            del kept[name]
        own = {
            "PATH": f"{self.bin}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "CLINSEEK_HOME": str(self.workplace / "home"),
            "OMP_NUM_THREADS": "1",
            "PYTHONSAFEPATH": "1",
        }
        return {**kept, **own}


def this_python() -> str:
    """The Python that environments are made of."""
    return ".".join(str(part) for part in sys.version_info[:3])
