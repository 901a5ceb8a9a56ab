"""emar and emar_detail: which dose was given when, and who scanned what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.clocks import (
    DAY,
    HOUR,
    LAGS,
    MINUTE,
    midnight_of,
    text_of,
    whole_minute,
)
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.record.orders import poe_id
from clinseek.toolkits.ehr.synthetic.record.pharmacy import Medication, times
from clinseek.toolkits.ehr.synthetic.streams import Stream


@dataclass(frozen=True)
class Administration:
    """One dose that came due: when it was charted, stored, and what became of it."""

    medication: Medication
    scheduled: int
    charted: int
    stored: int
    event: str
    provider: str | None
    barcode: bool


_FIXED_EVENTS = (
    ("Administered", 0.885),
    ("Not Given", 0.075),
    ("Hold Dose", 0.015),
    ("Delayed Administered", 0.015),
    ("Administered in Other Location", 0.005),
    ("Delayed", 0.005),
)
_EARLIEST = 3 * HOUR
"""No dose is given more than this before it is due."""

_SLIDING_EVENTS = (
    ("Administered", 0.5),
    ("Not Given per Sliding Scale", 0.42),
    ("Not Given", 0.08),
)
_FLUSH_EVENTS = (("Flushed", 0.7), ("Not Flushed", 0.3))


def plan_administrations(
    desk: Desk, visit: Visit, medications: list[Medication]
) -> list[Administration]:
    """All doses of an admission that were charted before they were stopped."""
    if not desk.course.patient.has_emar:
        return []
    doses: list[Administration] = []
    for medication in medications:
        name = f"doses {medication.drug.key} {medication.order.moment}"
        stream = desk.stream(visit, name)
        doses += _doses(desk, medication, stream)
    return doses


def _doses(desk: Desk, medication: Medication, stream: Stream) -> Iterator[Administration]:
    fixed = medication.drug.schedule in ("fixed", "sliding scale")
    for due, event in _due(medication, stream):
        late = round(stream.normal(14, 24)) if fixed else 0
        charted = whole_minute(max(due + late * MINUTE, medication.given_from))
        lag = LAGS["emar"].minutes(stream)
        provider = stream.pick(desk.staff.providers) if stream.chance(0.08) else None
        barcode = stream.chance(0.86)
        if charted < medication.stop:
            stored = charted + lag * MINUTE
            yield Administration(medication, due, charted, stored, event, provider, barcode)


def _due(medication: Medication, stream: Stream) -> Iterator[tuple[int, str]]:
    """(moment, event) of each dose between the order and its end."""
    drug, begin, end = medication.drug, medication.given_from, medication.stop
    if drug.schedule == "once":
        yield whole_minute(begin + stream.whole(10, 90) * MINUTE), "Administered"
    elif drug.schedule == "as needed":
        moment = begin + round(stream.exponential(14) * HOUR)
        while moment < end:
            yield whole_minute(moment), "Administered"
            moment += round((4 + stream.exponential(16)) * HOUR)
    elif drug.schedule == "infusion":
        moment = begin + stream.whole(5, 40) * MINUTE
        yield whole_minute(moment), "Started"
        moment += round(stream.uniform(4, 12) * HOUR)
        while moment < end:
            yield whole_minute(moment), stream.pick(("Confirmed", "Confirmed", "Rate Change"))
            moment += round(stream.uniform(4, 12) * HOUR)
    else:
        yield from _at_the_hours(medication, stream, begin, end)


def _at_the_hours(
    medication: Medication, stream: Stream, begin: int, end: int
) -> Iterator[tuple[int, str]]:
    drug = medication.drug
    events: tuple[tuple[str, float], ...] = _FIXED_EVENTS
    if drug.key == "flush":
        events = _FLUSH_EVENTS
    elif drug.schedule == "sliding scale":
        events = _SLIDING_EVENTS
    last_due = end + _EARLIEST
    day = midnight_of(begin)
    while day < last_due:
        for hour in drug.hours:
            due = day + hour * HOUR
            if begin <= due < last_due:
                yield due, stream.weighted(events)
        day += DAY


def write_administrations(desk: Desk, doses: list[Administration]) -> None:
    """Rows of emar and emar_detail, numbered by charttime."""
    numbers = desk.stream(None, "emar numbers")
    sequence = numbers.whole(1, 30)
    doses.sort(key=lambda dose: dose.charted)
    for dose in doses:
        drug = dose.medication.drug
        fluid = drug.key in ("saline", "ringer")
        emar_id = f"{desk.sheet.subject_id}-{sequence}"
        desk.sheet.add(
            "emar",
            hadm_id=dose.medication.order.hadm_id,
            emar_id=emar_id,
            emar_seq=sequence,
            poe_id=poe_id(desk, dose.medication.order),
            pharmacy_id=None if drug.key == "flush" else dose.medication.pharmacy_id,
            enter_provider_id=dose.provider,
            charttime=text_of(dose.charted),
            medication=None if fluid else drug.name,
            event_txt=dose.event,
            scheduletime=text_of(dose.scheduled),
            storetime=text_of(dose.stored),
        )
        _write_details(desk, dose, emar_id, sequence)
        sequence += 1 if numbers.unit() < 0.97 else 2


def _write_details(desk: Desk, dose: Administration, emar_id: str, sequence: int) -> None:
    """The parent row of the dose, and a row for what was scanned when it was given."""
    drug, factor = dose.medication.drug, dose.medication.factor
    kind = _kind(dose)
    desk.sheet.add(
        "emar_detail",
        emar_id=emar_id,
        emar_seq=sequence,
        administration_type=kind,
        complete_dose_not_given="No" if dose.barcode else None,
        dose_due=times(drug.dose, factor),
        dose_due_unit=drug.unit,
        will_remainder_of_dose_be_given="No",
        route="PO" if drug.route.startswith("PO") and dose.barcode else None,
    )
    if dose.event.startswith(("Not ", "Hold", "Delayed ")) and dose.event != "Delayed Administered":
        return
    desk.sheet.add(
        "emar_detail",
        emar_id=emar_id,
        emar_seq=sequence,
        parent_field_ordinal="1.1",
        pharmacy_id=None if drug.key == "flush" else dose.medication.pharmacy_id,
        barcode_type="if" if dose.barcode else None,
        reason_for_no_barcode=None if dose.barcode else "Discarded Packaging",
        dose_given=times(drug.dose, factor),
        dose_given_unit=drug.unit,
        product_amount_given=times(drug.form_value, factor),
        product_unit=drug.form_unit,
        product_code=drug.formulary,
        product_description=f"{drug.name} {drug.strength}",
        infusion_rate="___" if kind == "IV Infusion" else None,
        new_iv_bag_hung="Y" if dose.event == "Started" else None,
    )


def _kind(dose: Administration) -> str:
    drug = dose.medication.drug
    if drug.key == "flush":
        return "IV Flush"
    if drug.schedule == "sliding scale":
        return "Insulin SC Sliding Scale"
    return "IV Infusion" if drug.schedule == "infusion" else "Standard Maintenance Medication"
