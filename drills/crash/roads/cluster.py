"""`eval --executor ray`, on a cluster of this machine that begins and ends with the command."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import shutil
import tempfile
from pathlib import Path

from drills.crash.roads.road import Road
from drills.crash.roads.seeking import Evaluation
from drills.host import MARK
from drills.records import turns_stored


class OnRay(Evaluation):
    """The steps of a run lie in a file of its own, and so does a record that is not yet kept."""

    executor = "ray"

    def __post_init__(self) -> None:
        """Ray's sockets need a short path, and its files are not ours to count."""
        super().__post_init__()
        self.environment["RAY_TMPDIR"] = _short_folder()

    def stored(self) -> dict[str, int]:
        """The turns of every file."""
        files = sorted((self.run / "work").glob("*.sqlite"))
        return {mark: n for file in files for mark, n in turns_stored(file, MARK).items()}

    def threads(self) -> Path:
        """There is no file of all."""
        return self.run / "threads.sqlite"


@functools.cache
def _short_folder() -> str:
    folder = tempfile.mkdtemp(prefix="dr", dir="/tmp")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _no_ray() -> str | None:
    return None if importlib.util.find_spec("ray") else "Ray is not installed (extra ray)"


ROADS = (Road("eval, on Ray", OnRay, least="full", gap=_no_ray),)
