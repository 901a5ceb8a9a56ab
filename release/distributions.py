"""A commit's wheel and sdist, built as they would be given out, and what must lie in them."""

from __future__ import annotations

import fnmatch
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

PACKAGE = "clinseek"
PROMISED = (
    "clinseek/py.typed",
    "clinseek/prompts/*.md",
    "clinseek/models/prices.toml",
    "clinseek/evals/viewer/viewer.js",
    "clinseek/evals/report/*.css",
    "clinseek/training/*/*.css",
    "clinseek/evals/benchmarks/paper/*.csv",
    "clinseek/toolkits/browser/demo/*.md",
    "*.dist-info/licenses/LICENSE",
)
"""What a user would miss first; everything else that is tracked is asked for by name too."""
NEVER = ("*.csv.gz", "*.parquet", "*.sqlite*", "*.jsonl", "*.safetensors", ".env", "*.pyc")
"""Records, weights, keys and caches have no place in what is given out."""
MOST_BYTES = 4 * 1024**2


class Distributions(NamedTuple):
    """What was built."""

    wheel: Path
    sdist: Path


def source_of(commit: str, repository: Path, folder: Path) -> Path:
    """The tree of a commit, without anything that only lies in the working folder."""
    folder.mkdir(parents=True)
    packed = folder.with_suffix(".tar")
    order = ["git", "archive", "--format=tar", f"--output={packed}", commit]
    subprocess.run(order, cwd=repository, check=True)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    packed.unlink()
    return folder


def built(python: Path, source: Path, out: Path) -> Distributions:
    """The sdist of a tree, and the wheel made of that sdist.

    Raises CalledProcessError where either cannot be built.
    """
    order = [str(python), "-m", "build", "--outdir", str(out), str(source)]
    subprocess.run(order, check=True, capture_output=True, text=True)
    return Distributions(next(out.glob("*.whl")), next(out.glob("*.tar.gz")))


def tracked_in(source: Path) -> list[str]:
    """The files of the package, as a wheel names them."""
    return sorted(
        file.relative_to(source).as_posix()
        for file in (source / PACKAGE).rglob("*")
        if file.is_file()
    )


def faults_of_wheel(wheel: Path, tracked: Sequence[str]) -> list[str]:
    """What is missing from a wheel, and what has no place in it."""
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    heavy = wheel.stat().st_size
    return [
        *faults_in(names, tracked),
        *([f"{heavy:,} bytes, at most {MOST_BYTES:,}"] if heavy > MOST_BYTES else []),
    ]


def faults_in(names: Iterable[str], tracked: Iterable[str]) -> list[str]:
    """The same of a list of names.

    >>> faults_in(["clinseek/a.py", "tests/test_a.py"], ["clinseek/a.py", "clinseek/b.md"])[-2:]
    ['clinseek/b.md is not in it', 'tests/test_a.py is in it']
    """
    held, wanted = set(names), set(tracked)
    promised = [
        f"nothing like {pattern} is in it"
        for pattern in PROMISED
        if not any(fnmatch.fnmatch(name, pattern) for name in held)
    ]
    lost = [f"{name} is not in it" for name in sorted(wanted - held)]
    foreign = [f"{name} is in it" for name in sorted(held - wanted) if not _of_metadata(name)]
    refused = [f"{name} is in it" for name in sorted(held & wanted) if _never(name)]
    return [*promised, *lost, *foreign, *refused]


def _of_metadata(name: str) -> bool:
    return PurePosixPath(name).parts[0].endswith(".dist-info")


def _never(name: str) -> bool:
    return any(fnmatch.fnmatch(PurePosixPath(name).name, pattern) for pattern in NEVER)
