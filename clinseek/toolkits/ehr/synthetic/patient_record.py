"""All rows of one patient, from the course to the filled sheet."""

from __future__ import annotations

from clinseek.toolkits.ehr.synthetic.clocks import DAY
from clinseek.toolkits.ehr.synthetic.course import Course, Visit
from clinseek.toolkits.ehr.synthetic.physiology import Physiology
from clinseek.toolkits.ehr.synthetic.record.administration import (
    Administration,
    plan_administrations,
    write_administrations,
)
from clinseek.toolkits.ehr.synthetic.record.admission import (
    Place,
    icu_stays_of,
    places_of,
    write_admission,
    write_patient,
)
from clinseek.toolkits.ehr.synthetic.record.charting import (
    IcuPeriod,
    write_flowsheet,
    write_repeated_labs,
)
from clinseek.toolkits.ehr.synthetic.record.coding import code_admission, write_coding
from clinseek.toolkits.ehr.synthetic.record.desk import Desk, Staff
from clinseek.toolkits.ehr.synthetic.record.discharge_notes import write_discharge_note
from clinseek.toolkits.ehr.synthetic.record.emergency import write_emergency_visit
from clinseek.toolkits.ehr.synthetic.record.infusions import write_infusions
from clinseek.toolkits.ehr.synthetic.record.laboratory import (
    number_labs,
    write_clinic_labs,
    write_visit_labs,
)
from clinseek.toolkits.ehr.synthetic.record.lines import write_devices
from clinseek.toolkits.ehr.synthetic.record.microbiology import number_cultures, write_cultures
from clinseek.toolkits.ehr.synthetic.record.orders import (
    Order,
    number_orders,
    plan_care_orders,
    write_orders,
)
from clinseek.toolkits.ehr.synthetic.record.outpatient import write_clinic_visits
from clinseek.toolkits.ehr.synthetic.record.pharmacy import (
    Medication,
    number_medications,
    plan_medications,
    write_pharmacy,
)
from clinseek.toolkits.ehr.synthetic.record.radiology import Report, plan_reports, write_reports
from clinseek.toolkits.ehr.synthetic.sheet import Sheet
from clinseek.toolkits.ehr.synthetic.streams import Identifiers

CLINIC_BEFORE = 400 * DAY
"""How long before the first visit the clinic already knows the patient."""


def desk_of(course: Course, identifiers: Identifiers, staff: Staff) -> Desk:
    """The desk of the patient whose course this is, its sheet empty."""
    return Desk(course, Sheet(course.patient.subject_id), Physiology(course), identifiers, staff)


def write_patient_record(desk: Desk) -> None:
    """Every row of the patient, onto the sheet of the desk."""
    course = desk.course
    write_patient(desk)
    clinic_start = course.patient.first_visit - CLINIC_BEFORE
    write_clinic_visits(desk, clinic_start)
    write_clinic_labs(desk, clinic_start)
    places = {visit.number: places_of(desk, visit) for visit in course.visits}
    for visit in course.visits:
        write_admission(desk, visit, places[visit.number])
        write_emergency_visit(desk, visit)
        write_visit_labs(desk, visit)
        write_cultures(desk, visit)
    number_labs(desk)
    number_cultures(desk)
    medications = _write_orders(desk)
    for visit in course.visits:
        _write_intensive_care(desk, visit, places[visit.number])
    _write_closing(desk, medications)


def _write_orders(desk: Desk) -> dict[int, list[Medication]]:
    """Orders, pharmacy and administrations; the pharmacy entries by visit."""
    orders: list[Order] = []
    doses: list[Administration] = []
    medications: dict[int, list[Medication]] = {}
    for visit in desk.course.visits:
        admit, hadm_id = visit.outcome.admit, visit.hadm_id
        if admit is None or hadm_id is None:
            continue
        drug_orders, medications[visit.number] = plan_medications(desk, visit, hadm_id, admit)
        orders += plan_care_orders(desk, visit, hadm_id, admit) + drug_orders
        doses += plan_administrations(desk, visit, medications[visit.number])
    number_orders(desk, orders)
    number_medications(desk, [entry for entries in medications.values() for entry in entries])
    write_orders(desk, orders)
    for visit in desk.course.visits:
        write_pharmacy(desk, visit, medications.get(visit.number, []))
    write_administrations(desk, doses)
    return medications


def _write_intensive_care(desk: Desk, visit: Visit, places: tuple[Place, ...]) -> None:
    stays = icu_stays_of(places)
    for number, (entry, out) in enumerate(visit.outcome.icu):
        stay_id = next(stay.stay_id for stay in stays if stay.intime <= entry < stay.outtime)
        period = IcuPeriod(visit, number, stay_id, entry, out)
        write_flowsheet(desk, period)
        write_repeated_labs(desk, period)
        write_infusions(desk, period)
        write_devices(desk, period)


def _write_closing(desk: Desk, medications: dict[int, list[Medication]]) -> None:
    """What is written when a stay is over: codes, discharge notes; and the radiology reports."""
    reports: list[Report] = []
    sequence = 1
    for visit in desk.course.visits:
        reports += plan_reports(desk, visit)
        if visit.hadm_id is None:
            continue
        coding = code_admission(desk, visit)
        write_coding(desk, visit, coding)
        entries = medications.get(visit.number, [])
        sequence += int(write_discharge_note(desk, visit, coding, entries, sequence))
    write_reports(desk, reports)
