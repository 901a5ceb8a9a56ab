"""procedureevents, datetimeevents and outputevents: lines, ventilators, tasks, what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from clinseek.toolkits.ehr.synthetic.clocks import (
    HOUR,
    LAGS,
    MINUTE,
    midnight_of,
    text_of,
    whole_minute,
)
from clinseek.toolkits.ehr.synthetic.physiology import in_shock, ventilated
from clinseek.toolkits.ehr.synthetic.record.charting import IcuPeriod
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.sheet import Cell
from clinseek.toolkits.ehr.synthetic.streams import Stream


class Device(NamedTuple):
    """Something that stays in the patient for a while, and the items that date it."""

    itemid: int
    category: str
    hours: float
    locations: tuple[str, ...]
    location_category: str | None
    inserted_itemid: int | None
    changed_itemid: int | None


_PERIPHERAL = ("Right Antecubital", "Left Antecubital", "Right Metacarpal", "Left Metacarpal")
_VENTILATOR = Device(225792, "Ventilation", 70, (), None, None, None)
_ARTERIAL = Device(
    225752, "Invasive Lines", 75, ("Right Radial", "Left Radial"), "Invasive Arterial",
    224288, 224290,
)  # fmt: skip
_CENTRAL = Device(
    224263, "Invasive Lines", 120, ("Right IJ", "Left IJ"), "Invasive Venous", 224280, 224282
)
_GAUGE_20 = Device(224275, "Peripheral Lines", 72, _PERIPHERAL, "Peripheral", 225754, None)
_GAUGE_18 = Device(224277, "Peripheral Lines", 60, _PERIPHERAL, "Peripheral", 225755, None)
_FOLEY = Device(229351, "Tubes", 90, ("Urethral",), "Catheter, GU", 229352, None)

_TASKS = (
    (225459, "Imaging", 0.9, 30.0),
    (225402, "Procedures", 0.5, 60.0),
    (228129, "Communication", 0.6, 26.0),
    (225401, "Procedures", 0.25, 70.0),
    (221214, "Imaging", 0.25, 90.0),
    (225432, "Imaging", 0.2, 110.0),
)


def write_devices(desk: Desk, period: IcuPeriod) -> None:
    """Devices, tasks and outputs of one period in the ICU."""
    for device in _devices(desk, period):
        _write_device(desk, period, device)
    _write_tasks(desk, period)
    _write_outputs(desk, period)


def _devices(desk: Desk, period: IcuPeriod) -> Iterator[Device]:
    stream = desk.stream(period.visit, f"devices {period.number}")
    yield _GAUGE_20
    if stream.chance(0.6):
        yield _GAUGE_18
    if stream.chance(0.6):
        yield _FOLEY
    if ventilated(period.visit):
        yield _VENTILATOR
    if ventilated(period.visit) or in_shock(period.visit):
        yield _ARTERIAL
    if in_shock(period.visit):
        yield _CENTRAL


def _write_device(desk: Desk, period: IcuPeriod, device: Device) -> None:
    """The row of the device is stored around its end; leaving the ICU may come before that.

    Where the patient leaves first, the row is stored at or after the leaving, unless it was
    stored already: so what is known before then does not depend on when it is.
    """
    stream = desk.stream(period.visit, f"device {device.itemid} {period.number}")
    start = period.entry + stream.whole(0, 240) * MINUTE
    planned = start + round(stream.uniform(0.3, 1.8) * device.hours) * HOUR
    lag = LAGS["procedureevents after endtime"].minutes(stream) * MINUTE
    if start >= period.out:
        return
    end, stored = planned, max(start, planned + lag)
    if planned > period.out:
        end = period.out
        if stored > period.out:
            stored = period.out + abs(lag) % HOUR
    location = stream.pick(device.locations) if device.locations else None
    minutes = (whole_minute(end) - whole_minute(start)) // MINUTE
    _write_procedure(
        desk, period, stream, device.itemid, start=start, end=end, stored=stored,
        value=minutes, unit="min", category=device.category, location=location,
        location_category=device.location_category,
    )  # fmt: skip
    if device is _VENTILATOR:
        _write_task(desk, period, stream, 224385, "Intubation/Extubation", start)
        if planned < period.out:
            _write_task(desk, period, stream, 227194, "Intubation/Extubation", planned)
    _write_dates(desk, period, device, start, end)


def _write_procedure(
    desk: Desk, period: IcuPeriod, stream: Stream, itemid: int, *, start: int, end: int,
    stored: int, value: Cell, unit: str, category: str, location: str | None = None,
    location_category: str | None = None,
) -> None:  # fmt: skip
    automatic = stream.chance(0.04)
    order = stream.whole(100_000, 9_999_999)
    fraction = f".{stream.whole(0, 99) * 10:03d}" if automatic else ""
    caregiver = stream.pick(desk.staff.caregivers)
    desk.sheet.add(
        "procedureevents",
        **period.keys,
        caregiver_id=None if automatic else caregiver,
        starttime=text_of(whole_minute(start)),
        endtime=text_of(whole_minute(end)),
        storetime=text_of(whole_minute(stored)) + fraction,
        itemid=itemid,
        value=value,
        valueuom=unit,
        location=location,
        locationcategory=location_category,
        orderid=order,
        linkorderid=order,
        ordercategoryname=category,
        ordercategorydescription="Task" if unit == "None" else "ContinuousProcess",
        patientweight=f"{desk.course.patient.weight_kg:.1f}",
        isopenbag=0 if unit == "None" else 1,
        continueinnextdept=0,
        statusdescription="FinishedRunning",
        originalamount=value,
        originalrate=0 if unit == "None" else 1,
    )


def _write_task(
    desk: Desk, period: IcuPeriod, stream: Stream, itemid: int, category: str, moment: int
) -> None:
    stored = moment + round(stream.exponential(9)) * MINUTE
    _write_procedure(
        desk, period, stream, itemid, start=moment, end=moment + MINUTE, stored=stored,
        value=1, unit="None", category=category,
    )  # fmt: skip


def _write_tasks(desk: Desk, period: IcuPeriod) -> None:
    for itemid, category, share, hours in _TASKS:
        stream = desk.stream(period.visit, f"task {itemid} {period.number}")
        wanted = stream.chance(share)
        moment = period.entry + round(stream.exponential(hours / 6) * HOUR) + 10 * MINUTE
        while wanted and moment < period.out:
            _write_task(desk, period, stream, itemid, category, moment)
            moment += round((4 + stream.exponential(hours)) * HOUR)


def _write_dates(desk: Desk, period: IcuPeriod, device: Device, start: int, end: int) -> None:
    """The nurse of each shift charts when a line was put in and when its tubing was changed."""
    stream = desk.stream(period.visit, f"dates {device.itemid} {period.number}")
    moment = start + stream.whole(30, 300) * MINUTE
    while moment < end:
        moment = whole_minute(moment)
        for itemid, value, unit in (
            (device.inserted_itemid, midnight_of(start), "Date"),
            (device.changed_itemid, moment - moment % HOUR, "Date and Time"),
        ):
            if itemid is None:
                continue
            desk.sheet.add(
                "datetimeevents",
                **period.keys,
                caregiver_id=stream.pick(desk.staff.caregivers),
                charttime=text_of(moment),
                storetime=text_of(moment + LAGS["datetimeevents"].minutes(stream) * MINUTE),
                itemid=itemid,
                value=text_of(value),
                valueuom=unit,
                warning=int(stream.chance(0.001)),
            )
        moment += round(stream.uniform(9, 14) * HOUR)


def _write_outputs(desk: Desk, period: IcuPeriod) -> None:
    stream = desk.stream(period.visit, f"outputs {period.number}")
    visit = period.visit
    catheter = visit.severity > 0.35
    moment = period.entry - period.entry % HOUR + 2 * HOUR
    while moment < period.out:
        failing = min(0.85, visit.disease.labs.get(50912, 0.0) / 5 * visit.severity_at(moment))
        hourly = desk.course.patient.weight_kg * stream.lognormal(0.9, 0.4) * (1 - failing)
        _write_output(desk, period, stream, 226559 if catheter else 226560, moment, 2 * hourly)
        if visit.disease.key == "coronary bypass" and moment < period.entry + 60 * HOUR:
            _write_output(desk, period, stream, 226588, moment, stream.uniform(10, 90))
        if stream.chance(0.03):
            _write_output(desk, period, stream, 226579, moment, stream.uniform(50, 300))
        moment += (2 if catheter else 4) * HOUR


def _write_output(
    desk: Desk, period: IcuPeriod, stream: Stream, itemid: int, moment: int, volume: float
) -> None:
    desk.sheet.add(
        "outputevents",
        **period.keys,
        caregiver_id=stream.pick(desk.staff.caregivers),
        charttime=text_of(moment),
        storetime=text_of(moment + LAGS["outputevents"].minutes(stream) * MINUTE),
        itemid=itemid,
        value=round(volume / 5) * 5,
        valueuom="ml",
    )
