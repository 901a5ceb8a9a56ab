"""edstays, triage, vitalsign, pyxis, medrecon and diagnosis of the emergency department."""

from __future__ import annotations

from clinseek.toolkits.ehr.synthetic.catalogue.diagnosis_codes import (
    ICD9_DIAGNOSES,
    ICD10_DIAGNOSES,
)
from clinseek.toolkits.ehr.synthetic.catalogue.drugs import HOME_DRUGS, PYXIS
from clinseek.toolkits.ehr.synthetic.clocks import HOUR, MINUTE, text_of, whole_minute
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.record.coding import coded_conditions
from clinseek.toolkits.ehr.synthetic.record.desk import Desk

TITLES = {(code.code, code.version): code.title for code in (*ICD10_DIAGNOSES, *ICD9_DIAGNOSES)}


def write_emergency_visit(desk: Desk, visit: Visit) -> None:
    """All rows of one visit to the ED; nothing for a planned admission."""
    outcome = visit.outcome
    if not visit.emergency or outcome.ed_out is None:
        return
    stream = desk.stream(visit, "ed registration")
    stay_id = desk.place(visit, 0)
    transport = stream.weighted(
        (("AMBULANCE", 0.3 + 0.4 * visit.severity), ("WALK IN", 0.55), ("UNKNOWN", 0.05))
    )
    desk.sheet.add(
        "edstays",
        hadm_id=visit.hadm_id,
        stay_id=stay_id,
        intime=text_of(whole_minute(visit.start)),
        outtime=text_of(outcome.ed_out),
        gender=desk.course.patient.gender,
        race=desk.course.patient.race,
        arrival_transport=transport,
        disposition=outcome.ed_disposition,
    )
    _write_triage(desk, visit, stay_id)
    _write_vital_signs(desk, visit, stay_id, outcome.ed_out)
    _write_cabinet(desk, visit, stay_id, outcome.ed_out)
    _write_home_drugs(desk, visit, stay_id, outcome.ed_out)
    _write_diagnoses(desk, visit, stay_id)


def _write_triage(desk: Desk, visit: Visit, stay_id: int) -> None:
    stream = desk.stream(visit, "triage")
    severity = visit.severity_at(visit.start)
    vitals = desk.body.vitals(stream, disease=visit.disease, severity=severity)
    too_ill = stream.chance(0.12 * severity)
    acuity = min(4, max(1, round(3.6 - 2.4 * severity + stream.normal(0, 0.4))))
    desk.sheet.add(
        "triage",
        stay_id=stay_id,
        temperature=None if too_ill else vitals.temperature,
        heartrate=None if too_ill else vitals.heartrate,
        resprate=None if too_ill else vitals.resprate,
        o2sat=None if too_ill else vitals.o2sat,
        sbp=None if too_ill else vitals.sbp,
        dbp=None if too_ill else vitals.dbp,
        pain="unable" if too_ill else str(stream.pick((0, 0, 0, 2, 4, 5, 6, 8, 10))),
        acuity=None if stream.chance(0.05) else acuity,
        chiefcomplaint=stream.pick(visit.disease.complaint),
    )


def _write_vital_signs(desk: Desk, visit: Visit, stay_id: int, end: int) -> None:
    stream = desk.stream(visit, "ed vital signs")
    moment = visit.start + stream.whole(4, 20) * MINUTE
    rhythm = "Atrial Fibrillation" if visit.disease.key == "atrial fibrillation" else "Sinus Rhythm"
    while moment < end:
        vitals = desk.body.vitals(stream, disease=visit.disease, severity=visit.severity_at(moment))
        desk.sheet.add(
            "vitalsign",
            stay_id=stay_id,
            charttime=text_of(whole_minute(moment)),
            temperature=vitals.temperature if stream.chance(0.6) else None,
            heartrate=vitals.heartrate,
            resprate=vitals.resprate,
            o2sat=vitals.o2sat if stream.chance(0.95) else None,
            sbp=vitals.sbp,
            dbp=vitals.dbp,
            rhythm=rhythm if stream.chance(0.1) else None,
            pain=stream.pick(("0", "0", "3", "5", "7", "asleep", None)),
        )
        moment += stream.whole(35, 150) * MINUTE


def _write_cabinet(desk: Desk, visit: Visit, stay_id: int, end: int) -> None:
    stream = desk.stream(visit, "ed cabinet")
    disease = visit.disease
    wanted = [drug for drug in (*disease.antibiotics, *disease.drugs) if drug in PYXIS]
    extra = stream.pick(("acetaminophen", "ondansetron", "morphine"))
    number = 0
    for drug in dict.fromkeys((*wanted, extra)):
        moment = visit.start + round(stream.exponential(2.2) * HOUR) + 10 * MINUTE
        if stream.chance(0.01):
            moment = visit.start - stream.whole(2, 30) * MINUTE
        given = stream.chance(0.75)
        if moment >= end or not given:
            continue
        number += 1
        name, gsns = PYXIS[drug]
        for rank, gsn in enumerate(gsns, start=1):
            desk.sheet.add(
                "pyxis",
                stay_id=stay_id,
                charttime=text_of(whole_minute(moment)),
                med_rn=number,
                name=name,
                gsn_rn=rank,
                gsn=gsn,
            )


def _write_home_drugs(desk: Desk, visit: Visit, stay_id: int, end: int) -> None:
    stream = desk.stream(visit, "ed home drugs")
    moment = visit.start + stream.whole(10, 180) * MINUTE
    asked = stream.chance(0.9)
    if moment >= end or not asked:
        return
    for drug in desk.course.patient.home_drugs:
        home = HOME_DRUGS[drug]
        for rank, (etccode, etcdescription) in enumerate(home.classes, start=1):
            desk.sheet.add(
                "medrecon",
                stay_id=stay_id,
                charttime=text_of(whole_minute(moment)),
                name=home.name,
                gsn=home.gsn,
                ndc=home.ndc,
                etc_rn=rank,
                etccode=etccode,
                etcdescription=etcdescription,
            )


def _write_diagnoses(desk: Desk, visit: Visit, stay_id: int) -> None:
    version = desk.course.patient.icd_version
    coded = visit.outcome.coded
    codes = [coded.icd10 if version == 10 else coded.icd9]
    stream = desk.stream(visit, "ed coding")
    for condition in coded_conditions(desk, stream, 0.25):
        code = condition.icd10 if version == 10 else condition.icd9
        if code not in codes:
            codes.append(code)
    for number, code in enumerate(codes, start=1):
        desk.sheet.add(
            "diagnosis",
            stay_id=stay_id,
            seq_num=number,
            icd_code=code,
            icd_version=version,
            icd_title=TITLES[code, version],
        )
