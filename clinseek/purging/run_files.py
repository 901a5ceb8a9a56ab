"""Which files of a run folder a run made. What lies beside them is somebody's own, and stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, get_args

from clinseek.errors import SettingError
from clinseek.evals.runner.ray_cluster import WORK
from clinseek.evals.runner.run_folder import (
    RECORDS_FILE,
    ROWS_FILE,
    RUN_FILE,
    RunFolder,
    run_folders,
)
from clinseek.evals.scorers.row_score import ScorerName
from clinseek.evals.scorers.score_files import SUMMARY, TOOL_USE
from clinseek.evals.scorers.verdict_file import FILE as VERDICTS
from clinseek.toolkits.ehr.store.manifest import MANIFEST, PROGRESS

THREADS, LOCK = "threads.sqlite", ".lock"
_DATABASE = r"\.sqlite(-wal|-shm|-journal)?"
_LAST = (ROWS_FILE, RUN_FILE, LOCK)
"""By these the rest is found: a purge that is stopped goes on while they are there."""
_SCORES = (*(f"{scorer}.jsonl" for scorer in get_args(ScorerName)), SUMMARY, TOOL_USE)
_SHARDS, _SHARD = "shards", re.compile(r"[0-9]+-of-[0-9]+")
_FEW = 5


def _whole(*names: str) -> str:
    """Files of these names, and what a writer that was killed left beside them."""
    either = "|".join(re.escape(name) for name in names)
    return rf"{either}|\.({either})\.making"


_MADE = {
    (): re.compile(rf"{_whole(RECORDS_FILE, *_LAST)}|threads{_DATABASE}"),
    ("scores",): re.compile(_whole(*_SCORES)),
    ("scores", VERDICTS.parent.name): re.compile(re.escape(VERDICTS.name)),
    (WORK,): re.compile(rf"eval-[0-9a-f]+-[0-9a-f]+-[0-9]+({_DATABASE}|\.json|\.[0-9]+\.making)"),
}
"""What a run calls its files, by the folder inside its own."""


class RunFiles(NamedTuple):
    """The files of a run folder that runs made, and what else lies there: files, links, folders."""

    made: tuple[Path, ...]
    others: tuple[Path, ...]

    def below(self, *folders: Path) -> list[Path]:
        """Those that were made and lie in one of these folders, or are one of these files."""
        return [file for file in self.made if any(file.is_relative_to(each) for each in folders)]


def run_files(place: Path) -> RunFiles:
    """What lies in a run folder, shards too; no link is followed.

    In the order in which it can be removed: what tells of the rest comes last.
    """
    made: list[Path] = []
    others: list[Path] = []
    for each in sorted(place.iterdir()):
        inside = each.is_dir() and not each.is_symlink()
        if inside and each.name == _SHARDS:
            _look_at_shards(each, made, others)
        elif inside and (each.name,) in _MADE:
            _look(each, (each.name,), made, others)
        else:
            (made if _is_made(each, ()) else others).append(each)
    made.sort(key=lambda file: _LAST.index(file.name) if file.name in _LAST else -1)
    return RunFiles(tuple(made), tuple(others))


def _look_at_shards(folder: Path, made: list[Path], others: list[Path]) -> None:
    for each in sorted(folder.iterdir()):
        if _SHARD.fullmatch(each.name) and each.is_dir() and not each.is_symlink():
            shard = run_files(each)
            made += shard.made
            others += shard.others
        else:
            others.append(each)


def _look(folder: Path, within: tuple[str, ...], made: list[Path], others: list[Path]) -> None:
    for each in sorted(folder.iterdir()):
        deeper = (*within, each.name)
        if each.is_dir() and not each.is_symlink() and deeper in _MADE:
            _look(each, deeper, made, others)
        else:
            (made if _is_made(each, within) else others).append(each)


def _is_made(file: Path, within: tuple[str, ...]) -> bool:
    return not file.is_symlink() and file.is_file() and bool(_MADE[within].fullmatch(file.name))


def remove_files(place: Path, files: Sequence[Path]) -> None:
    """Remove files below a folder, then the folders that are empty, `place` itself among them."""
    for file in files:
        file.unlink(missing_ok=True)
    parents = {folder for file in files for folder in file.parents}
    emptied = {folder for folder in parents if folder.is_relative_to(place)}
    for folder in sorted({place, *emptied}, key=lambda each: len(each.parts), reverse=True):
        with suppress(OSError):  # somebody's own files are in it
            folder.rmdir()


def run_at(place: Path) -> list[RunFolder]:
    """The run folder at `place`, with its shards; SettingError where `place` itself is none."""
    found = list(_runs_at(place))
    if not found:
        raise SettingError(f"{place}: no run folder (it holds no {RUN_FILE}){_inside(place)}")
    for name in (MANIFEST, PROGRESS):
        if (place / name).exists():
            raise SettingError(
                f"{place} holds {name}: it is a store as well as a run folder; nothing was "
                "removed. Stores stay: move one of the two to a folder of its own"
            )
    return found


def _runs_at(place: Path) -> Iterator[RunFolder]:
    if (place / RUN_FILE).is_file():
        yield RunFolder(place)
    for shard in sorted((place / _SHARDS).glob(f"*/{RUN_FILE}")):
        if _SHARD.fullmatch(shard.parent.name) and not shard.parent.is_symlink():
            yield RunFolder(shard.parent)


def _inside(place: Path) -> str:
    inside = [str(each.path) for each in run_folders(place)]
    if not inside:
        return "; clinseek eval makes one with --out"
    more = ", ..." if len(inside) > _FEW else ""
    return f"; name one of those in it: {', '.join(inside[:_FEW])}{more}"
