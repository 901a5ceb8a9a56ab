"""poe and poe_detail: the orders of the providers, numbered over the patient's whole life.

Orders are planned visit by visit as objects that know each other (what was changed, what was
discontinued) and get their numbers at the end, when all of them are known.
"""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.clocks import DAY, HOUR, MINUTE, midnight_of, text_of
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.physiology import ventilated
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.streams import Stream


@dataclass(eq=False)
class Order:
    """One row of poe; `sequence` is 0 until `number_orders` has run."""

    moment: int
    hadm_id: int
    provider: str
    order_type: str
    subtype: str | None = None
    transaction: str = "New"
    details: tuple[tuple[str, str], ...] = ()
    discontinues: Order | None = None
    discontinued_by: Order | None = None
    sequence: int = 0


_ADMISSION_BUNDLE: tuple[tuple[str, str | None, float], ...] = (
    ("General Care", "Vitals/Monitoring", 1.0),
    ("General Care", "Activity", 0.9),
    ("General Care", "Other", 0.8),
    ("Nutrition", "Diet Order", 0.95),
    ("IV therapy", "IV access", 0.85),
    ("General Care", "Telemetry", 0.4),
    ("General Care", "Therapeutic devices/DVT/Prophylaxis", 0.4),
    ("Lab", None, 1.0),
    ("Blood Bank", "Blood tests", 0.3),
    ("Radiology", "General Xray", 0.4),
    ("Cardiology", "ECG", 0.4),
)
_DAILY: tuple[tuple[str, str | None, float], ...] = (
    ("Lab", None, 0.95),
    ("Lab", None, 0.5),
    ("Lab", None, 0.3),
    ("General Care", "Other", 0.25),
    ("General Care", "Activity", 0.15),
    ("Nutrition", "Diet Order", 0.15),
    ("Radiology", "General Xray", 0.12),
    ("Radiology", "CT Scan", 0.05),
    ("Cardiology", "Echo", 0.05),
    ("Respiratory", "Oxygen Therapy", 0.12),
    ("Blood Bank", "Red Cell Product Order", 0.05),
    ("IV therapy", "IV access request", 0.06),
)
_CONSULTS = (
    "Physical Therapy",
    "Occupational Therapy",
    "Social Work",
    "Infectious Disease",
    "Nephrology",
    "Cardiology (General)",
)
_FULL_CODE = "Full code  (attempt resuscitation)"
_NO_CODE = "DNAR (DO NOT attempt resuscitation for cardiac arrest) "


def plan_care_orders(desk: Desk, visit: Visit, hadm_id: int, admit: int) -> list[Order]:
    """Every order of an admission that is not a drug."""
    orders = _admission_orders(desk, visit, hadm_id, admit)
    orders += _daily_orders(desk, visit, hadm_id, admit)
    orders += _consults(desk, visit, hadm_id, admit)
    orders += _intensive_orders(desk, visit, hadm_id)
    orders += _closing_orders(desk, visit, hadm_id)
    return orders


def _admission_orders(desk: Desk, visit: Visit, hadm_id: int, admit: int) -> list[Order]:
    stream = desk.stream(visit, "admission orders")
    provider = stream.pick(desk.staff.providers)
    linked = desk.course.dependence == "dependent"
    bed_request = admit - stream.whole(5, 25) * MINUTE if linked else admit
    ward = "Surgery" if visit.disease.service in ("SURG", "ORTHO", "CSURG") else "Medicine"
    details = (("Admit category", "Admit to inpatient"), ("Admit to", ward))
    orders = [Order(bed_request, hadm_id, provider, "ADT orders", "Admit", details=details)]
    moment = admit + stream.whole(5, 60) * MINUTE + stream.whole(0, 59)
    for order_type, subtype, share in _ADMISSION_BUNDLE:
        if stream.chance(share):
            orders.append(Order(moment, hadm_id, provider, order_type, subtype))
    no_code = stream.chance(0.04 + 0.002 * max(0, desk.course.patient.age - 60))
    code = (("Code status", _NO_CODE if no_code else _FULL_CODE),)
    orders.append(Order(moment, hadm_id, provider, "General Care", "Code status", details=code))
    if stream.chance(0.3 + 0.3 * visit.severity):
        drain = (("Tubes & Drains type", "Indwelling urinary catheter (IUC) - Foley"),)
        orders.append(
            Order(moment, hadm_id, provider, "General Care", "Tubes/Drains", details=drain)
        )
    return orders


def _daily_orders(desk: Desk, visit: Visit, hadm_id: int, admit: int) -> list[Order]:
    stream = desk.stream(visit, "daily orders")
    provider = stream.pick(desk.staff.providers)
    orders: list[Order] = []
    day = midnight_of(admit) + DAY
    while day < visit.end:
        for order_type, subtype, share in _DAILY:
            moment = day + round(stream.uniform(7, 19) * HOUR)
            wanted, cancelled = stream.chance(share), stream.chance(0.06)
            later = moment + stream.whole(20, 900) * MINUTE
            if not wanted or moment >= visit.end:
                continue
            order = Order(moment, hadm_id, provider, order_type, subtype)
            orders.append(order)
            if cancelled and later < visit.end:
                orders.append(discontinue(order, later, provider))
        day += DAY
    return orders


