"""Vital signs and laboratory values of a patient at a moment of a visit.

A value is the patient's own healthy level, plus what the chronic conditions add, plus what the
disease adds in proportion to the severity at that moment, plus noise.
"""

from __future__ import annotations

from typing import NamedTuple

from clinseek.toolkits.ehr.synthetic.catalogue.diseases import Disease
from clinseek.toolkits.ehr.synthetic.catalogue.labs import LABS, LabItem
from clinseek.toolkits.ehr.synthetic.course import Course, Visit
from clinseek.toolkits.ehr.synthetic.streams import Stream

_BOUNDS: dict[int, tuple[float, float]] = {
    50971: (2.2, 7.5),
    50983: (112, 165),
    50912: (0.3, 12),
    50902: (78, 130),
    51006: (3, 140),
    50882: (5, 45),
    50868: (5, 38),
    50931: (45, 950),
    50960: (1.0, 4.0),
    50893: (6.0, 12.5),
    50970: (1.0, 9.5),
    51221: (15, 56),
    51222: (4.8, 18.5),
    51265: (12, 800),
    51301: (0.6, 45),
    51256: (15, 97),
    51244: (1, 70),
    51237: (0.8, 8),
    50820: (6.85, 7.62),
    50821: (38, 320),
    50818: (15, 95),
    50802: (-24, 15),
    50813: (0.4, 16),
    51003: (0.01, 12),
    51498: (1.001, 1.040),
    51491: (5, 9),
}
"""Lowest and highest value that the laboratory reports."""


class Vitals(NamedTuple):
    """One set: beats/min, mm Hg, breaths/min, degrees Fahrenheit, per cent."""

    heartrate: int
    sbp: int
    dbp: int
    resprate: int
    temperature: float
    o2sat: int


class Physiology:
    """The body of one patient: healthy levels drawn once, values drawn on demand."""

    def __init__(self, course: Course) -> None:
        stream = course.stream("body")
        self._levels = {itemid: stream.normal(lab.mean, lab.spread) for itemid, lab in LABS.items()}
        for condition in course.patient.conditions:
            for itemid, shift in condition.labs.items():
                self._levels[itemid] += shift
        self._heartrate = stream.normal(76, 7)
        self._sbp = stream.normal(112 + 0.28 * course.patient.age, 9)
        self._resprate = stream.normal(16.5, 1)
        self._o2sat = stream.normal(97.3, 0.8)

    def lab(
        self, item: LabItem, stream: Stream, *, disease: Disease | None, severity: float
    ) -> float:
        """The true value of `item`, within what the laboratory reports, before rounding."""
        value = self._levels[item.itemid] + item.noise * (stream.unit() + stream.unit() - 1) * 2
        if disease is not None:
            value += disease.labs.get(item.itemid, 0.0) * severity
        low, high = _BOUNDS.get(item.itemid, (0.0, 1e6))
        return min(high, max(low, value))

    def vitals(self, stream: Stream, *, disease: Disease, severity: float) -> Vitals:
        """One set of vital signs."""
        shift = disease.vitals
        sbp = self._sbp + shift["sbp"] * severity + stream.normal(0, 8)
        return Vitals(
            heartrate=_within(
                self._heartrate + shift["heartrate"] * severity + stream.normal(0, 5), 34, 190
            ),
            sbp=_within(sbp, 55, 230),
            dbp=_within(0.55 * sbp + stream.normal(2, 5), 28, 130),
            resprate=_within(
                self._resprate + shift["resprate"] * severity + stream.normal(0, 1.6), 7, 48
            ),
            temperature=round(
                min(
                    105.5, max(94.0, 98.2 + shift["temperature"] * severity + stream.normal(0, 0.4))
                ),
                1,
            ),
            o2sat=_within(self._o2sat + shift["o2sat"] * severity + stream.normal(0, 1.1), 68, 100),
        )


def _within(value: float, low: int, high: int) -> int:
    return round(min(high, max(low, value)))


def ventilated(visit: Visit) -> bool:
    """Whether the illness at the door is of the kind that needs a ventilator in the ICU."""
    return visit.severity > 0.62 or visit.disease.key == "coronary bypass"


def in_shock(visit: Visit) -> bool:
    """Whether vasopressors are needed in the ICU."""
    return visit.severity > 0.58 and visit.disease.vitals["sbp"] < -10
