"""The report of a study: what the note of the same minute says, and what the film shows besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from clinseek.toolkits.ehr.synthetic.films.findings import Finding, Findings
from clinseek.toolkits.ehr.synthetic.films.studies import Study
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.record.radiology import Report, report_text

_NO_ILLNESS = "No acute cardiopulmonary process."
_REST = " The remaining structures are unremarkable."
_SAID_AT_THE_DOOR: dict[str, frozenset[Finding]] = {
    "heart failure": frozenset({"pulmonary edema", "pleural effusion"}),
    "coronary bypass": frozenset({"pleural effusion", "sternal wires"}),
    "COPD exacerbation": frozenset({"hyperinflation"}),
}


class Statement(NamedTuple):
    """A sentence of a report and what it is about."""

    finding: Finding
    sentence: str


def study_report(desk: Desk, study: Study) -> str:
    """The text of the study's report file."""
    note = study.report
    body = _of_its_own(desk, study) if note is None else _of_note(desk, note, study.findings)
    indented = "\n".join(f" {line}" if line else "" for line in body.splitlines())
    return f"{'FINAL REPORT':>45}\n{indented}\n"


def _of_note(desk: Desk, note: Report, findings: Findings) -> str:
    _, text = report_text(desk, note)
    said: frozenset[Finding] = frozenset()
    if note.study.finding:
        said = _SAID_AT_THE_DOOR.get(note.visit.disease.key, said)
    elif "bibasilar" in text:
        said = frozenset({"bibasilar opacities"})
    more = " ".join(s.sentence for s in statements(findings) if s.finding not in said)
    return text.replace(_REST, f" {more}{_REST}")


def _of_its_own(desk: Desk, study: Study) -> str:
    patient, findings = desk.course.patient, study.findings
    sex = "woman" if patient.gender == "F" else "man"
    reason = "routine film" if study.visit is None else "interval change"
    told = " ".join(statement.sentence for statement in statements(findings))
    return (
        f"EXAMINATION:  {study.exam}\n\n"
        f"INDICATION:  ___ year old {sex}  // {reason}\n\n"
        "COMPARISON:  ___\n\n"
        f"FINDINGS: \n\n{told}\n\n"
        f"IMPRESSION: \n\n{_impression(findings)}\n"
    )


def statements(findings: Findings) -> list[Statement]:
    """What the film shows, a sentence each, and two things that it does not.

    >>> [s.sentence for s in statements(Findings(pneumothorax="left", pneumothorax_size=0.2))][0]
    'There is a small left pneumothorax.'
    """
    return [*_of_devices(findings), *_of_illness(findings), *_absent(findings)]


def _of_devices(findings: Findings) -> Iterator[Statement]:
    if findings.endotracheal_tube:
        yield Statement("endotracheal tube", "An endotracheal tube ends above the carina.")
    if findings.central_line is not None:
        yield Statement(
            "central venous line",
            f"A {findings.central_line} internal jugular central venous line ends in the superior"
            " vena cava.",
        )
    if findings.pacemaker:
        yield Statement(
            "pacemaker",
            "A left-sided pacemaker has leads in the right atrium and right ventricle.",
        )
    if findings.sternal_wires:
        yield Statement("sternal wires", "Median sternotomy wires are intact.")


def _of_illness(findings: Findings) -> Iterator[Statement]:
    if findings.cardiomegaly:
        yield Statement("cardiomegaly", "The heart is enlarged.")
    if findings.hyperinflation:
        yield Statement("hyperinflation", "The lungs are hyperinflated.")
    for zone, _ in findings.consolidation:
        yield Statement("consolidation", f"There is consolidation in the {zone} zone.")
    if findings.edema:
        amount = _amount(findings.edema, ("mild", "moderate", "severe"))
        yield Statement("pulmonary edema", f"There is {amount} pulmonary edema.")
    if findings.bibasilar:
        yield Statement("bibasilar opacities", "There are bibasilar opacities.")
    for side, size in (("right", findings.effusion_right), ("left", findings.effusion_left)):
        if size:
            amount = _amount(2 * size, ("small", "moderate", "large"))
            yield Statement("pleural effusion", f"There is a {amount} {side} pleural effusion.")
    if findings.pneumothorax is not None:
        amount = _amount(findings.pneumothorax_size, ("small", "moderate", "large"))
        yield Statement(
            "pneumothorax", f"There is a {amount} {findings.pneumothorax} pneumothorax."
        )


def _absent(findings: Findings) -> Iterator[Statement]:
    if "pleural effusion" not in findings.present:
        yield Statement("pleural effusion", "There is no pleural effusion.")
    if "pneumothorax" not in findings.present:
        yield Statement("pneumothorax", "There is no pneumothorax.")


def _impression(findings: Findings) -> str:
    told = [s.sentence for s in _of_illness(findings) if s.finding != "hyperinflation"]
    return " ".join(told) or _NO_ILLNESS


def _amount(size: float, words: tuple[str, str, str]) -> str:
    """The word for a size from 0 to 1, its limits at 0.4 and 0.75."""
    return words[0] if size < 0.4 else words[1] if size < 0.75 else words[2]
