"""Where the files of EHRXQA, MedMod and MIMIC-CXR lie, and which of them are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from clinseek.errors import SettingError

Source = Literal["ehrxqa", "medmod"]
SOURCES: tuple[Source, ...] = get_args(Source)
Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
ListedTask = Literal["decompensation", "in-hospital-mortality", "phenotyping"]
"""The tasks of MedMod that have lists of instances, by the names of their folders."""
LISTED: tuple[ListedTask, ...] = get_args(ListedTask)

_LISTS: Mapping[Split, tuple[str, ...]] = {
    "train": ("train_listfile.csv",),
    "valid": ("val_listfile.csv", "validate_listfile.csv", "valid_listfile.csv"),
    "test": ("test_listfile.csv", "test/listfile.csv"),
}
"""MedMod's own name first. `train/listfile.csv` holds validation too, so it is none of them."""
_ABOVE = ("", "*/", "*/*/")
"""How deep a release may lie below the folder that was named."""
_OF_IMAGES = ("files", "mimic-cxr-reports")


class Ehrxqa(NamedTuple):
    """The questions of each split, and the tables that say which image each study is asked by."""

    questions: Mapping[Split, Path]
    films: Sequence[Path]


class Medmod(NamedTuple):
    """The instances of each task and split, and the ICU stays that they are of."""

    lists: Mapping[tuple[ListedTask, Split], Path]
    stays: Path


@dataclass(frozen=True)
class Sources:
    """What was found. `images` are the folders that hold `files` or `mimic-cxr-reports`."""

    ehrxqa: Ehrxqa | None
    medmod: Medmod | None
    images: Sequence[Path]

    @property
    def at_hand(self) -> frozenset[Source]:
        """The sources of questions and instances that there are."""
        held: Mapping[Source, object] = {"ehrxqa": self.ehrxqa, "medmod": self.medmod}
        return frozenset(source for source, found in held.items() if found is not None)


def sources_of(
    *,
    ehrxqa: Path | None,
    medmod: Path | None,
    cxr: Sequence[Path],
    splits: Mapping[Source, Sequence[Split]],
) -> Sources:
    """Find every file that a rebuild of these splits needs, up to two folders below those named.

    SettingError names all that is not there, in one sentence.
    """
    if ehrxqa is None and medmod is None:
        raise SettingError("name --ehrxqa, --medmod or both: rows are rebuilt from them")
    named = {"--ehrxqa": ehrxqa, "--medmod": medmod}
    given = [(option, folder) for option, folder in named.items() if folder is not None]
    for option, folder in (*given, *(("--cxr", folder) for folder in cxr)):
        if not folder.is_dir():
            raise SettingError(f"{option} {folder}: there is no such folder")
    missing: list[str] = []
    questions = None if ehrxqa is None else _ehrxqa(ehrxqa, splits["ehrxqa"], missing)
    lists = None if medmod is None else _medmod(medmod, splits["medmod"], missing)
    images = [root for folder in cxr for root in _image_roots(folder)]
    if not images:
        told = ", ".join(map(str, cxr)) or "(none was named)"
        missing.append(f"files/p10/... of MIMIC-CXR-JPG below --cxr {told}")
    if missing:
        raise SettingError(f"not there: {'; '.join(missing)}. Formats: docs/data.md")
    return Sources(questions, lists, images)


def _ehrxqa(folder: Path, splits: Sequence[Split], missing: list[str]) -> Ehrxqa:
    found = {
        split: _first(folder, (f"dataset/{split}.json", f"dataset/*/{split}.json"))
        for split in splits
    }
    films = list(_all(folder, ("database/*/tb_cxr.csv", "database/*/*/tb_cxr.csv")))
    wanted = [f"dataset/{split}.json" for split, file in found.items() if file is None]
    wanted += [] if films else ["database/*/tb_cxr.csv"]
    missing += [f"{name} of EHRXQA 1.0.0 below --ehrxqa {folder}" for name in wanted]
    return Ehrxqa({split: file for split, file in found.items() if file}, films)


def _medmod(folder: Path, splits: Sequence[Split], missing: list[str]) -> Medmod:
    lists: dict[tuple[ListedTask, Split], Path] = {}
    for task in LISTED:
        for split in splits:
            file = _first(folder, [f"{task}/{name}" for name in _LISTS[split]])
            if file is not None:
                lists[task, split] = file
            else:
                missing.append(f"{task}/{_LISTS[split][0]} of MedMod below --medmod {folder}")
    stays = _first(folder, ("root/all_stays.csv", "all_stays.csv"))
    if stays is None:
        missing.append(f"root/all_stays.csv of MedMod below --medmod {folder}")
    return Medmod(lists, stays or folder)


def _image_roots(folder: Path) -> Iterator[Path]:
    """The folder itself or those below it, where images or reports lie."""
    for above in _ABOVE:
        places = [folder] if not above else sorted(folder.glob(above.removesuffix("/")))
        found = [place for place in places if any((place / name).is_dir() for name in _OF_IMAGES)]
        if found:
            yield from found
            return


def _first(folder: Path, patterns: Iterable[str]) -> Path | None:
    return next(_all(folder, patterns), None)


def _all(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    """Files that match, the highest first, of those the earlier pattern first; gzipped as well."""
    named = list(patterns)
    for above in _ABOVE:
        for pattern in named:
            for ending in ("", ".gz"):
                found = sorted(folder.glob(f"{above}{pattern}{ending}"))
                yield from (path for path in found if path.is_file())
