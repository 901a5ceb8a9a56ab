"""A whole cohort, patient by patient, into a folder of compressed CSV files."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.synthetic.course import Dependence, draw_course
from clinseek.toolkits.ehr.synthetic.dictionaries import dictionary_rows, write_code_maps
from clinseek.toolkits.ehr.synthetic.films import FilmFolder, FilmReport
from clinseek.toolkits.ehr.synthetic.patient_record import desk_of, write_patient_record
from clinseek.toolkits.ehr.synthetic.record.desk import Staff
from clinseek.toolkits.ehr.synthetic.streams import MAX_PATIENTS, Identifiers
from clinseek.toolkits.ehr.synthetic.writer import CohortWriter


@dataclass(frozen=True)
class SynthProgress:
    """How far the writing is."""

    patients: int
    total: int
    rows: int
    seconds: float
    images: int = 0


@dataclass(frozen=True)
class SynthReport:
    """What was written: where, how many rows a table, and how long it took."""

    out: Path
    patients: int
    seed: int
    outcomes: Dependence
    row_counts: dict[str, int]
    seconds: float
    films: FilmReport | None = None
    """The chest films, where they were asked for."""

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.row_counts.values())


def synthesise(
    out: Path,
    *,
    patients: int,
    seed: int = 0,
    outcomes: Dependence = "dependent",
    images: bool = False,
    dicom: bool = False,
    progress: Callable[[SynthProgress], None] | None = None,
) -> SynthReport:
    """Write a synthetic cohort in the shape of MIMIC-IV, MIMIC-IV-ED and MIMIC-IV-Note.

    `out` gets the folders hosp, icu, ed, note, codes (CCS maps of the codes in use) and a README;
    it must be new or empty. The same seed writes the same bytes, and
    a patient's rows do not depend on how many patients there are. Memory does not grow with them.

    With `images` there is a folder cxr too, in the shape of MIMIC-CXR-JPG: chest films drawn by
    numpy and Pillow, their reports, labels and metadata, with `dicom` each film as DICOM as well.
    No table of the others changes for that. Without it there is no cxr at all, since metadata
    without films would name files that are not there.

    Raises SettingError for a folder that holds something, for fewer than one or more than 100,000
    patients, for an unknown kind of outcomes, and for images without Pillow.
    """
    _check(out, patients, outcomes)
    films = FilmFolder(out / "cxr", dicom=dicom) if images or dicom else None
    started = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    identifiers = Identifiers(seed)
    staff = Staff.of(seed)
    rows = 0
    with CohortWriter(out) as writer, films or nullcontext():
        writer.write(dictionary_rows(staff))
        for index in range(patients):
            course = draw_course(seed, index, identifiers, dependence=outcomes)
            desk = desk_of(course, identifiers, staff)
            write_patient_record(desk)
            writer.write(desk.sheet.rows)
            rows += sum(map(len, desk.sheet.rows.values()))
            if films is not None:
                films.write(desk)
            if progress is not None:
                drawn = 0 if films is None else films.report.images
                seconds = time.monotonic() - started
                progress(SynthProgress(index + 1, patients, rows, seconds, drawn))
        row_counts = writer.row_counts
    write_code_maps(out / "codes")
    made = None if films is None else films.report
    readme = _readme(patients, seed, outcomes, films=_option(images=images, dicom=dicom))
    (out / "README").write_text(readme, encoding="utf-8")
    seconds = time.monotonic() - started
    return SynthReport(out, patients, seed, outcomes, row_counts, seconds, made)


_FILMS = (
    "\ncxr/ holds chest films in the shape of MIMIC-CXR-JPG v2.0.0; the films are\n"
    "schematic drawings, not radiographs: what each was drawn with is in drawn_findings.jsonl.\n"
)


def _check(out: Path, patients: int, outcomes: str) -> None:
    if not 1 <= patients <= MAX_PATIENTS:
        raise SettingError(
            f"a cohort has 1 to {MAX_PATIENTS:,} patients, not {patients:,}; give another number"
        )
    if outcomes not in get_args(Dependence):
        raise SettingError(f"outcomes can be {' or '.join(get_args(Dependence))}, not {outcomes!r}")
    if out.exists() and not out.is_dir():
        raise SettingError(f"{out} is a file; name a folder that is new or empty")
    if out.is_dir() and any(out.iterdir()):
        raise SettingError(f"{out} is not empty; name a folder that is new or empty")


def _option(*, images: bool, dicom: bool) -> str:
    return " --images --dicom" if dicom else " --images" if images else ""


def _readme(patients: int, seed: int, outcomes: str, *, films: str) -> str:
    return (
        "A synthetic cohort in the shape of MIMIC-IV v3.1 (hosp, icu), MIMIC-IV-ED v2.2 and\n"
        "MIMIC-IV-Note v2.2. No row comes from a real patient: all of it was drawn at random.\n"
        "For research and testing only; it is not a medical device and teaches no medicine.\n\n"
        f"patients: {patients}\nseed: {seed}\noutcomes: {outcomes}\n\n"
        "made with:\n"
        f"    clinseek synth --patients {patients} --seed {seed}"
        f" --outcomes {outcomes}{films} --out DIR\n\n"
        "codes/ holds the CCS categories (AHRQ/HCUP) of the ICD codes in use.\n"
        + (_FILMS if films else "")
    )
