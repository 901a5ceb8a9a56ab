"""chartevents: the flowsheet of the ICU, and the laboratory results that it repeats."""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.catalogue.labs import LABS
from clinseek.toolkits.ehr.synthetic.clocks import HOUR, LAGS, MINUTE, text_of
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.physiology import Vitals, in_shock, ventilated
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.sheet import Cell, Row
from clinseek.toolkits.ehr.synthetic.streams import Stream


@dataclass(frozen=True)
class IcuPeriod:
    """One unbroken time in an ICU and the stay it belongs to."""

    visit: Visit
    number: int
    stay_id: int
    entry: int
    out: int

    @property
    def keys(self) -> Row:
        """hadm_id and stay_id."""
        return {"hadm_id": self.visit.hadm_id, "stay_id": self.stay_id}


_EYES = {4: "Spontaneously", 3: "To Speech", 2: "To Pain", 1: "None"}
_MOTOR = {
    6: "Obeys Commands",
    5: "Localizes Pain",
    4: "Flex-withdraws",
    3: "Abnormal Flexion",
    2: "Abnormal extension",
    1: "No response",
}
_VERBAL = {
    5: "Oriented",
    4: "Confused",
    3: "Inappropriate Words",
    2: "Incomprehensible sounds",
    1: "No Response",
}
_RASS = {
    0: " 0  Alert and calm",
    -1: "-1 Awakens to voice (eye opening/contact) > 10 sec",
    -2: "-2 Light sedation, briefly awakens to voice (eye opening/contact) < 10 sec",
    -3: "-3 Moderate sedation, movement or eye opening; No eye contact",
}


def write_flowsheet(desk: Desk, period: IcuPeriod) -> None:
    """Hourly and four-hourly charting of one period in the ICU."""
    stream = desk.stream(period.visit, f"flowsheet {period.number}")
    caregiver = stream.pick(desk.staff.caregivers)
    _write_arrival(desk, period, stream, caregiver)
    moment = period.entry + (-period.entry) % HOUR
    overrun = stream.whole(1, 45) * MINUTE if stream.chance(0.15) else 0
    end = min(period.out + overrun, period.visit.end)
    hour = 0
    while moment < end:
        if hour % 12 == 0:
            caregiver = stream.pick(desk.staff.caregivers)
        stored = moment + LAGS["chartevents vitals"].minutes(stream) * MINUTE
        shared: Row = {
            **period.keys,
            "caregiver_id": caregiver,
            "charttime": text_of(moment),
            "storetime": text_of(stored),
            "warning": 0,
        }
        severity = period.visit.severity_at(moment)
        vitals = desk.body.vitals(stream, disease=period.visit.disease, severity=severity)
        _write_vitals(desk, period, shared, vitals)
        if hour % 4 == 0:
            _write_assessment(desk, period, shared, vitals, stream, severity)
        hour += 1
        moment += HOUR


def _chart(
    desk: Desk,
    shared: Row,
    itemid: int,
    value: Cell,
    *,
    number: Cell = None,
    unit: str | None = None,
) -> None:
    cells: Row = {**shared, "itemid": itemid, "value": value, "valuenum": number, "valueuom": unit}
    desk.sheet.add("chartevents", **cells)


def _write_arrival(desk: Desk, period: IcuPeriod, stream: Stream, caregiver: int) -> None:
    moment = period.entry + stream.whole(2, 50) * MINUTE
    if moment >= period.out:
        return
    patient = desk.course.patient
    shared: Row = {
        **period.keys,
        "caregiver_id": caregiver,
        "charttime": text_of(moment),
        "storetime": text_of(moment + stream.whole(0, 40) * MINUTE),
        "warning": 0,
    }
    weight = f"{patient.weight_kg:.1f}"
    height = f"{patient.height_cm:.0f}"
    _chart(desk, shared, 226512, weight, number=weight, unit="kg")
    _chart(desk, shared, 226730, height, number=height, unit="cm")
    _chart(desk, shared, 223758, stream.weighted((("Full code", 0.9), ("DNR / DNI", 0.1))))


def _write_vitals(desk: Desk, period: IcuPeriod, shared: Row, vitals: Vitals) -> None:
    _chart(desk, shared, 220045, vitals.heartrate, number=vitals.heartrate, unit="bpm")
    _chart(desk, shared, 220210, vitals.resprate, number=vitals.resprate, unit="insp/min")
    _chart(desk, shared, 220277, vitals.o2sat, number=vitals.o2sat, unit="%")
    mean = round((vitals.sbp + 2 * vitals.dbp) / 3)
    invasive = in_shock(period.visit) or ventilated(period.visit)
    items = (220050, 220051, 220052) if invasive else (220179, 220180, 220181)
    for itemid, pressure in zip(items, (vitals.sbp, vitals.dbp, mean), strict=True):
        _chart(desk, shared, itemid, pressure, number=pressure, unit="mmHg")


