"""One row in the making: who, when, what is asked, what is right, and the X-rays it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.multimodal.sources import Source, Split

LAID = "mimic-cxr/2.0.0"
"""Where images and reports lie in the folder of a rebuilt benchmark, as in the published one."""
EHRXQA_TASK = "ehrxqa_image"
RADIOLOGY_TASK = "medmod_radiology"
_WITHOUT_RECORD = frozenset({EHRXQA_TASK, RADIOLOGY_TASK})
_SECOND = timedelta(seconds=1)


class Film(NamedTuple):
    """One X-ray of a patient, as the store has it; `findings` are what CheXpert read as present."""

    subject_id: int
    study_id: int
    dicom_id: str
    time: datetime
    view: str | None
    image_path: str
    report_path: str | None
    findings: tuple[str, ...] = ()

    @property
    def known_at(self) -> datetime:
        """The first full second at which the film is there, as every cutoff is a full second."""
        whole = self.time.replace(microsecond=0)
        return whole if whole == self.time else whole + _SECOND

    @property
    def laid_image(self) -> str:
        """The path of the image in the rebuilt folder."""
        ending = PurePosixPath(self.image_path).suffix
        return f"{LAID}/files/{self.study_place}/{self.dicom_id}{ending}"

    @property
    def laid_report(self) -> str:
        """The path of the study's report in the rebuilt folder."""
        return f"{LAID}/mimic-cxr-reports/files/{self.study_place}.txt"

    @property
    def study_place(self) -> str:
        """Where MIMIC-CXR lays a study: `p10/p10000019/s50000001`."""
        patient = str(self.subject_id)
        return f"p{patient[:2]}/p{patient}/s{self.study_id}"


@dataclass(frozen=True)
class Item:
    """A question with its X-rays. `cutoff` is in the clock of MIMIC-IV, whatever its source has."""

    qid: str
    source: Source
    split: Split
    task: str
    subject_id: int
    cutoff: datetime
    instruction: str
    question: str
    gold: tuple[str, ...]
    films: tuple[Film, ...]
    hadm_id: int | None = None
    stay_id: int | None = None

    @property
    def has_reports(self) -> bool:
        """Whether reports lie beside the images, as in the published rows of EHRXQA alone."""
        return self.source == "ehrxqa"

    def published(self, number: int, *, reports: Mapping[int, str]) -> dict[str, Any]:
        """The row as the published manifest writes one; `reports` are the paths of those there."""
        studies = list(dict.fromkeys(film.study_id for film in self.films))
        record = [] if self.task in _WITHOUT_RECORD else ["ehr"]
        told = {
            "task_instruction": self.instruction,
            "cxr_info": f"Linked studies: {', '.join(map(str, studies))}",
            "question": self.question,
        }
        return {
            "qid": self.qid,
            "source_index": number,
            "source_benchmark": self.source,
            "source_split": self.split,
            "task": self.task,
            "subject_id": self.subject_id,
            "hadm_id": self.hadm_id,
            "stay_id": self.stay_id,
            "prediction_time": str(self.cutoff),
            "question": "\n\n".join(
                f"<{at}>\n{text}\n</{at}>" for at, text in told.items() if text
            ),
            "image_paths": [film.laid_image for film in self.films],
            "report_paths": [reports[study] for study in studies if study in reports],
            "ground_truth": [{"name": name} for name in self.gold],
            "answer_type": "list",
            "modalities": [*record, "cxr_table", "cxr_image"],
        }


def latest_frontal(films: Sequence[Film], *, since: datetime, until: datetime) -> Film | None:
    """The newest film at the bedside (AP) between two moments, as MedMod pairs films and stays.

    >>> from datetime import datetime as at
    >>> def film(hour, view):
    ...     return Film(1, hour, "a", at(2150, 1, 1, hour), view, "a.jpg", None)
    >>> films = [film(3, "AP"), film(5, "AP"), film(6, "PA"), film(9, "AP")]
    >>> latest_frontal(films, since=at(2150, 1, 1, 2), until=at(2150, 1, 1, 8)).study_id
    5
    """
    seen = [film for film in frontal(films) if since <= film.time and film.known_at <= until]
    return max(seen, key=lambda film: (film.time, film.study_id), default=None)


def frontal(films: Sequence[Film]) -> list[Film]:
    """The films taken from front to back (AP), in order of time."""
    return [film for film in films if (film.view or "").upper() == "AP"]
