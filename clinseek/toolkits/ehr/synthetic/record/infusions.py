"""inputevents and ingredientevents: what runs into the patient in the ICU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.clocks import HOUR, LAGS, MINUTE, text_of, whole_minute
from clinseek.toolkits.ehr.synthetic.physiology import in_shock, ventilated
from clinseek.toolkits.ehr.synthetic.record.charting import IcuPeriod
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.sheet import Row, plain
from clinseek.toolkits.ehr.synthetic.streams import Stream

_MAIN = "Main order parameter"
_MIXED = "Mixed solution"
_CRYSTALLOIDS = "02-Fluids (Crystalloids)"


@dataclass(frozen=True)
class Drip:
    """A continuous drug: rate per unit, its diluent, and how much of it is in a bag."""

    itemid: int
    rateuom: str
    amountuom: str
    rate: float
    spread: float
    bag_amount: float
    bag_ml: float
    diluent: int


_NOREPINEPHRINE = Drip(221906, "mcg/kg/min", "mg", 0.12, 0.6, 8, 250, 220949)
_PROPOFOL = Drip(222168, "mcg/kg/min", "mg", 30, 0.35, 1000, 100, 225158)
_FENTANYL = Drip(225942, "mcg/hour", "mg", 75, 0.35, 2.5, 50, 225158)
_INSULIN = Drip(223258, "units/hour", "units", 5, 0.4, 100, 100, 225158)
_HEPARIN = Drip(225152, "units/hour", "units", 1000, 0.2, 25000, 250, 220949)


@dataclass(frozen=True)
class Push:
    """A dose or bolus: item, amount, categories, and hours between two of them."""

    itemid: int
    amount: float
    unit: str
    category: str
    kind: str
    hours: float
    diluent_ml: float = 0.0


_ANTIBIOTICS = {"vancomycin": 225798, "cefepime": 225851, "ceftriaxone": 225855,
                "piperacillin": 225893}  # fmt: skip


def write_infusions(desk: Desk, period: IcuPeriod) -> None:
    """Everything given in one period of ICU care, by drip, push, bolus or mouth."""
    for drip in _drips(period):
        _write_drip(desk, period, drip)
    _write_maintenance(desk, period)
    for push in _pushes(desk, period):
        _write_pushes(desk, period, push)


def _drips(period: IcuPeriod) -> Iterator[Drip]:
    disease = period.visit.disease.key
    if in_shock(period.visit):
        yield _NOREPINEPHRINE
    if ventilated(period.visit):
        yield from (_PROPOFOL, _FENTANYL)
    if disease == "diabetic ketoacidosis":
        yield _INSULIN
    if disease == "NSTEMI":
        yield _HEPARIN


def _pushes(desk: Desk, period: IcuPeriod) -> Iterator[Push]:
    disease = period.visit.disease
    for key in disease.antibiotics:
        if key in _ANTIBIOTICS:
            yield Push(_ANTIBIOTICS[key], 1, "dose", "08-Antibiotics (IV)", "Drug Push", 11, 100)
    yield Push(225975, 1, "dose", "11-Prophylaxis (Non IV)", "Drug Push", 10)
    yield Push(225910, 1, "dose", "10-Prophylaxis (IV)", "Drug Push", 20, 10)
    if disease.labs.get(51222, 0) < -2:
        yield Push(225168, 350, "ml", "07-Blood Products", "Bolus", 30)
    if disease.key == "heart failure":
        yield Push(221794, 40, "mg", "05-Med Bolus", "Drug Push", 10)
    if any(condition.icd10 == "E119" for condition in desk.course.patient.conditions):
        yield Push(223262, 6, "units", "06-Insulin (Non IV)", "Drug Push", 7)
    if in_shock(period.visit):
        yield Push(225158, 1000, "ml", "03-IV Fluid Bolus", "Bolus", 18)
    if not ventilated(period.visit):
        yield Push(226452, 240, "ml", "14-Oral/Gastric Intake", "Bolus", 5)


def _write_drip(desk: Desk, period: IcuPeriod, drip: Drip) -> None:
    """A drip with its changes of rate, until it is weaned or the patient leaves."""
    stream = desk.stream(period.visit, f"drip {drip.itemid} {period.number}")
    moment = whole_minute(period.entry) + stream.whole(10, 120) * MINUTE
    weaned = whole_minute(moment + round((10 + stream.exponential(50)) * HOUR))
    link = stream.whole(100_000, 9_999_999)
    order = link
    rate = stream.lognormal(drip.rate, drip.spread)
    while moment < min(weaned, period.out):
        length = round(stream.uniform(0.4, 9) * HOUR)
        planned = whole_minute(min(moment + length, weaned))
        end = max(min(planned, period.out), moment + MINUTE)
        hours = (end - moment) / HOUR
        amount = _drug_amount(drip, rate, hours, desk.course.patient.weight_kg)
        volume = amount / drip.bag_amount * drip.bag_ml
        shared = _shared(desk, period, stream, moment, end, order=order, link=link)
        shared["statusdescription"] = "Stopped" if end >= weaned else "ChangeDose/Rate"
        cells: Row = {
            **shared,
            "ordercategoryname": "01-Drips",
            "secondaryordercategoryname": _CRYSTALLOIDS,
            "ordercategorydescription": "Continuous Med",
            "patientweight": f"{desk.course.patient.weight_kg:.1f}",
            "totalamount": drip.bag_ml,
            "totalamountuom": "ml",
            "isopenbag": 0,
            "continueinnextdept": 0,
        }
        desk.sheet.add(
            "inputevents", **cells, itemid=drip.itemid, amount=plain(amount, 6),
            amountuom=drip.amountuom, rate=plain(rate, 6), rateuom=drip.rateuom,
            ordercomponenttypedescription=_MAIN, originalamount=plain(drip.bag_amount, 3),
            originalrate=plain(rate, 3),
        )  # fmt: skip
        flow = volume / hours
        desk.sheet.add(
            "inputevents", **cells, itemid=drip.diluent, amount=plain(volume, 6),
            amountuom="ml", rate=plain(flow, 6), rateuom="mL/hour",
            ordercomponenttypedescription=_MIXED, originalamount=plain(drip.bag_ml, 3),
            originalrate=plain(flow, 3),
        )  # fmt: skip
        _write_ingredients(desk, shared, (227074, 220490), volume, flow)
        if drip.itemid == 222168:
            _write_ingredients(desk, shared, (226060,), 1.1 * volume, 1.1 * flow, unit="Kcal")
        order = stream.whole(100_000, 9_999_999)
        rate = max(drip.rate / 20, rate * stream.lognormal(0.93, 0.25))
        moment = planned


def _drug_amount(drip: Drip, rate: float, hours: float, weight: float) -> float:
    """Amount in `amountuom` that ran in at `rate` over `hours`."""
    if drip.rateuom == "mcg/kg/min":
        return rate * weight * 60 * hours / 1000
    if drip.rateuom == "mcg/hour":
        return rate * hours / 1000
    return rate * hours


def _write_maintenance(desk: Desk, period: IcuPeriod) -> None:
    stream = desk.stream(period.visit, f"maintenance {period.number}")
    moment = period.entry + stream.whole(5, 60) * MINUTE
    while moment < period.out:
        rate = stream.pick((10.0, 10.0, 50.0, 75.0, 125.0))
        planned = whole_minute(moment + round(stream.uniform(3, 14) * HOUR))
        end = max(min(planned, period.out), moment + MINUTE)
        volume = rate * (end - moment) / HOUR
        order = stream.whole(100_000, 9_999_999)
        shared = _shared(desk, period, stream, moment, end, order=order, link=order)
        shared["statusdescription"] = "FinishedRunning"
        desk.sheet.add(
            "inputevents", **shared, itemid=stream.pick((225158, 225828)),
            amount=plain(volume, 6), amountuom="ml", rate=plain(rate, 3), rateuom="mL/hour",
            ordercategoryname=_CRYSTALLOIDS, secondaryordercategoryname="Additive (Crystalloid)",
            ordercomponenttypedescription=_MAIN, ordercategorydescription="Continuous IV",
            patientweight=f"{desk.course.patient.weight_kg:.1f}", totalamount=1000,
            totalamountuom="ml", isopenbag=0, continueinnextdept=0, originalamount=1000,
            originalrate=plain(rate, 3),
        )  # fmt: skip
        _write_ingredients(desk, shared, (227074, 220490), volume, rate)
        moment = planned + round(stream.exponential(4) * HOUR)


def _write_pushes(desk: Desk, period: IcuPeriod, push: Push) -> None:
    stream = desk.stream(period.visit, f"push {push.itemid} {period.number}")
    moment = period.entry + round(stream.uniform(0.3, 1.0) * push.hours * 0.6 * HOUR)
    while moment < period.out:
        moment = whole_minute(moment)
        order = stream.whole(100_000, 9_999_999)
        shared = _shared(desk, period, stream, moment, moment + MINUTE, order=order, link=order)
        shared["statusdescription"] = "FinishedRunning"
        amount = push.amount if push.unit == "dose" else push.amount * stream.pick((0.5, 1, 1, 1.5))
        cells: Row = {
            **shared,
            "ordercategoryname": push.category,
            "secondaryordercategoryname": _CRYSTALLOIDS if push.diluent_ml else None,
            "ordercategorydescription": push.kind,
            "patientweight": f"{desk.course.patient.weight_kg:.1f}",
            "totalamount": push.diluent_ml or None,
            "totalamountuom": "ml" if push.diluent_ml else None,
            "isopenbag": 0,
            "continueinnextdept": 0,
        }
        desk.sheet.add(
            "inputevents", **cells, itemid=push.itemid, amount=plain(amount, 3),
            amountuom=push.unit, ordercomponenttypedescription=_MAIN,
            originalamount=plain(amount, 3), originalrate=plain(amount, 3),
        )  # fmt: skip
        if push.diluent_ml:
            desk.sheet.add(
                "inputevents", **cells, itemid=220949, amount=plain(push.diluent_ml, 3),
                amountuom="ml", ordercomponenttypedescription=_MIXED,
                originalamount=plain(push.diluent_ml, 3), originalrate=plain(push.diluent_ml, 3),
            )  # fmt: skip
            _write_ingredients(desk, shared, (227074, 220490), push.diluent_ml, None)
        elif push.unit == "ml":
            liquid = {226452: (227075, 220490), 225168: (226509,)}.get(push.itemid)
            _write_ingredients(desk, shared, liquid or (227074, 220490), amount, None)
        moment += round(stream.uniform(0.7, 1.3) * push.hours * HOUR)


def _shared(
    desk: Desk, period: IcuPeriod, stream: Stream, start: int, end: int, *, order: int, link: int
) -> Row:
    """Cells that an input and its ingredients have in common."""
    start = whole_minute(start)
    return {
        **period.keys,
        "caregiver_id": stream.pick(desk.staff.caregivers),
        "starttime": text_of(start),
        "endtime": text_of(whole_minute(end)),
        "storetime": text_of(start + LAGS["inputevents"].minutes(stream) * MINUTE),
        "orderid": order,
        "linkorderid": link,
    }


def _write_ingredients(
    desk: Desk, shared: Row, itemids: tuple[int, ...], amount: float, rate: float | None,
    *, unit: str = "ml",
) -> None:  # fmt: skip
    for itemid in itemids:
        desk.sheet.add(
            "ingredientevents",
            **shared,
            itemid=itemid,
            amount=plain(amount, 6),
            amountuom=unit,
            rate=None if rate is None else plain(rate, 6),
            rateuom=None if rate is None else f"{'mL' if unit == 'ml' else unit}/hour",
            originalamount=0,
            originalrate=plain(amount if rate is None else rate, 3),
        )
