"""The chest X-rays of a MIMIC-CXR(-JPG) download, read straight from its files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.tables.cxr import FINDINGS, LABELLERS, label_column
from clinseek.validity.oracle.cells import read_integer
from clinseek.validity.oracle.model import Cell, RawRow
from clinseek.validity.oracle.raw_text import opened

IMAGE_FILES = "mimic-cxr-"
"""How the names of the files begin that tell of images and studies."""
IMAGE_FOLDER = "files"

_ASSETS = ("-metadata.csv", "-split.csv", "-chexpert.csv", "-negbio.csv")
_LISTS = ("cxr-record-list.csv", "cxr-study-list.csv")
_PATIENTS = 50
_UNPACKED = "mimic-cxr-reports/"

Line = dict[str, str]


def raw_images(paths: Iterable[Path], wanted: Collection[int]) -> dict[int, list[RawRow]] | None:
    """The rows of `cxr` by patient; None where `paths` hold no metadata of MIMIC-CXR.

    Of several lines on one image or study in a file beside the metadata, the first counts.
    """
    files = {name: path for path in paths if (name := _asset(path)) is not None}
    if "metadata" not in files:
        return None
    roots = sorted({path.parent for path in files.values()})
    beside = {
        name: _first_lines(path, "dicom_id" if name in ("split", "record") else "study_id", wanted)
        for name, path in files.items()
        if name != "metadata"
    }
    image_place = _image_place(roots, wanted, is_listed="record" in files)
    report_place = _report_place(roots, wanted, is_listed="study" in files)
    found: dict[int, list[RawRow]] = {subject_id: [] for subject_id in wanted}
    for subject_id, line in _lines(files["metadata"], wanted):
        row = _image(subject_id, line)
        if row is None:
            continue
        study, dicom = row["study_id"], row["dicom_id"]
        row["split"] = beside.get("split", {}).get(dicom, {}).get("split") or None
        for labeller in LABELLERS:
            told = beside.get(labeller, {}).get(study, {})
            for finding in FINDINGS:
                row[label_column(labeller, finding)] = _whole(told.get(finding.lower(), ""))
        row["image_path"] = _inside(image_place(row, beside.get("record", {}).get(dicom, {})))
        row["report_path"] = _inside(report_place(row, beside.get("study", {}).get(study, {})))
        found[subject_id].append(row)
    return found


def _inside(place: str | None) -> str | None:
    """The place, unless it leads out of the folder: an id or a line of a list is broken then."""
    parts = (place or "").split("/")
    leads_out = ".." in parts or "\\" in (place or "") or parts[0] == ""
    return None if leads_out else place


def _asset(path: Path) -> str | None:
    name = path.name.lower().removesuffix(".gz")
    if name in _LISTS:
        return name.split("-")[1]
    ending = next((ending for ending in _ASSETS if name.endswith(ending)), None)
    version = name.removeprefix(IMAGE_FILES).removesuffix(ending or "")
    if ending is None or not name.startswith(IMAGE_FILES) or version.strip("0123456789."):
        return None
    return ending[1:-4]


def _lines(path: Path, wanted: Collection[int]) -> Iterator[tuple[int, Line]]:
    """The lines of the patients who are wanted, their columns in lower case."""
    with opened(path) as file:
        lines = csv.reader(file, strict=True)
        header = [name.strip().lower() for name in next(lines, [])]
        if "subject_id" not in header:
            raise RawRecordError(f"{path} has no column subject_id; is it a file of MIMIC-CXR?")
        for cells in lines:
            line = dict(zip(header, cells, strict=False))
            if len(cells) != len(header) or not _is_whole(line["subject_id"]):
                continue
            subject_id = read_integer(line["subject_id"])
            if subject_id in wanted:
                yield subject_id, line


def _first_lines(path: Path, key: str, wanted: Collection[int]) -> dict[Cell, Line]:
    found: dict[Cell, Line] = {}
    whole = ("study_id", *(finding.lower() for finding in FINDINGS))
    for _, line in _lines(path, wanted):
        if all(_is_whole(line[column]) for column in whole if line.get(column)) and line[key]:
            found.setdefault(_whole(line[key]) if key == "study_id" else line[key], line)
    return found


def _image(subject_id: int, line: Line) -> RawRow | None:
    """The cells that the metadata has; None for a line with one that cannot be read."""
    row: RawRow = dict.fromkeys(TABLES["cxr"].column_names)
    row["subject_id"] = subject_id
    for column, type_ in TABLES["cxr"].columns:
        text = line.get(column, "")
        if column == "subject_id" or not text:
            continue
        if type_ == "integer" and not _is_whole(text):
            return None
        row[column] = read_integer(text) if type_ == "integer" else text
    try:
        row["studydatetime"] = _moment(
            *(line.get(cell, "").strip() for cell in ("studydate", "studytime"))
        )
    except ValueError:
        return None
    return row


def _moment(date: str, time: str) -> str | None:
    """StudyDate and StudyTime; without a time the end of the day, without a date nothing."""
    if not date:
        return None
    day = datetime.strptime(f"{read_integer(date):08d}", "%Y%m%d")
    if not time:
        return f"{day:%Y-%m-%d} 23:59:59"
    clock, _, parts = time.partition(".")
    seconds, minutes, hours = (int(clock or "x") // each % 100 for each in (1, 100, 10_000))
    if len(clock) > len("HHMMSS") or not (parts.isdecimal() or not parts):
        raise ValueError(time)
    micro = int(parts[:6].ljust(6, "0"))
    moment = day.replace(hour=hours, minute=minutes, second=seconds, microsecond=micro)
    return moment.isoformat(sep=" ")


Place = Callable[[RawRow, Line], str | None]


def _image_place(roots: Sequence[Path], wanted: Collection[int], *, is_listed: bool) -> Place:
    """How an image's path is told: below the folder that holds `files`, as what it is there."""
    seen = {
        name.suffix.lower()
        for folder in _patients(roots, "", wanted)
        for name in folder.glob("s*/*")
    }
    kinds = [kind for kind in (".jpg", ".dcm") if kind in seen]
    kind = kinds[0] if kinds else ".dcm" if is_listed else ".jpg"

    def place(row: RawRow, listed: Line) -> str | None:
        path = listed.get("path")
        if path and kinds and path.endswith((".jpg", ".dcm")):
            return path[: -len(kind)] + kind
        if path or row["dicom_id"] is None or row["study_id"] is None:
            return path or None
        return f"{_folder(row)}/s{row['study_id']}/{row['dicom_id']}{kind}"

    return place


