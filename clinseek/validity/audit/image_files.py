"""Chest X-rays written as the files of a MIMIC-CXR download, for the scramble in its full form."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from clinseek.toolkits.ehr.tables.cxr import FINDINGS, LABELLERS, label_column
from clinseek.validity.oracle import Cell, RawRow

_OF_IMAGES = (
    "PerformedProcedureStepDescription", "ViewPosition", "Rows", "Columns",
    "ProcedureCodeSequence_CodeMeaning", "ViewCodeSequence_CodeMeaning",
    "PatientOrientationCodeSequence_CodeMeaning",
)  # fmt: skip
_SECONDS = 19


def write_images(folder: Path, rows: Sequence[RawRow]) -> None:
    """The metadata, split, labels and lists of these images; the images themselves are not made."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = ("dicom_id", "subject_id", "study_id")
    _write(
        folder / "mimic-cxr-2.0.0-metadata.csv",
        (*ids, *_OF_IMAGES, "StudyDate", "StudyTime"),
        ((*_cells(row, (*ids, *_OF_IMAGES)), *_study_time(row)) for row in rows),
    )
    _write(
        folder / "mimic-cxr-2.0.0-split.csv",
        (*ids, "split"),
        (_cells(row, (*ids, "split")) for row in rows if row["split"] is not None),
    )
    _write(
        folder / "cxr-record-list.csv",
        (*ids, "path"),
        (_cells(row, (*ids, "image_path")) for row in rows if row["image_path"] is not None),
    )
    _write(
        folder / "cxr-study-list.csv",
        (*ids[1:], "path"),
        (_cells(row, (*ids[1:], "report_path")) for row in rows if row["report_path"] is not None),
    )
    for labeller in LABELLERS:
        columns = [label_column(labeller, finding) for finding in FINDINGS]
        _write(
            folder / f"mimic-cxr-2.0.0-{labeller}.csv",
            (*ids[1:], *FINDINGS),
            (_cells(row, (*ids[1:], *columns)) for row in rows),
        )


def _cells(row: RawRow, columns: Iterable[str]) -> list[Cell]:
    return [row[column.lower()] for column in columns]


def _study_time(row: RawRow) -> tuple[str, str]:
    """StudyDate and StudyTime, which is a number and has no zeros at its head."""
    moment = row["studydatetime"]
    if not isinstance(moment, str):
        return "", ""
    date, time = moment[:10], moment[11:_SECONDS]
    return date.replace("-", ""), f"{int(time.replace(':', ''))}{moment[_SECONDS:]}"


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
