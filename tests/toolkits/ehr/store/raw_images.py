"""A MIMIC-CXR(-JPG) folder of a few hand-written lines."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

METADATA = (
    "dicom_id", "subject_id", "study_id", "PerformedProcedureStepDescription", "ViewPosition",
    "Rows", "Columns", "StudyDate", "StudyTime", "ProcedureCodeSequence_CodeMeaning",
    "ViewCodeSequence_CodeMeaning", "PatientOrientationCodeSequence_CodeMeaning",
)  # fmt: skip
FINDINGS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum",
    "Fracture", "Lung Lesion", "Lung Opacity", "No Finding", "Pleural Effusion", "Pleural Other",
    "Pneumonia", "Pneumothorax", "Support Devices",
)  # fmt: skip
NAMES = {
    "metadata": "mimic-cxr-2.0.0-metadata",
    "split": "mimic-cxr-2.0.0-split",
    "chexpert": "mimic-cxr-2.0.0-chexpert",
    "negbio": "mimic-cxr-2.0.0-negbio",
    "records": "cxr-record-list",
    "studies": "cxr-study-list",
}
HEADERS: dict[str, Sequence[str]] = {
    "metadata": METADATA,
    "split": ("dicom_id", "study_id", "subject_id", "split"),
    "chexpert": ("subject_id", "study_id", *FINDINGS),
    "negbio": ("subject_id", "study_id", *FINDINGS),
    "records": ("subject_id", "study_id", "dicom_id", "path"),
    "studies": ("subject_id", "study_id", "path"),
}

Line = Sequence[object]


class ImageFolder:
    """Writes the files of a download under `path`, as it has them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def write(
        self, part: str, *lines: Line, header: Sequence[str] | None = None, ending: str = ".csv.gz"
    ) -> Path:
        """One whole file with these lines."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADERS[part] if header is None else header)
        writer.writerows(lines)
        path = self.path / f"{NAMES[part]}{ending}"
        packed = text.getvalue().encode()
        path.write_bytes(gzip.compress(packed) if ending.endswith(".gz") else packed)
        return path

    def image(self, subject: int, study: int, dicom: str, ending: str = ".jpg") -> Path:
        """A file where the image lies in a download; its content is none."""
        return self._file(subject, f"s{study}/{dicom}{ending}")

    def report(self, subject: int, study: int, *, below: str = "") -> Path:
        """The text of a report where it lies in a download."""
        return self._file(subject, f"s{study}.txt", below=below)

    def _file(self, subject: int, name: str, *, below: str = "") -> Path:
        path = self.path / below / "files" / f"p{str(subject)[:2]}" / f"p{subject}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not read by ingest")
        return path


def metadata_line(
    dicom: str, subject: int, study: int, *, date: str = "21800506", time: str = "213014.531"
) -> Line:
    """An image of the metadata, AP and of 2544 x 3056 pixels."""
    described = ("CHEST (PORTABLE AP)", "AP", 3056, 2544)
    coded = ("CHEST (PORTABLE AP)", "antero-posterior", "Erect")
    return (dicom, subject, study, *described, date, time, *coded)


def labels_line(subject: int, study: int, **found: str) -> Line:
    """The labels of a study by finding, a `_` for a blank; the others are empty."""
    return (subject, study, *(found.get(name.replace(" ", "_"), "") for name in FINDINGS))
