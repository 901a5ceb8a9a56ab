"""Images and reports of rows, laid where the published benchmark has them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from clinseek.evals.benchmarks.multimodal.items import Film, Item

_REPORT_FOLDERS = ("mimic-cxr-reports/files", "files")
_ENDINGS = (".jpg", ".dcm")


class Assets(NamedTuple):
    """Where the files lie: images by DICOM id, reports by study; and where missing ones would."""

    images: dict[str, Path]
    reports: dict[int, Path]
    missing_images: list[str]
    missing_reports: list[str]

    def complete(self, item: Item) -> bool:
        """Whether every image of a row is there."""
        return all(film.dicom_id in self.images for film in item.films)

    def placed(self, item: Item) -> Item:
        """A complete row with its images under the endings that they have here."""
        films = (
            film._replace(
                image_path=str(
                    PurePosixPath(film.image_path).with_suffix(self.images[film.dicom_id].suffix)
                )
            )
            for film in item.films
        )
        return replace(item, films=tuple(films))


def look_for(items: Sequence[Item], roots: Sequence[Path]) -> Assets:
    """Look below the folders of MIMIC-CXR for every image and report of the rows."""
    found = Assets({}, {}, [], [])
    for film in _each(items):
        image = _existing(roots, _image_paths(film))
        if image is None:
            found.missing_images.append(film.laid_image)
        else:
            found.images[film.dicom_id] = image
    studies = {film.study_id: film for item in items if item.has_reports for film in item.films}
    for study_id, film in studies.items():
        report = _existing(roots, _report_paths(film))
        if report is None:
            found.missing_reports.append(film.laid_report)
        else:
            found.reports[study_id] = report
    return found


def lay_out(items: Iterable[Item], assets: Assets, folder: Path) -> None:
    """Lay the files of the rows below `folder`: the same file where the disk allows, else a copy.

    OSError where it cannot be written.
    """
    kept = list(items)
    for film in _each(kept):
        _lay(assets.images[film.dicom_id], folder / film.laid_image)
    for film in _each(item for item in kept if item.has_reports):
        if film.study_id in assets.reports:
            _lay(assets.reports[film.study_id], folder / film.laid_report)


def _each(items: Iterable[Item]) -> Iterator[Film]:
    """Every film of the rows once."""
    yield from {film.dicom_id: film for item in items for film in item.films}.values()


def _image_paths(film: Film) -> Iterator[str]:
    """Where the store says that the image lies, with either ending: a JPEG or a DICOM download."""
    told = PurePosixPath(film.image_path)
    for ending in dict.fromkeys((told.suffix, *_ENDINGS)):
        yield str(told.with_suffix(ending))


def _report_paths(film: Film) -> Iterator[str]:
    if film.report_path:
        yield film.report_path
    yield from (f"{folder}/{film.study_place}.txt" for folder in _REPORT_FOLDERS)


def _existing(roots: Sequence[Path], paths: Iterable[str]) -> Path | None:
    places = (root / path for path in paths for root in roots)
    return next((place for place in places if place.is_file()), None)


def _lay(source: Path, place: Path) -> None:
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    real = source.resolve()
    try:
        os.link(real, place)
    except OSError:
        shutil.copyfile(real, place)