def _report_place(roots: Sequence[Path], wanted: Collection[int], *, is_listed: bool) -> Place:
    def holds(below: str) -> bool:
        return any(True for each in _patients(roots, below, wanted) for _ in each.glob("s*.txt"))

    below = next((below for below in ("", _UNPACKED) if holds(below)), None)

    def place(row: RawRow, listed: Line) -> str | None:
        if is_listed:
            return f"{below or ''}{listed['path']}" if listed.get("path") else None
        if below is None or row["study_id"] is None:
            return None
        return f"{below}{_folder(row)}/s{row['study_id']}.txt"

    return place


def _folder(row: RawRow) -> str:
    patient = str(row["subject_id"])
    return f"{IMAGE_FOLDER}/p{patient[:2]}/p{patient}"


def _patients(roots: Sequence[Path], below: str, wanted: Collection[int]) -> Iterator[Path]:
    """The folders of those who are wanted, and of a few others."""
    for root in roots:
        for subject_id in wanted:
            yield root / below / _folder({"subject_id": subject_id})
        yield from islice((root / below / IMAGE_FOLDER).glob("p*/p*"), _PATIENTS)


def _is_whole(text: str) -> bool:
    try:
        read_integer(text)
    except ValueError:
        return False
    return True


def _whole(text: str) -> int | None:
    return read_integer(text) if text else None
