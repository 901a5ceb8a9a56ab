"""patients, admissions, transfers, services, icustays: who was where from when to when."""

from __future__ import annotations

from typing import NamedTuple

from clinseek.toolkits.ehr.synthetic.clocks import (
    DAY,
    HOUR,
    MINUTE,
    date_of,
    text_of,
    whole_minute,
    year_of,
)
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.streams import Stream


class Place(NamedTuple):
    """One row of transfers."""

    transfer_id: int
    eventtype: str
    careunit: str | None
    intime: int
    outtime: int | None
    intensive: bool = False


class IcuStay(NamedTuple):
    """One stay_id: consecutive intensive care with ward gaps of at most a day."""

    stay_id: int
    first_careunit: str
    last_careunit: str
    intime: int
    outtime: int


def write_patient(desk: Desk) -> None:
    """The one row of `patients`."""
    course, patient = desk.course, desk.course.patient
    desk.sheet.add(
        "patients",
        gender=patient.gender,
        anchor_age=min(91, patient.age + patient.anchor_delay),
        anchor_year=year_of(patient.first_visit) + patient.anchor_delay,
        anchor_year_group=patient.anchor_year_group,
        dod=None if course.death is None else date_of(course.death),
    )


def places_of(desk: Desk, visit: Visit) -> tuple[Place, ...]:
    """Where the patient was, in order; the last place of an admission is the leaving."""
    outcome = visit.outcome
    places: list[Place] = []
    if visit.emergency and outcome.ed_out is not None:
        places.append(
            Place(desk.place(visit, 0), "ED", "Emergency Department", visit.start, outcome.ed_out)
        )
    if outcome.placed is None:
        return tuple(places)
    moment = outcome.placed if visit.emergency else visit.start
    for entry, out in outcome.icu:
        if entry > moment:
            places.append(_ward(desk, visit, len(places), moment, entry))
        unit = visit.disease.icu_unit
        kind = "transfer" if _is_admitted(places) else "admit"
        number = len(places) + 1
        places.append(Place(desk.place(visit, number), kind, unit, entry, out, intensive=True))
        moment = out
    if moment < visit.end:
        places.append(_ward(desk, visit, len(places), moment, visit.end))
    places.append(Place(desk.place(visit, len(places) + 1), "discharge", None, visit.end, None))
    return tuple(places)


def _ward(desk: Desk, visit: Visit, before: int, moment: int, until: int) -> Place:
    kind = "admit" if before == int(visit.emergency) else "transfer"
    return Place(desk.place(visit, before + 1), kind, visit.disease.ward, moment, until)


def _is_admitted(places: list[Place]) -> bool:
    return any(place.eventtype == "admit" for place in places)


def icu_stays_of(places: tuple[Place, ...]) -> tuple[IcuStay, ...]:
    """ICU places, those apart by at most 24 hours under one stay_id, as MIMIC-IV builds them."""
    stays: list[IcuStay] = []
    for place in places:
        if not place.intensive or place.outtime is None or place.careunit is None:
            continue
        if stays and place.intime - stays[-1].outtime <= DAY:
            stays[-1] = stays[-1]._replace(last_careunit=place.careunit, outtime=place.outtime)
            continue
        stays.append(
            IcuStay(place.transfer_id, place.careunit, place.careunit, place.intime, place.outtime)
        )
    return tuple(stays)


def write_admission(desk: Desk, visit: Visit, places: tuple[Place, ...]) -> None:
    """Rows of transfers, and for an admission those of admissions, services and icustays."""
    _write_transfers(desk, visit, places)
    if visit.hadm_id is None:
        return
    _write_admissions(desk, visit)
    _write_services(desk, visit)
    for stay in icu_stays_of(places):
        desk.sheet.add(
            "icustays",
            hadm_id=visit.hadm_id,
            stay_id=stay.stay_id,
            first_careunit=stay.first_careunit,
            last_careunit=stay.last_careunit,
            intime=text_of(stay.intime),
            outtime=text_of(stay.outtime),
            los=f"{(stay.outtime - stay.intime) / DAY:.17g}",
        )


