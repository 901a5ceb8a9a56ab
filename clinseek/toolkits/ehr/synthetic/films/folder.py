"""The films of a cohort as MIMIC-CXR-JPG lays them out, and the truth by which they were drawn."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.synthetic.clocks import HOUR, date_of, text_of
from clinseek.toolkits.ehr.synthetic.films.drawing import (
    SIZE,
    Exposure,
    body_of,
    draw_film,
    jpeg_of,
)
from clinseek.toolkits.ehr.synthetic.films.labels import LABELS, labels_of
from clinseek.toolkits.ehr.synthetic.films.studies import Film, Study, View, plan_studies
from clinseek.toolkits.ehr.synthetic.films.wording import study_report
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.writer import open_gzip

DRAWN = "drawn_findings.jsonl"
"""The file, beside the published ones, that says what each study was drawn with."""

_KEYS = ("subject_id", "study_id")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "mimic-cxr-2.0.0-metadata": (
        "dicom_id",
        *_KEYS,
        "PerformedProcedureStepDescription",
        "ViewPosition",
        "Rows",
        "Columns",
        "StudyDate",
        "StudyTime",
        "ProcedureCodeSequence_CodeMeaning",
        "ViewCodeSequence_CodeMeaning",
        "PatientOrientationCodeSequence_CodeMeaning",
    ),
    "mimic-cxr-2.0.0-split": ("dicom_id", "study_id", "subject_id", "split"),
    "mimic-cxr-2.0.0-chexpert": (*_KEYS, *LABELS),
    "mimic-cxr-2.0.0-negbio": (*_KEYS, *LABELS),
}
_VIEW_CODE: dict[View, str] = {
    "AP": "antero-posterior",
    "PA": "postero-anterior",
    "LATERAL": "lateral",
}
_SPLITS = (("train", 0.8), ("validate", 0.1), ("test", 0.1))


@dataclass(frozen=True)
class FilmReport:
    """How many studies and pictures were written, and their bytes with the reports."""

    studies: int
    images: int
    bytes: int


class FilmFolder:
    """The folder of a cohort's chest films, open for writing; a context manager.

    `files` below it holds reports and pictures, with `dicom` each picture as DICOM too.
    SettingError where Pillow (or, for `dicom`, pydicom) is not installed.
    """

    def __init__(self, folder: Path, *, dicom: bool = False) -> None:
        _needed("PIL", "--images needs Pillow")
        if dicom:
            _needed("pydicom", "--dicom needs pydicom")
        self._folder, self._dicom = folder, dicom
        self._open = ExitStack()
        self._writers: dict[str, Any] = {}
        self._studies = self._images = self._bytes = 0

    def __enter__(self) -> FilmFolder:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            for name, columns in _COLUMNS.items():
                file = open_gzip(self._folder / f"{name}.csv.gz", files=self._open)
                self._writers[name] = csv.writer(file, lineterminator="\n")
                self._writers[name].writerow(columns)
            truth = (self._folder / DRAWN).open("w", encoding="utf-8")
            self._truth = self._open.enter_context(truth)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    @property
    def report(self) -> FilmReport:
        """What was written so far."""
        return FilmReport(self._studies, self._images, self._bytes)

    def write(self, desk: Desk) -> None:
        """Plan, report, label and draw the studies of a patient whose record is written."""
        patient = desk.course.patient
        body = body_of(patient, desk.stream(None, "films: body"))
        split = desk.stream(None, "films: split").weighted(_SPLITS)
        for study in plan_studies(desk):
            keys = (patient.subject_id, study.study_id)
            self._write_tables(keys, study, split)
            place = self._folder / study_place(*keys)
            place.mkdir(parents=True)
            self._write_file(place.with_suffix(".txt"), study_report(desk, study).encode())
            for film in study.films:
                stream = desk.stream(study.visit, f"exposure {film.dicom_id}")
                exposure = Exposure.draw(stream, bedside=film.view == "AP")
                picture = draw_film(body, exposure, film.view, study.findings)
                self._write_file(place / f"{film.dicom_id}.jpg", jpeg_of(picture))
                if self._dicom:
                    from clinseek.toolkits.ehr.synthetic.films.dicom import dicom_of

                    content = dicom_of(picture, keys, study, film)
                    self._write_file(place / f"{film.dicom_id}.dcm", content)
            self._studies += 1
            self._images += len(study.films)

    def _write_tables(self, keys: tuple[int, int], study: Study, split: str) -> None:
        subject_id, study_id = keys
        for film in study.films:
            self._row("metadata", (film.dicom_id, *keys, *_metadata(study, film)))
            self._row("split", (film.dicom_id, study_id, subject_id, split))
        labels = labels_of(study)
        for labeller in ("chexpert", "negbio"):
            self._row(labeller, (*keys, *(labels.get(label, "") for label in LABELS)))
        self._truth.write(json.dumps(_truth(keys, study)) + "\n")

    def _row(self, name: str, cells: Sequence[object]) -> None:
        self._writers[f"mimic-cxr-2.0.0-{name}"].writerow(cells)

    def _write_file(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        self._bytes += len(content)


def study_place(subject_id: int, study_id: int) -> Path:
    """Where the pictures of a study lie below the folder; its report beside it, as `.txt`.

    >>> study_place(10000032, 50414267).as_posix()
    'files/p10/p10000032/s50414267'
    """
    return Path("files", f"p{subject_id // 1_000_000}", f"p{subject_id}", f"s{study_id}")


def study_time(moment: int, milliseconds: int) -> str:
    """HHMMSS.fff without leading zeros, as the published metadata has it.

    >>> study_time(8 * 3600 + 5 * 60 + 3, 250)
    '80503.25'
    """
    hours, rest = divmod(moment % (24 * HOUR), HOUR)
    whole = 10_000 * hours + 100 * (rest // 60) + rest % 60
    return str(whole + milliseconds / 1000)


def _metadata(study: Study, film: Film) -> Iterator[object]:
    yield study.exam
    yield film.view
    yield from (SIZE, SIZE)
    yield date_of(study.moment).replace("-", "")
    yield study_time(study.moment, study.milliseconds)
    yield study.exam
    yield _VIEW_CODE[film.view]
    yield "Recumbent" if film.view == "AP" else "Erect"


def _truth(keys: tuple[int, int], study: Study) -> dict[str, Any]:
    place = study_place(*keys)
    visit = study.visit
    return {
        "subject_id": keys[0],
        "study_id": keys[1],
        "hadm_id": None if visit is None else visit.hadm_id,
        "time": f"{text_of(study.moment)}.{study.milliseconds:03d}",
        "in_hospital": visit is not None,
        "images": [
            {"dicom_id": film.dicom_id, "view": film.view,
             "path": (place / f"{film.dicom_id}.jpg").as_posix()}
            for film in study.films
        ],
        "report": place.with_suffix(".txt").as_posix(),
        "findings": study.findings.told(),
    }  # fmt: skip


def _needed(module: str, why: str) -> None:
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise SettingError(f"{why}; install it with: pip install 'clinseek[imaging]'")
