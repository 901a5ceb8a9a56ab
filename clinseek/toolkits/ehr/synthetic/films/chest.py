"""What goes on in a patient's chest, from visit to visit, as far as a film would show it.

Everything is a function of the course, of the rows that the clerks wrote (lines and ventilators)
and of random streams of its own. What is seen at a moment rests on nothing later than the moment,
so that a film foretells no more than the vital signs do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from clinseek.toolkits.ehr.synthetic.clocks import DAY, HOUR, MINUTE, moment_at
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.films.findings import Findings, Side, Zone
from clinseek.toolkits.ehr.synthetic.record.desk import Desk

_VENTILATION, _CENTRAL_LINE = 225792, 224263
WORSE = 0.45
"""From this severity on the bases of the lungs are opaque, as the notes of follow-ups say."""
_ZONES: tuple[Zone, ...] = ("right upper", "right lower", "left upper", "left lower")
_EARLY = 6 * HOUR
"""Until then the bases are clear, unless a note says otherwise."""
_THINNEST = 0.4
"""Density of a consolidation that can just be seen."""
_CONSOLIDATED_FOR, _EFFUSION_AFTER = 6 * DAY, DAY

Note = Literal["first", "later"]


class Traits(NamedTuple):
    """What every film of the patient shows."""

    large_heart: bool
    pacemaker: bool
    hyperinflation: bool


class Device(NamedTuple):
    """A tube or line while it is in the patient."""

    kind: Literal["tube", "line"]
    start: int
    end: int
    side: Side | None


class Complication(NamedTuple):
    """Something that comes in the course of a visit and goes again."""

    kind: Literal["pneumothorax", "pneumonia", "effusion"]
    start: int
    end: int
    side: Side
    zone: Zone
    size: float

    def size_at(self, moment: int) -> float:
        """The size, 0 before and after; it shrinks from the first moment on."""
        if not self.start <= moment < self.end:
            return 0.0
        return self.size * (1 - 0.7 * (moment - self.start) / (self.end - self.start))


class Chest:
    """The chest of one patient; `found` says what a film taken then would show."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.traits = _traits(desk)
        self.devices = tuple(_devices(desk))
        self.complications = {
            visit.number: tuple(_complications(desk, visit, self.devices))
            for visit in desk.course.visits
        }

    def found(self, visit: Visit | None, moment: int, *, note: Note | None = None) -> Findings:
        """The findings at a moment of a visit, or of none (the clinic).

        `note` is of the radiology note that goes with the film: the first one speaks of the
        disease alone, later ones of the bases of the lungs.
        """
        bare = self._lasting(visit, moment)
        if visit is None:
            return bare
        shown = _of_disease(bare, visit, moment)
        severity = visit.severity_at(moment)
        if note == "first" and visit.disease.key == "NSTEMI":
            shown = shown._replace(cardiomegaly=False)
        early = note == "first" or (note is None and moment < visit.start + _EARLY)
        if severity > WORSE and not early:
            shown = shown._replace(bibasilar=min(1.0, severity + 0.1), hyperinflation=False)
        return self._complicated(shown, visit, moment)

    def _lasting(self, visit: Visit | None, moment: int) -> Findings:
        course, traits = self._desk.course, self.traits
        so_far = [one.disease.key for one in course.visits if one.start <= moment]
        there = [device for device in self.devices if device.start <= moment < device.end]
        lines = [device.side for device in there if device.kind == "line"]
        exacerbated = visit is not None and visit.disease.key == "COPD exacerbation"
        return Findings(
            cardiomegaly=traits.large_heart or "heart failure" in so_far,
            hyperinflation=traits.hyperinflation or exacerbated,
            pacemaker=traits.pacemaker,
            sternal_wires="coronary bypass" in so_far,
            endotracheal_tube=any(device.kind == "tube" for device in there),
            central_line=lines[-1] if lines else None,
        )

    def _complicated(self, shown: Findings, visit: Visit, moment: int) -> Findings:
        for one in self.complications[visit.number]:
            size = one.size_at(moment)
            if not size:
                continue
            if one.kind == "pneumothorax":
                shown = shown._replace(pneumothorax=one.side, pneumothorax_size=size)
            elif one.kind == "effusion":
                larger = max(shown.effusion_right, size)
                shown = shown._replace(effusion_right=larger)
            elif one.zone not in dict(shown.consolidation):
                there = (one.zone, max(_THINNEST, size))
                shown = shown._replace(consolidation=(*shown.consolidation, there))
        return shown