def discontinue(order: Order, moment: int, provider: str, *, transaction: str = "D/C") -> Order:
    """The order that ends `order`, by a plain stop (D/C) or by a new version of it (Change)."""
    ending = Order(
        moment,
        order.hadm_id,
        provider,
        order.order_type,
        order.subtype,
        transaction=transaction,
        discontinues=order,
    )
    order.discontinued_by = ending
    return ending


def _consults(desk: Desk, visit: Visit, hadm_id: int, admit: int) -> list[Order]:
    stream = desk.stream(visit, "consults")
    orders: list[Order] = []
    moment = admit + round(stream.exponential(2.5) * DAY) + HOUR
    while moment < visit.end:
        answered = moment + stream.whole(30, 1400) * MINUTE
        accepted = stream.chance(0.4)
        details: tuple[tuple[str, str], ...] = ()
        if accepted:
            details = (("Consult Status", "Accepted"), ("Consult Status Time", text_of(answered)))
        orders.append(
            Order(
                moment,
                hadm_id,
                stream.pick(desk.staff.providers),
                "Consults",
                stream.pick(_CONSULTS),
                details=details,
            )
        )
        moment += round(stream.exponential(2.5) * DAY) + HOUR
    return orders


def _intensive_orders(desk: Desk, visit: Visit, hadm_id: int) -> list[Order]:
    stream = desk.stream(visit, "icu orders")
    linked = desk.course.dependence == "dependent"
    orders: list[Order] = []
    for entry, out in visit.outcome.icu:
        provider = stream.pick(desk.staff.providers)
        moment = entry + stream.whole(3, 40) * MINUTE
        wanted: list[tuple[str, str]] = [("Critical Care", "Hemodynamic monitoring")]
        if ventilated(visit):
            wanted += [("Respiratory", "Mechanical Ventilation"), ("General Care", "Restraints")]
        asked = entry - stream.whole(10, 50) * MINUTE if linked else entry
        leaving = out - stream.whole(30, 240) * MINUTE if linked else out
        orders.append(_transfer(asked, hadm_id, provider, "ICU"))
        orders += [Order(moment, hadm_id, provider, *pair) for pair in wanted if moment < out]
        if out < visit.end:
            orders.append(_transfer(leaving, hadm_id, provider, "Medicine"))
    return orders


def _transfer(moment: int, hadm_id: int, provider: str, place: str) -> Order:
    details = (("Transfer to", place),)
    return Order(moment, hadm_id, provider, "ADT orders", "Transfer", details=details)


def _closing_orders(desk: Desk, visit: Visit, hadm_id: int) -> list[Order]:
    """The discharge order, hours before the door where it may foretell it, else at the door.

    A patient who is dying gets comfort care orders instead, in a linked cohort only.
    """
    stream = desk.course.stream("rows", visit.number, "closing orders", str(visit.end))
    linked = desk.course.dependence == "dependent"
    provider = stream.pick(desk.staff.providers)
    if visit.outcome.died_in_hospital:
        comfort = visit.end - round(stream.uniform(3, 40) * HOUR)
        admit = visit.start if visit.outcome.admit is None else visit.outcome.admit
        if not linked or comfort <= admit or stream.chance(0.35):
            return []
        code = (("Code status", "Do not resuscitate (DNR/DNI)"),)
        return [
            Order(comfort, hadm_id, provider, "General Care", "Code status", details=code),
            Order(comfort, hadm_id, provider, "Consults", "Palliative Care/Ethics Support"),
        ]
    moment = visit.end
    if linked:
        moment -= min(stream.whole(40, 360) * MINUTE, (visit.end - visit.start) // 3)
    planned = (("Discharge Planning", "Finalized"), ("Discharge When", "Discharge Now"))
    return [Order(moment, hadm_id, provider, "ADT orders", "Discharge", details=planned)]


def number_orders(desk: Desk, orders: list[Order]) -> None:
    """Number all orders of the patient by time, with the gaps that withdrawn drafts leave."""
    stream: Stream = desk.stream(None, "order numbers")
    sequence = stream.whole(1, 40)
    orders.sort(key=lambda order: order.moment)
    for order in orders:
        order.sequence = sequence
        sequence += 1 if stream.unit() < 0.95 else 2


def poe_id(desk: Desk, order: Order) -> str:
    """`subject_id-poe_seq`."""
    return f"{desk.sheet.subject_id}-{order.sequence}"


def write_orders(desk: Desk, orders: list[Order]) -> None:
    """Rows of poe and poe_detail."""
    for order in orders:
        key = poe_id(desk, order)
        ended, ending = order.discontinues, order.discontinued_by
        desk.sheet.add(
            "poe",
            poe_id=key,
            poe_seq=order.sequence,
            hadm_id=order.hadm_id,
            ordertime=text_of(order.moment),
            order_type=order.order_type,
            order_subtype=order.subtype,
            transaction_type=order.transaction,
            discontinue_of_poe_id=None if ended is None else poe_id(desk, ended),
            discontinued_by_poe_id=None if ending is None else poe_id(desk, ending),
            order_provider_id=order.provider,
            order_status="Inactive",
        )
        for field_name, field_value in order.details:
            desk.sheet.add(
                "poe_detail",
                poe_id=key,
                poe_seq=order.sequence,
                field_name=field_name,
                field_value=field_value,
            )
