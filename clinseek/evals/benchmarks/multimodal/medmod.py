"""The instances of MedMod: ICU stays at a moment, with what was to come of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.multimodal.csv_lines import CsvLine, csv_lines, moment, number
from clinseek.evals.benchmarks.multimodal.sources import ListedTask, Medmod, Split
from clinseek.evals.benchmarks.suites.fields import whole
from clinseek.evals.benchmarks.tasks.medmod import PHENOTYPES

RELEASE = "MedMod"
MORTALITY_HOURS = 48.0
TASK_NAMES: Mapping[ListedTask, str] = {
    "decompensation": "medmod_decompensation",
    "in-hospital-mortality": "medmod_in_hospital_mortality",
    "phenotyping": "medmod_phenotyping",
}
"""The tasks of the published benchmark by MedMod's own names. Its length of stay is none."""
_LONGEST = 100_000.0
_ALWAYS = ("stay", "period_length", "stay_id")
_NAMES = tuple(PHENOTYPES.values())


class IcuStay(NamedTuple):
    """An ICU stay as MedMod extracted it."""

    subject_id: int
    hadm_id: int
    stay_id: int
    intime: datetime
    outtime: datetime


class Instance(NamedTuple):
    """A stay at a moment: `hours` after it began; `gold` are yes or no, or names of phenotypes."""

    task: ListedTask
    split: Split
    subject_id: int
    stay_id: int
    hours: float
    gold: tuple[str, ...]

    @property
    def told_hours(self) -> float:
        """The hours that a qid names; of mortality, which is always at 48 h, none."""
        return 0.0 if self.task == "in-hospital-mortality" else self.hours

    @property
    def qid(self) -> str:
        """As the published manifest has it: `medmod_decompensation_test_30000001_25.0`."""
        hours = str(self.told_hours) if self.told_hours else "0"
        return f"medmod_{self.task}_{self.split}_{self.stay_id}_{hours}"

    def cutoff(self, stay: IcuStay) -> datetime:
        """The moment of the question, in whole seconds."""
        hours = MORTALITY_HOURS if self.task == "in-hospital-mortality" else self.hours
        return stay.intime.replace(microsecond=0) + timedelta(seconds=round(hours * 3600))


def read_stays(found: Medmod) -> dict[int, IcuStay]:
    """The ICU stays by their id. SettingError names file and line of one that cannot be read."""
    needed = ("subject_id", "hadm_id", "stay_id", "intime", "outtime")
    stays: dict[int, IcuStay] = {}
    for line in csv_lines(found.stays, needed=needed, release=RELEASE):
        subject_id, hadm_id, stay_id = (_id(line, name) for name in needed[:3])
        intime, outtime = (moment(line.cells[name], name, at=line.at) for name in needed[3:])
        stays[stay_id] = IcuStay(subject_id, hadm_id, stay_id, intime, outtime)
    return stays


def read_instances(file: Path, task: ListedTask, split: Split) -> Iterator[Instance]:
    """The instances of a list. SettingError names file and line of one that cannot be read."""
    labels = _NAMES if task == "phenotyping" else ("y_true",)
    for line in csv_lines(file, needed=(*_ALWAYS, *labels), release=RELEASE):
        gold = _phenotypes(line) if task == "phenotyping" else (_truth(line, "y_true"),)
        yield Instance(task, split, _patient(line), _id(line, "stay_id"), _hours(line), gold)


def _phenotypes(line: CsvLine) -> tuple[str, ...]:
    return tuple(name for name in _NAMES if _truth(line, name.lower()) == "yes")


def _truth(line: CsvLine, name: str) -> str:
    value = number(line.cells[name], name, at=line.at)
    if value not in (0.0, 1.0):
        raise SettingError(f"{line.at}: {name} is {line.cells[name]!r}, and neither 0 nor 1")
    return "yes" if value else "no"


def _hours(line: CsvLine) -> float:
    hours = number(line.cells["period_length"], "period_length", at=line.at)
    if not 0 <= hours < _LONGEST:
        raise SettingError(f"{line.at}: a stay has no {line.cells['period_length']} hours")
    return hours


def _patient(line: CsvLine) -> int:
    """Of `10000032_episode1_timeseries.csv` the patient."""
    written = line.cells["stay"].partition("_")[0]
    if not written.isdecimal():
        raise SettingError(
            f"{line.at}: stay {line.cells['stay']!r} does not begin with a subject_id, as "
            "SUBJECT_episode1_timeseries.csv does"
        )
    return int(written)


def _id(line: CsvLine, name: str) -> int:
    found = whole(line.cells[name], name, at=line.at)
    if found is None:
        raise SettingError(f"{line.at}: {name} is empty")
    return found