def _traits(desk: Desk) -> Traits:
    patient = desk.course.patient
    stream = desk.stream(None, "films: traits")
    conditions = {condition.name for condition in patient.conditions}
    strained = conditions & {"Hypertension", "Chronic kidney disease, stage 3"}
    paced = conditions & {"Prior myocardial infarction", "Long-term anticoagulation"}
    return Traits(
        large_heart=stream.chance(0.16 if strained else 0.03),
        pacemaker=stream.chance(0.25 if paced else 0.03) and patient.age >= 50,
        hyperinflation=stream.chance(0.7) and "COPD" in conditions,
    )


def _devices(desk: Desk) -> Iterator[Device]:
    for row in desk.sheet.of("procedureevents"):
        if row["itemid"] not in (_VENTILATION, _CENTRAL_LINE):
            continue
        start, end = moment_at(str(row["starttime"])), moment_at(str(row["endtime"]))
        if row["itemid"] == _VENTILATION:
            yield Device("tube", start, end, None)
        else:
            side: Side = "left" if str(row.get("location")).startswith("Left") else "right"
            yield Device("line", start, end, side)


def _of_disease(bare: Findings, visit: Visit, moment: int) -> Findings:
    """With what the disease itself shows, as the report of its first film says it."""
    severity, disease = visit.severity_at(moment), visit.disease.key
    if disease == "acute kidney injury" and severity > WORSE:
        return bare._replace(edema=0.35 + 0.3 * severity)
    if severity <= visit.severity / 4:
        return bare
    if disease == "pneumonia":
        density = min(1.0, 0.5 + 0.5 * severity)
        return bare._replace(consolidation=(("right lower", density),))
    if disease == "heart failure":
        size = 0.08 + 0.10 * severity
        return bare._replace(
            edema=min(1.0, 0.4 + 0.6 * severity), effusion_right=size + 0.02, effusion_left=size
        )
    if disease == "coronary bypass":
        return bare._replace(
            effusion_left=0.09 + 0.11 * severity, effusion_right=0.08 + 0.07 * severity
        )
    return bare


def _complications(desk: Desk, visit: Visit, devices: tuple[Device, ...]) -> Iterator[Complication]:
    stream = desk.stream(visit, "films: complications")
    drawn = {name: stream.unit() for name in ("effusion", "copd", "surgery")}
    size, lasting = stream.uniform(0.15, 0.5), round(stream.uniform(1.5, 5) * DAY)
    early, late = (round(stream.uniform(*hours) * HOUR) for hours in ((26, 60), (30, 80)))
    zone = stream.pick(_ZONES)
    if visit.disease.key == "pneumonia" and drawn["effusion"] < 0.45:
        start = visit.start + _EFFUSION_AFTER
        yield Complication("effusion", start, start + 9 * DAY, "right", zone, size)
    if visit.disease.key == "COPD exacerbation" and drawn["copd"] < 0.12:
        start = visit.start + early
        yield Complication("pneumothorax", start, start + lasting, "left", zone, size + 0.2)
    if visit.disease.key == "coronary bypass" and drawn["surgery"] < 0.2:
        start = visit.start + late
        yield Complication("pneumothorax", start, start + lasting, "left", zone, size)
    for number, device in enumerate(devices):
        if visit.start <= device.start < visit.end:
            yield from _of_device(desk, visit, device, number)


def _of_device(desk: Desk, visit: Visit, device: Device, number: int) -> Iterator[Complication]:
    stream = desk.stream(visit, f"films: complication of device {number}")
    share, size = stream.unit(), stream.uniform(0.2, 0.6)
    if device.kind == "line" and share < 0.2:
        start, lasting = device.start + 5 * MINUTE, round(stream.uniform(1, 4) * DAY)
        side = device.side or "right"
        yield Complication("pneumothorax", start, start + lasting, side, "right upper", size)
    if device.kind == "tube" and share < 0.35:
        start = device.start + DAY + round(stream.exponential(2) * DAY)
        zone = stream.pick(_ZONES)
        side = "right" if zone.startswith("right") else "left"
        if start < device.end:
            end = start + _CONSOLIDATED_FOR
            yield Complication("pneumonia", start, end, side, zone, 0.5 + size / 2)
