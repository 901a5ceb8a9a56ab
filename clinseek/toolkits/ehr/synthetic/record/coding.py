"""diagnoses_icd, procedures_icd, drgcodes, hcpcsevents: what the coders write after discharge."""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.catalogue.diseases import DoneProcedure
from clinseek.toolkits.ehr.synthetic.catalogue.minor_diseases import CONDITIONS, Condition
from clinseek.toolkits.ehr.synthetic.clocks import DAY, date_of, midnight_of
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.physiology import in_shock, ventilated
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.streams import Stream


@dataclass(frozen=True)
class Coding:
    """The codes of one admission, for the tables and for the discharge note."""

    diagnoses: tuple[str, ...]
    procedures: tuple[tuple[DoneProcedure, int], ...]
    """(procedure, moment of its day), in order."""


_VENTILATION = (
    DoneProcedure("0BH17EZ", "9604", "Endotracheal intubation", 1.0, 0),
    DoneProcedure("5A1945Z", "9671", "Mechanical ventilation", 1.0, 0),
)
_LONG_VENTILATION = DoneProcedure("5A1955Z", "9672", "Mechanical ventilation (> 96 hours)", 1.0, 0)
_LINE = DoneProcedure("02HV33Z", "3893", "Central venous line placement", 1.0, 0)


def code_admission(desk: Desk, visit: Visit) -> Coding:
    """Draw the codes of an admission.

    Where outcomes are linked to the illness, the codes follow the true disease and the ICU course;
    else they belong to the disease that the outcome stream drew.
    """
    stream = desk.course.stream("rows", visit.number, "coding", str(visit.outcome.end))
    linked = desk.course.dependence == "dependent"
    version = desk.course.patient.icd_version
    coded = visit.outcome.coded
    pairs = [(coded.icd10, coded.icd9)]
    shock = bool(visit.outcome.icu) and (in_shock(visit) if linked else stream.chance(0.2))
    breathing = bool(visit.outcome.icu) and (ventilated(visit) if linked else stream.chance(0.3))
    if shock:
        pairs.append(("R6521", "78552"))
    if breathing:
        pairs.append(("J9601", "51881"))
    shifts = coded.labs
    if 50912 in shifts and coded.icd10 != "N179" and stream.chance(0.5):
        pairs.append(("N179", "5849"))
    if shifts.get(50983, 0) < -4 and stream.chance(0.5):
        pairs.append(("E871", "2761"))
    if shifts.get(50971, 0) > 1 and stream.chance(0.4):
        pairs.append(("E875", "2767"))
    if shifts.get(50971, 0) < -0.5:
        pairs.append(("E876", "2768"))
    if shifts.get(51222, 0) < -2.5 and stream.chance(0.7):
        pairs.append(("D62", "2851"))
    if visit.outcome.died_in_hospital:
        pairs += [("Z66", "V4986")] if stream.chance(0.7) else []
        pairs += [("Z515", "V667")] if stream.chance(0.5) else []
    pairs += [
        (condition.icd10, condition.icd9) for condition in coded_conditions(desk, stream, 0.85)
    ]
    codes = tuple(dict.fromkeys(icd10 if version == 10 else icd9 for icd10, icd9 in pairs))
    return Coding(codes, _procedures(desk, visit, breathing=breathing, shock=shock))


def coded_conditions(desk: Desk, stream: Stream, share: float) -> list[Condition]:
    """The chronic conditions that get coded: the patient's own where outcomes are linked."""
    if desk.course.dependence == "dependent":
        return [kept for kept in desk.course.patient.conditions if stream.chance(share)]
    return [kept for kept in CONDITIONS if stream.chance(share * kept.probability)]


def _procedures(
    desk: Desk, visit: Visit, *, breathing: bool, shock: bool
) -> tuple[tuple[DoneProcedure, int], ...]:
    stream = desk.course.stream("rows", visit.number, "procedures", str(visit.outcome.end))
    admit = visit.start if visit.outcome.admit is None else visit.outcome.admit
    done: list[tuple[DoneProcedure, int]] = []
    for procedure in visit.outcome.coded.procedures:
        moment = midnight_of(admit) + procedure.day * DAY
        if stream.chance(procedure.probability) and moment < visit.end:
            done.append((procedure, max(moment, midnight_of(admit))))
    entry = visit.outcome.icu[0][0] if visit.outcome.icu else admit
    if breathing:
        hours = (visit.outcome.icu[0][1] - entry) / 3600
        tube, short = _VENTILATION
        done.append((tube, entry))
        done.append((_LONG_VENTILATION if hours > 150 else short, entry))
    if shock and all(procedure.icd10 != _LINE.icd10 for procedure, _ in done):
        done.append((_LINE, entry))
    return tuple(sorted(done, key=lambda pair: pair[1]))


def write_coding(desk: Desk, visit: Visit, coding: Coding) -> None:
    """The rows of the four coded tables."""
    version = desk.course.patient.icd_version
    for number, code in enumerate(coding.diagnoses, start=1):
        desk.sheet.add(
            "diagnoses_icd",
            hadm_id=visit.hadm_id,
            seq_num=number,
            icd_code=code,
            icd_version=version,
        )
    for number, (procedure, moment) in enumerate(coding.procedures, start=1):
        desk.sheet.add(
            "procedures_icd",
            hadm_id=visit.hadm_id,
            seq_num=number,
            chartdate=date_of(moment),
            icd_code=procedure.icd10 if version == 10 else procedure.icd9,
            icd_version=version,
        )
    _write_groups(desk, visit, coding)
    _write_services_billed(desk, visit)


def _write_groups(desk: Desk, visit: Visit, coding: Coding) -> None:
    stream = desk.course.stream("rows", visit.number, "groups", str(visit.outcome.end))
    hcfa, hcfa_text, apr, apr_text = visit.outcome.coded.drg
    desk.sheet.add(
        "drgcodes",
        hadm_id=visit.hadm_id,
        drg_type="HCFA",
        drg_code=hcfa,
        description=hcfa_text,
    )
    if stream.chance(0.1):
        return
    burden = len(coding.diagnoses) / 4 + len(coding.procedures) / 3
    dying = 1.6 if visit.outcome.died_in_hospital else 0.0
    desk.sheet.add(
        "drgcodes",
        hadm_id=visit.hadm_id,
        drg_type="APR",
        drg_code=apr,
        description=apr_text,
        drg_severity=min(4, max(1, round(burden + stream.normal(0.2, 0.5)))),
        drg_mortality=min(4, max(1, round(0.7 * burden + dying + stream.normal(0, 0.5)))),
    )


def _write_services_billed(desk: Desk, visit: Visit) -> None:
    stream = desk.course.stream("rows", visit.number, "hcpcs", str(visit.outcome.end))
    admit = visit.outcome.admit
    if admit is None:
        return
    billed: list[tuple[str, str]] = []
    if visit.end - admit < 2 * DAY and stream.chance(0.6):
        billed.append(("G0378", "Hospital observation per hr"))
    if visit.outcome.coded.key == "NSTEMI" and stream.chance(0.5):
        billed.append(("93454", "Cardiovascular"))
    if visit.outcome.coded.key == "gastrointestinal bleed" and stream.chance(0.4):
        billed.append(("43239", "Digestive system"))
    for number, (code, words) in enumerate(billed, start=1):
        desk.sheet.add(
            "hcpcsevents",
            hadm_id=visit.hadm_id,
            chartdate=date_of(min(admit + DAY, visit.end)),
            hcpcs_cd=code,
            seq_num=number,
            short_description=words,
        )
