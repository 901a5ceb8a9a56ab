"""When chest films are taken, and the studies that they make.

Every chest film of the radiology notes is a study, taken in the minute that its note names. Others
have a report of their own, which the notes do not repeat: after a tube or a line was put in, each
morning on a ventilator, where the lung collapsed or a pneumonia came on, and in the clinic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from clinseek.toolkits.ehr.synthetic.clocks import DAY, HOUR, MINUTE, midnight_of, whole_minute
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.films.chest import Chest, Device, Note
from clinseek.toolkits.ehr.synthetic.films.findings import Findings
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.record.radiology import Report, plan_reports
from clinseek.toolkits.ehr.synthetic.streams import MAX_STUDIES, Stream

View = Literal["AP", "PA", "LATERAL"]
Exam = Literal["CHEST (PORTABLE AP)", "CHEST (PA AND LAT)"]

_BEDSIDE: Exam = "CHEST (PORTABLE AP)"
_STANDING: Exam = "CHEST (PA AND LAT)"
_CLINIC_BEFORE = 400 * DAY
_APART = 45 * MINUTE
"""A film on the same day adds nothing before this time has gone by."""


class Film(NamedTuple):
    """One picture of a study."""

    dicom_id: str
    view: View


@dataclass(frozen=True)
class Study:
    """One examination: when, why, what it shows, and its pictures."""

    study_id: int
    moment: int
    milliseconds: int
    visit: Visit | None
    exam: Exam
    findings: Findings
    report: Report | None
    """The radiology note of the same minute, where there is one."""
    films: tuple[Film, ...]


class _Taken(NamedTuple):
    moment: int
    visit: Visit | None
    exam: Exam
    report: Report | None


def plan_studies(desk: Desk) -> list[Study]:
    """The studies of a patient whose record is written, in order of time."""
    chest = Chest(desk)
    reports = [
        report
        for visit in desk.course.visits
        for report in plan_reports(desk, visit)
        if report.study.exam in (_BEDSIDE, _STANDING)
    ]
    wanted = sorted(
        [*_of_notes(reports), *_at_the_bedside(desk, chest), *_in_the_clinic(desk)],
        key=lambda taken: (taken.moment, taken.report is None),
    )
    taken = _spaced(wanted)[:MAX_STUDIES]
    return [_study(desk, chest, one, number) for number, one in enumerate(taken)]


def _of_notes(reports: list[Report]) -> Iterator[_Taken]:
    for report in reports:
        exam = _BEDSIDE if report.study.exam == _BEDSIDE else _STANDING
        yield _Taken(whole_minute(report.moment), report.visit, exam, report)


def _at_the_bedside(desk: Desk, chest: Chest) -> Iterator[_Taken]:
    """Films after tubes and lines, of each morning on a ventilator, and of complications."""
    for visit in desk.course.visits:
        moments = [one.start + 25 * MINUTE for one in chest.complications[visit.number]]
        moments += [
            one.start + hours * HOUR
            for one in chest.complications[visit.number]
            if one.kind == "pneumothorax"
            for hours in (8, 30, 54, 102, 150)
        ]
        for number, device in enumerate(chest.devices):
            if visit.start <= device.start < visit.end:
                stream = desk.stream(visit, f"films: device {number}")
                moments += _of_device(stream, device)
        for moment in moments:
            if visit.start <= moment < visit.end:
                yield _Taken(moment, visit, _BEDSIDE, None)


def _of_device(stream: Stream, device: Device) -> Iterator[int]:
    after = device.start + stream.whole(15, 70) * MINUTE
    if after < device.end:
        yield after
    morning = midnight_of(device.start) + DAY + 5 * HOUR
    while device.kind == "tube" and morning < device.end:
        moment, wanted = morning + stream.whole(-50, 70) * MINUTE, stream.chance(0.6)
        if wanted and moment < device.end:
            yield moment
        morning += DAY


def _in_the_clinic(desk: Desk) -> Iterator[_Taken]:
    stream = desk.stream(None, "films: clinic")
    moment = desk.course.patient.first_visit - _CLINIC_BEFORE
    moment += round(stream.exponential(500) * DAY)
    while moment < desk.course.follow_up_end:
        open_at = midnight_of(moment) + stream.whole(8 * 60, 17 * 60) * MINUTE
        if open_at < desk.course.follow_up_end and not desk.course.in_hospital(open_at):
            yield _Taken(open_at, None, _STANDING, None)
        moment += round((30 + stream.exponential(600)) * DAY)


def _spaced(wanted: list[_Taken]) -> list[_Taken]:
    """Without those that follow another too soon; a film that has a note is always taken."""
    kept: list[_Taken] = []
    for one in wanted:
        if one.report is None and kept and one.moment - kept[-1].moment < _APART:
            continue
        kept.append(one)
    return kept


def _study(desk: Desk, chest: Chest, taken: _Taken, number: int) -> Study:
    stream = desk.stream(taken.visit, f"film at {taken.moment}")
    seconds, milliseconds = stream.whole(0, 59), stream.whole(0, 999)
    moment = whole_minute(taken.moment) + seconds
    note: Note | None = None
    if taken.report is not None:
        note = "first" if taken.report.study.finding else "later"
    lateral = stream.chance(0.9)
    views: tuple[View, ...] = ("AP",)
    if taken.exam == _STANDING:
        views = ("PA", "LATERAL") if lateral else ("PA",)
    return Study(
        study_id=desk.identifiers.study(desk.course.patient.index, number),
        moment=moment,
        milliseconds=milliseconds,
        visit=taken.visit,
        exam=taken.exam,
        findings=chest.found(taken.visit, taken.moment, note=note),
        report=taken.report,
        films=tuple(Film(_dicom_id(stream), view) for view in views),
    )


def _dicom_id(stream: Stream) -> str:
    return "-".join(f"{stream.whole(0, 0xFFFFFFFF):08x}" for _ in range(5))
