"""pharmacy and prescriptions: what is ordered for how long, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.catalogue.drugs import DRUGS, ROUTINE, Drug
from clinseek.toolkits.ehr.synthetic.clocks import (
    DAY,
    HOUR,
    LAGS,
    MINUTE,
    date_of,
    text_of,
    whole_minute,
)
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.physiology import in_shock, ventilated
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.record.orders import Order, discontinue, poe_id
from clinseek.toolkits.ehr.synthetic.sheet import Row
from clinseek.toolkits.ehr.synthetic.streams import Stream


@dataclass(eq=False)
class Medication:
    """One entry of the pharmacy: a drug from `start` to `stop` under one order."""

    drug: Drug
    order: Order
    entered: int
    start: int
    stop: int
    status: str
    given_from: int
    factor: int = 1
    """Multiple of the usual dose."""
    pharmacy_id: int = 0


def plan_medications(
    desk: Desk, visit: Visit, hadm_id: int, admit: int
) -> tuple[list[Order], list[Medication]]:
    """Drug orders of an admission and the pharmacy entries they lead to."""
    orders: list[Order] = []
    medications: list[Medication] = []
    for key, begin, until in _wanted(desk, visit, admit):
        stream = desk.stream(visit, f"drug {key} {begin}")
        for medication in _entries(
            desk, visit, stream, DRUGS[key], hadm_id=hadm_id, begin=begin, until=until
        ):
            medications.append(medication)
            orders.append(medication.order)
            ending = medication.order.discontinued_by
            if ending is not None and ending.transaction == "D/C":
                orders.append(ending)
    return orders, medications


def _wanted(desk: Desk, visit: Visit, admit: int) -> Iterator[tuple[str, int, int]]:
    """(drug, moment of the order, latest end) in the course of an admission."""
    stream = desk.stream(visit, "prescribing")
    disease = visit.disease
    linked = desk.course.dependence == "dependent"
    at_once = {key for key in (*disease.antibiotics, *disease.drugs) if stream.chance(0.35)}
    keys = dict.fromkeys(
        (*disease.antibiotics, *disease.drugs, *ROUTINE, *desk.course.patient.home_drugs)
    )
    for key in keys:
        wanted = stream.chance(0.88)
        begin = admit + stream.whole(8, 150) * MINUTE + stream.whole(0, 59)
        if linked and visit.emergency and key in at_once:
            begin = visit.start + stream.whole(30, 100) * MINUTE
        if wanted and begin < visit.end:
            yield key, begin, visit.end
    for key, days in (("potassium", 2.5), ("magnesium", 3.0), ("ondansetron", 7.0)):
        later = admit + round(stream.exponential(days) * DAY) + 2 * HOUR
        if key in keys and DRUGS[key].schedule != "once":
            continue
        again = desk.stream(visit, f"repeats of {key}")
        while later < visit.end:
            yield key, later, visit.end
            later += round(again.exponential(days) * DAY) + 2 * HOUR
    for number, (entry, out) in enumerate(visit.outcome.icu):
        drips = desk.stream(visit, f"drips {number}")
        begin = entry + drips.whole(5, 60) * MINUTE
        for key in _drips(visit):
            if begin < out:
                yield key, begin + drips.whole(0, 9) * MINUTE, out


def _drips(visit: Visit) -> tuple[str, ...]:
    keys = ("norepinephrine",) if in_shock(visit) else ()
    return (*keys, "propofol", "fentanyl") if ventilated(visit) else keys


def _entries(
    desk: Desk, visit: Visit, stream: Stream, drug: Drug, *, hadm_id: int, begin: int, until: int
) -> Iterator[Medication]:
    """The entry of one drug and, where the dose is changed, the entries that follow it."""
    order_type, subtype = ("Medications", None)
    if drug.formulary in ("NSLV", "LR1000"):
        order_type, subtype = "IV therapy", "IV fluids"
    order = Order(begin, hadm_id, stream.pick(desk.staff.providers), order_type, subtype)
    factor = 1
    given_from = begin
    for version in range(3):
        life, status = _life(stream, drug)
        changed = stream.chance(0.16) and version < 2 and drug.schedule in ("fixed", "as needed")
        ending_provider = stream.pick(desk.staff.providers)
        stop = order.moment + life
        medication = _entry(desk, visit, stream, drug, order, stop=min(stop, until), status=status)
        medication.factor, medication.given_from = factor, given_from
        if stop >= until:
            if drug.schedule != "once":
                medication.status = "Discontinued via patient discharge"
            yield medication
            return
        if drug.schedule == "once":
            yield medication
            return
        kind = "Change" if changed else "D/C"
        ending = discontinue(order, stop, ending_provider, transaction=kind)
        medication.status = "Inactive (Due to a change order)" if changed else "Discontinued"
        yield medication
        if not changed:
            return
        order, factor, given_from = ending, 2, ending.moment


def _life(stream: Stream, drug: Drug) -> tuple[int, str]:
    """Seconds until the order is ended, and what is then said of it."""
    if drug.schedule == "once":
        return stream.whole(2, 8) * HOUR, "Expired"
    if drug.schedule == "infusion":
        return round((4 + stream.exponential(40)) * HOUR), "Discontinued"
    return round((10 + stream.exponential(150)) * HOUR), "Discontinued"


def _entry(
    desk: Desk, visit: Visit, stream: Stream, drug: Drug, order: Order, *, stop: int, status: str
) -> Medication:
    """A pharmacy entry: some are linked to an order much younger or older than they are."""
    linked = desk.course.dependence == "dependent"
    admit = visit.start if visit.outcome.admit is None else visit.outcome.admit
    earliest = visit.start if linked else admit
    lag = LAGS["prescriptions starttime after order"].minutes(stream)
    delay = LAGS["pharmacy starttime after entertime"].minutes(stream)
    start = max(order.moment + lag * MINUTE, earliest - 2 * HOUR)
    entered = order.moment + round(stream.exponential(300))
    if linked and lag < -60:
        entered = max(start - delay * MINUTE, earliest)
    return Medication(
        drug=drug,
        order=order,
        entered=entered,
        start=start + -start % HOUR if stream.chance(0.6) else whole_minute(start),
        stop=stop,
        status=status,
        given_from=order.moment,
    )


def number_medications(desk: Desk, medications: list[Medication]) -> None:
    """Give all entries of the patient their pharmacy_id, in the order of their orders."""
    medications.sort(key=lambda medication: medication.order.moment)
    for number, medication in enumerate(medications):
        medication.pharmacy_id = desk.identifiers.pharmacy(desk.course.patient.index, number)


def write_pharmacy(desk: Desk, visit: Visit, medications: list[Medication]) -> None:
    """Rows of pharmacy and prescriptions of one visit."""
    for medication in medications:
        stream = desk.stream(visit, f"pharmacy {medication.order.moment} {medication.drug.key}")
        stop = _stop_text(stream, visit, medication)
        unlinked = stream.chance(0.007)
        _write_entry(desk, stream, medication, stop, unlinked=unlinked)
        _write_prescriptions(desk, stream, medication, stop, unlinked=unlinked)


def _stop_text(stream: Stream, visit: Visit, medication: Medication) -> int | None:
    """Stop of the entry; what the discharge ends is ended at a full hour soon after it."""
    stop = medication.stop
    absent, reversed_clock, hours = stream.chance(0.006), stream.chance(0.005), stream.whole(1, 6)
    if absent:
        return None
    if reversed_clock:
        return medication.start - HOUR
    return stop - stop % HOUR + hours * HOUR if stop >= visit.end else whole_minute(stop)


def _write_entry(
    desk: Desk, stream: Stream, medication: Medication, stop: int | None, *, unlinked: bool
) -> None:
    drug = medication.drug
    bare = stream.chance(0.005)
    bulky = drug.form_unit == "BAG"
    desk.sheet.add(
        "pharmacy",
        hadm_id=medication.order.hadm_id,
        pharmacy_id=medication.pharmacy_id,
        poe_id=None if unlinked else poe_id(desk, medication.order),
        starttime=(date_of if bare else text_of)(medication.start),
        stoptime=None if stop is None else (date_of if bare else text_of)(stop),
        medication=None if drug.key in ("saline", "ringer") else drug.name,
        proc_type="IV Large Volume" if drug.schedule == "infusion" or drug.key == "ringer"
        else "IV Piggyback" if bulky else "Unit Dose",
        status=medication.status,
        entertime=text_of(medication.entered),
        verifiedtime=None if stream.chance(0.0004) else text_of(medication.entered),
        route=drug.route,
        frequency=drug.frequency,
        disp_sched=", ".join(f"{hour:02d}" for hour in drug.hours) or None,
        infusion_type="C" if drug.schedule == "infusion" else None,
        sliding_scale="Y" if drug.schedule == "sliding scale" else "N" if bulky else None,
        doses_per_24_hrs=len(drug.hours) or None,
        duration=1 if drug.schedule == "once" else None,
        duration_interval="Doses" if drug.schedule == "once" else "Ongoing",
        expiration_value=None if bulky else 365,
        expiration_unit="Enter on Label" if bulky else "Days",
        dispensation="Floor Stock Item" if bulky else "Omnicell",
    )  # fmt: skip


def _write_prescriptions(
    desk: Desk, stream: Stream, medication: Medication, stop: int | None, *, unlinked: bool
) -> None:
    drug, order = medication.drug, medication.order
    shared: Row = {
        "hadm_id": order.hadm_id,
        "pharmacy_id": medication.pharmacy_id,
        "poe_id": None if unlinked else poe_id(desk, order),
        "poe_seq": None if unlinked else order.sequence,
        "order_provider_id": None if unlinked else order.provider,
        "starttime": text_of(medication.start),
        "stoptime": None if stop is None else text_of(stop),
        "doses_per_24_hrs": len(drug.hours) or None,
        "route": drug.route,
    }
    only_base = drug.key in ("saline", "ringer")
    if not only_base:
        desk.sheet.add(
            "prescriptions",
            **shared,
            drug_type="MAIN",
            drug=drug.name,
            formulary_drug_cd=drug.formulary,
            gsn=drug.gsn,
            ndc=drug.ndc,
            prod_strength=drug.strength,
            dose_val_rx=times(drug.dose, medication.factor),
            dose_unit_rx=drug.unit,
            form_val_disp=times(drug.form_value, medication.factor),
            form_unit_disp=drug.form_unit,
        )
    parts = [("BASE", drug.base), ("ADDITIVE", drug.additive)]
    for drug_type, part in parts:
        if part is None or (drug_type == "ADDITIVE" and not stream.chance(0.25)):
            continue
        desk.sheet.add(
            "prescriptions",
            **shared,
            drug_type=drug_type,
            drug=part.drug,
            formulary_drug_cd=part.formulary,
            ndc="0",
            prod_strength=part.strength,
            dose_val_rx=part.dose,
            dose_unit_rx=part.unit,
            form_val_disp="1",
            form_unit_disp="BAG",
        )


def times(amount: str, factor: int) -> str:
    """An amount as written on a prescription, times a whole number.

    >>> times("0.3", 2), times("25,000", 1), times("650", 2)
    ('0.6', '25,000', '1300')
    """
    return amount if factor == 1 else f"{float(amount.replace(',', '')) * factor:g}"
