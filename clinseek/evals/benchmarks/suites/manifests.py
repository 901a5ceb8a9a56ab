"""Finding and reading the manifests of a published suite, object by object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.rows.reading import placed_objects

_DEPTH = 3


class PublishedObject(NamedTuple):
    """One object of a manifest, and where it stands: "mm_bench.jsonl, line 3"."""

    at: str
    held: dict[str, Any]


def manifests_in(source: Path, patterns: Sequence[str]) -> list[Path]:
    """The manifest files under `source`, or `source` itself where it is one.

    Looks three folders deep; of each pattern the matches that lie highest. SettingError where
    there is none.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise SettingError(f"--from {source}: there is no such folder or file")
    files = sorted(_files(source, _DEPTH), key=lambda path: (len(path.parts), path))
    found = [
        next((path for path in files if fnmatch(path.name, pattern)), None) for pattern in patterns
    ]
    kept = list(dict.fromkeys(path for path in found if path is not None))
    if not kept:
        raise SettingError(
            f"--from {source}: no manifest lies there (looked for {', '.join(patterns)}, "
            f"{_DEPTH} folders deep)"
        )
    return kept


def objects_of(file: Path) -> Iterator[PublishedObject]:
    """The objects of a manifest, a JSON list or JSONL; SettingError names what is broken."""
    for where, value in placed_objects(file):
        if not isinstance(value, dict):
            raise SettingError(f"{file}, {where}: a row of a manifest is a JSON object")
        yield PublishedObject(f"{file}, {where}", value)


def _files(folder: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path
        elif path.is_dir() and depth > 1 and not path.name.startswith("."):
            yield from _files(path, depth - 1)