def _write_assessment(
    desk: Desk, period: IcuPeriod, shared: Row, vitals: Vitals, stream: Stream, severity: float
) -> None:
    temperature = vitals.temperature
    _chart(desk, shared, 223761, temperature, number=temperature, unit="°F")
    rhythm = "AF (Atrial Fibrillation)" if period.visit.disease.key == "atrial fibrillation" else (
        "ST (Sinus Tachycardia) " if vitals.heartrate > 100 else "SR (Sinus Rhythm)"
    )  # fmt: skip
    _chart(desk, shared, 220048, rhythm)
    tube = ventilated(period.visit)
    dull = severity + stream.normal(0, 0.12) + (0.25 if period.visit.disease.key == "stroke" else 0)
    eyes = 4 if dull < 0.5 else 3 if dull < 0.7 else 2 if dull < 0.9 else 1
    motor = 6 if dull < 0.65 else 5 if dull < 0.85 else 4 if dull < 1.0 else 2
    verbal = 5 if dull < 0.45 else 4 if dull < 0.75 else 3 if dull < 0.95 else 1
    _chart(desk, shared, 220739, _EYES[eyes], number=eyes)
    if tube:
        _chart(desk, shared, 223900, "No Response-ETT", number=1)
    else:
        _chart(desk, shared, 223900, _VERBAL[verbal], number=verbal)
    _chart(desk, shared, 223901, _MOTOR[motor], number=motor)
    _chart(desk, shared, 223781, stream.pick(("No", "No", "Yes")))
    braden = 4 if dull < 0.4 else 3 if dull < 0.7 else 2
    words = {4: "No Impairment", 3: "Slight Impairment", 2: "Very Limited"}[braden]
    _chart(desk, shared, 224054, words, number=braden)
    if not tube:
        device = "None" if severity < 0.2 else "Nasal cannula" if severity < 0.5 else "Aerosol-cool"
        _chart(desk, shared, 226732, device)
        return
    depth = -min(3, max(0, round(3 * dull)))
    _chart(desk, shared, 228096, _RASS[depth], number=depth)
    _write_ventilator(desk, shared, stream, severity)


def _write_ventilator(desk: Desk, shared: Row, stream: Stream, severity: float) -> None:
    _chart(desk, shared, 226732, "Endotracheal tube")
    _chart(desk, shared, 223849, "CMV/ASSIST/AutoFlow" if severity > 0.35 else "CPAP/PSV")
    oxygen = min(100, max(30, round(38 + 50 * severity + stream.normal(0, 4), -1)))
    settings = (
        (223835, int(oxygen), None),
        (220339, 5 + round(6 * severity), "cmH2O"),
        (224688, 14 + round(6 * severity), "insp/min"),
        (224684, stream.pick((400, 420, 450, 480)), "mL"),
        (224695, 16 + round(12 * severity + stream.normal(0, 1)), "cmH2O"),
    )
    for itemid, number, unit in settings:
        _chart(desk, shared, itemid, number, number=number, unit=unit)


def write_repeated_labs(desk: Desk, period: IcuPeriod) -> None:
    """Results of tubes drawn during the period, as the flowsheet takes them over.

    The copy is never stored before the laboratory stored the result.
    """
    first, last = text_of(period.entry), text_of(period.out)
    for row in desk.sheet.of("labevents"):
        charttime, itemid = str(row["charttime"]), row["itemid"]
        item = LABS.get(itemid) if isinstance(itemid, int) else None
        if item is None or item.chart_itemid is None or not first <= charttime < last:
            continue
        if row.get("valuenum") is None or row["hadm_id"] != period.visit.hadm_id:
            continue
        stream = desk.stream(period.visit, f"copy {row['specimen_id']} {itemid}")
        if stream.chance(0.1):
            continue
        desk.sheet.add(
            "chartevents",
            **period.keys,
            caregiver_id=stream.pick(desk.staff.caregivers),
            charttime=charttime,
            storetime=row["storetime"],
            itemid=item.chart_itemid,
            value=row["valuenum"],
            valuenum=row["valuenum"],
            valueuom=item.unit,
            warning=int(row["flag"] is not None),
        )
