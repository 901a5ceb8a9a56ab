"""radiology and radiology_detail: reports and what was later added to them."""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.catalogue.diseases import ImagingStudy
from clinseek.toolkits.ehr.synthetic.clocks import DAY, HOUR, LAGS, MINUTE, text_of, whole_minute
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.record.desk import Desk

_FOLLOW_UP = ImagingStudy("CHEST (PORTABLE AP)", "", "")
_CODES = {"CHEST (PORTABLE AP)": "71045", "CHEST (PA AND LAT)": "71046"}


@dataclass(frozen=True)
class Report:
    """One examination."""

    visit: Visit
    study: ImagingStudy
    moment: int
    severity: float


def plan_reports(desk: Desk, visit: Visit) -> list[Report]:
    """The examinations of a visit: one for the disease, others as the days go by."""
    stream = desk.stream(visit, "imaging")
    reports: list[Report] = []
    moment = visit.start + stream.whole(40, 260) * MINUTE
    imaged = stream.chance(0.55 + 0.4 * visit.severity)
    if imaged and moment < visit.end:
        reports.append(Report(visit, visit.disease.imaging, moment, visit.severity_at(moment)))
    admit = visit.end if visit.outcome.admit is None else visit.outcome.admit
    later = admit + round(stream.exponential(3.5) * DAY) + 3 * HOUR
    while later < visit.end:
        reports.append(Report(visit, _FOLLOW_UP, later, visit.severity_at(later)))
        later += round(stream.exponential(4) * DAY) + 3 * HOUR
    return reports


def write_reports(desk: Desk, reports: list[Report]) -> None:
    """Rows of both tables, numbered over the patient's life by charttime."""
    sequence = 1
    for report in sorted(reports, key=lambda report: report.moment):
        stream = desk.stream(report.visit, f"report at {report.moment}")
        moment = whole_minute(report.moment)
        stored = moment + LAGS["radiology"].minutes(stream) * MINUTE
        unstored = stream.chance(0.01)
        note_id = f"{desk.sheet.subject_id}-RR-{sequence}"
        exam, text = report_text(desk, report)
        shown = None if unstored else stored
        _write(desk, report, note_id, sequence=sequence, stored=shown, text=text)
        details = {"exam_code": f"C{stream.whole(10, 99)}", "exam_name": exam}
        if exam in _CODES:
            details["cpt_code"] = _CODES[exam]
        added = stream.chance(0.04)
        later = stored + stream.whole(60, 3000) * MINUTE
        if added:
            details["addendum_note_id"] = f"{desk.sheet.subject_id}-AR-{sequence + 1}"
        for name, value in details.items():
            _write_detail(desk, note_id, name, value)
        sequence += 1
        if added:
            words = "The findings were discussed with the team by telephone."
            addendum = details["addendum_note_id"]
            text = f"ADDENDUM:  {words}\n"
            _write(desk, report, addendum, sequence=sequence, stored=later, text=text)
            _write_detail(desk, addendum, "exam_name", exam)
            _write_detail(desk, addendum, "parent_note_id", note_id)
            sequence += 1


def _write(
    desk: Desk, report: Report, note_id: str, *, sequence: int, stored: int | None, text: str
) -> None:
    desk.sheet.add(
        "radiology",
        note_id=note_id,
        hadm_id=report.visit.hadm_id,
        note_type=note_id.split("-")[1],
        note_seq=sequence,
        charttime=text_of(whole_minute(report.moment)),
        storetime=None if stored is None else text_of(stored),
        text=text,
    )


def _write_detail(desk: Desk, note_id: str, name: str, value: str) -> None:
    desk.sheet.add(
        "radiology_detail", note_id=note_id, field_name=name, field_value=value, field_ordinal=1
    )


def report_text(desk: Desk, report: Report) -> tuple[str, str]:
    """(exam name, text of the report)."""
    patient, study = desk.course.patient, report.study
    sex = "woman" if patient.gender == "F" else "man"
    complaint = report.visit.disease.complaint[0].lower()
    finding, impression = study.finding, study.impression
    if not finding:
        worse = report.severity > 0.45
        finding = (
            "Lung volumes are low with increasing bibasilar opacities."
            if worse
            else "Compared with the prior study, aeration of the lungs has improved."
        )
        impression = "Worsening bibasilar opacities." if worse else "Interval improvement."
    text = (
        f"EXAMINATION:  {study.exam}\n\n"
        f"INDICATION:  ___ year old {sex} with {complaint}  // evaluate for acute process\n\n"
        "TECHNIQUE:  Standard protocol.\n\n"
        "COMPARISON:  ___\n\n"
        f"FINDINGS: \n\n{finding} The remaining structures are unremarkable.\n\n"
        f"IMPRESSION: \n\n{impression}\n"
    )
    return study.exam, text