def _write_transfers(desk: Desk, visit: Visit, places: tuple[Place, ...]) -> None:
    after_death = visit.outcome.died_in_hospital and desk.stream(visit, "late leaving").chance(0.04)
    for place in places:
        late = after_death and place.eventtype == "discharge"
        desk.sheet.add(
            "transfers",
            hadm_id=visit.hadm_id,
            transfer_id=place.transfer_id,
            eventtype=place.eventtype,
            careunit=place.careunit,
            intime=text_of(place.intime + (3 * HOUR if late else 0)),
            outtime=None if place.outtime is None else text_of(place.outtime),
        )


def _write_admissions(desk: Desk, visit: Visit) -> None:
    patient, outcome = desk.course.patient, visit.outcome
    if outcome.admit is None:
        return
    stream = desk.stream(visit, "admission form")
    admission_type = _admission_type(desk, visit, stream)
    edout = outcome.ed_out
    noise = desk.stream(visit, "clock noise")
    if edout is not None and noise.chance(0.08):
        edout = whole_minute(edout + round(noise.normal(0, 25)) * MINUTE)
    deathtime: str | None = None
    unnoted = desk.stream(visit, "unnoted death").chance(0.02)
    if outcome.died_in_hospital and not unnoted:
        deathtime = text_of(whole_minute(visit.end))
    observation = admission_type.endswith("OBSERVATION")
    desk.sheet.add(
        "admissions",
        hadm_id=visit.hadm_id,
        admittime=text_of(whole_minute(outcome.admit)),
        dischtime=text_of(whole_minute(visit.end)),
        deathtime=deathtime,
        admission_type=admission_type,
        admit_provider_id=stream.pick(desk.staff.providers),
        admission_location=(
            stream.weighted(
                (
                    ("EMERGENCY ROOM", 0.72),
                    ("PHYSICIAN REFERRAL", 0.12),
                    ("TRANSFER FROM HOSPITAL", 0.1),
                    ("WALK-IN/SELF REFERRAL", 0.04),
                    ("CLINIC REFERRAL", 0.02),
                )
            )
            if visit.emergency
            else "PHYSICIAN REFERRAL"
        ),
        discharge_location=(
            None if observation and not outcome.died_in_hospital else outcome.discharge_location
        ),
        insurance=patient.insurance,
        language=patient.language,
        marital_status=patient.marital_status,
        race=patient.race,
        edregtime=text_of(whole_minute(visit.start)) if visit.emergency else None,
        edouttime=None if edout is None else text_of(edout),
        hospital_expire_flag=int(outcome.died_in_hospital),
    )


def _admission_type(desk: Desk, visit: Visit, stream: Stream) -> str:
    """In MIMIC the observation types encode how the stay went on; so they do when it is linked."""
    usual = (
        (("EW EMER.", 0.66), ("OBSERVATION ADMIT", 0.14), ("URGENT", 0.14), ("DIRECT EMER.", 0.06))
        if visit.emergency
        else (("SURGICAL SAME DAY ADMISSION", 0.6), ("ELECTIVE", 0.4))
    )
    drawn = stream.weighted(usual)
    linked = desk.course.dependence == "dependent"
    if linked and visit.emergency and visit.outcome.admit is not None:
        short = visit.end - visit.outcome.admit < 1.6 * DAY
        if short and not visit.outcome.icu and stream.chance(0.6):
            return "EU OBSERVATION"
    return drawn


def _write_services(desk: Desk, visit: Visit) -> None:
    admit = visit.outcome.admit
    if admit is None:
        return
    stream = desk.stream(visit, "services")
    first = visit.disease.service
    moment = admit + stream.whole(5, 400)
    desk.sheet.add(
        "services",
        hadm_id=visit.hadm_id,
        transfertime=text_of(moment),
        prev_service=None,
        curr_service=first,
    )
    later = moment + round(stream.exponential(9.0) * DAY)
    if later < visit.end:
        desk.sheet.add(
            "services",
            hadm_id=visit.hadm_id,
            transfertime=text_of(later),
            prev_service=first,
            curr_service=stream.pick([s for s in ("MED", "SURG", "CMED") if s != first]),
        )
