"""Which files of a download are those of MIMIC-CXR, and how its images and reports lie."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast, get_args

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store.cxr.columns import Part
from clinseek.toolkits.ehr.store.manifest import SourceFile

FILES = "files"
"""The folder of images, and of reports beside them: files/p10/p10000032/s50414267."""

REPORTS = "mimic-cxr-reports"
"""Where mimic-cxr-reports.zip is often unpacked to: a folder with another `files` in it."""

ENDINGS = (".jpg", ".dcm")
"""What an image is: MIMIC-CXR-JPG has .jpg, MIMIC-CXR .dcm."""

_NAME = re.compile(
    r"(?:mimic-cxr-\d[\d.]*-(metadata|split|chexpert|negbio)|cxr-(record-list|study-list))"
    r"\.csv(?:\.gz)?"
)
_REPORT = re.compile(r"s\d+\.txt")
_PATIENTS_LOOKED_INTO = 50


def part_of(name: str) -> Part | None:
    """What the file of this name tells; None for any other.

    >>> part_of("mimic-cxr-2.0.0-metadata.csv.gz"), part_of("cxr-study-list.csv.gz")
    ('metadata', 'study-list')
    >>> part_of("metadata.csv") is None
    True
    """
    match = _NAME.fullmatch(name.lower())
    return cast(Part, match[1] or match[2]) if match else None


@dataclass(frozen=True)
class CxrFiles:
    """The files of MIMIC-CXR, and what their folders hold.

    Images have the `ending`; `images` is the folder below which they were seen, None where none
    was. `reports` is the folder of the reports below such a folder, None where none was seen.
    """

    paths: Mapping[Part, Path]
    ending: str
    images: Path | None
    reports: str | None

    @property
    def missing(self) -> tuple[Part, ...]:
        """The parts of which there is no file."""
        return tuple(part for part in get_args(Part) if part not in self.paths)

    @property
    def layout(self) -> SourceFile:
        """How the files lie, told as a source, since the table follows from it too."""
        told = f"{self.ending} {self.reports}".encode()
        return SourceFile(name=f"cxr/{FILES}", size=0, sha256=hashlib.sha256(told).hexdigest())


def cxr_files(paths: Mapping[Part, Path]) -> CxrFiles | None:
    """What was found of MIMIC-CXR; None where that is nothing.

    Raises RawRecordError where the metadata is missing: nothing else tells when a study was made.
    """
    if not paths:
        return None
    if "metadata" not in paths:
        raise RawRecordError(
            f"{next(iter(paths.values()))} is a file of MIMIC-CXR, but there is no "
            "mimic-cxr-2.0.0-metadata.csv.gz, which alone tells when each X-ray was taken; fetch "
            "it from MIMIC-CXR-JPG and lay it beside (or name folders without MIMIC-CXR)"
        )
    roots = sorted({path.parent for path in paths.values()})
    seen = {ending: root for root in reversed(roots) for ending in _endings_below(root)}
    usual = ENDINGS[1 if "record-list" in paths else 0]
    ending = next((each for each in ENDINGS if each in seen), usual)
    reports = (
        folder
        for root in roots
        for folder in (FILES, f"{REPORTS}/{FILES}")
        if _holds_reports(root / folder)
    )
    return CxrFiles(paths, ending, seen.get(ending), next(reports, None))


def without_images(below: list[str], names: Iterable[str]) -> list[str]:
    """The folders to go on into from one with files `names`: never into those of the images."""
    if not any(part_of(name) for name in names):
        return below
    return [name for name in below if name not in (FILES, REPORTS)]


def _endings_below(root: Path) -> Iterator[str]:
    """The endings of the first images below a folder."""
    for patient in islice(_patients(root / FILES), _PATIENTS_LOOKED_INTO):
        for study in _folders(patient):
            found = {Path(name).suffix.lower() for name in _names(study)}
            if found.intersection(ENDINGS):
                yield from found.intersection(ENDINGS)
                return


def _holds_reports(files: Path) -> bool:
    return any(
        _REPORT.fullmatch(name)
        for patient in islice(_patients(files), _PATIENTS_LOOKED_INTO)
        for name in _names(patient)
    )


def _patients(files: Path) -> Iterator[Path]:
    """files/p10/p10000032 and the others, in order."""
    for group in _folders(files):
        yield from _folders(group)


def _folders(folder: Path) -> Iterator[Path]:
    for name in _names(folder):
        if _names(folder / name):
            yield folder / name


def _names(folder: Path) -> list[str]:
    """What lies in a folder; nothing where there is none, or none that may be read."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
