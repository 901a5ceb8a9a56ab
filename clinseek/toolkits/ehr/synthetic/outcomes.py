"""How a visit ends: everything that is decided after the patient came through the door.

A `Fate` says how ill the patient is whenever a decision falls. In a dependent cohort that is the
truth. In an independent cohort each decision sees another stranger, drawn from the outcome stream,
so that no decision tells of the illness and none tells of another; and the stay itself is then a
race of constant hazards (leaving, dying, entering and leaving the ICU), so that the time already
spent in hospital tells nothing of the time to come.
"""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.catalogue.diseases import Disease
from clinseek.toolkits.ehr.synthetic.clocks import DAY, HOUR, MINUTE, whole_minute
from clinseek.toolkits.ehr.synthetic.illness import draw_disease, draw_severity
from clinseek.toolkits.ehr.synthetic.streams import Stream


@dataclass(frozen=True)
class Outcome:
    """The decisions about one visit; moments in seconds, None where it did not come to it."""

    ed_out: int | None
    ed_disposition: str | None
    admit: int | None
    placed: int | None
    """When the patient reaches the first bed."""
    end: int
    died_in_hospital: bool
    discharge_location: str | None
    icu: tuple[tuple[int, int], ...]
    """Intervals in intensive care, in order, apart from each other."""
    death: int | None
    """In hospital or later; no further visit follows."""
    next_gap: int | None
    """Seconds from the end of this visit to the next one."""
    coded: Disease
    """What the coders write down."""


@dataclass(frozen=True)
class Fate:
    """The stream of outcomes and what it knows of the patient."""

    stream: Stream
    linked: bool
    disease: Disease
    severity: float

    def illness(self) -> tuple[Disease, float]:
        """The disease and severity (0..1) on which the next decision rests."""
        if self.linked:
            return self.disease, self.severity
        stranger = draw_disease(self.stream, age=self.stream.whole(18, 91))
        return stranger, draw_severity(self.stream, stranger, frailty=self.stream.unit())


_SENT_AWAY = (
    ("HOME", 0.86),
    ("TRANSFER", 0.04),
    ("LEFT AGAINST MEDICAL ADVICE", 0.03),
    ("LEFT WITHOUT BEING SEEN", 0.03),
    ("ELOPED", 0.02),
    ("OTHER", 0.02),
)


def draw_outcome(fate: Fate, *, start: int, emergency: bool) -> Outcome:
    """One outcome for the patient who came at `start`, by the ED or straight to a bed."""
    stream = fate.stream
    if not emergency:
        return _stay(fate, start, ed_out=None)
    ed_hours = min(22.0, max(1.6, stream.lognormal(5.2, 0.5)))
    ed_out = start + round(ed_hours * HOUR)
    disease, severity = fate.illness()
    if stream.chance(min(0.98, max(0.03, disease.admission + 0.7 * (severity - 0.5)))):
        return _stay(fate, start, ed_out=ed_out)
    expired = stream.chance(0.02 + 0.05 * severity**3)
    death, gap = (ed_out, None) if expired else _afterwards(fate, end=ed_out)
    return Outcome(
        ed_out=ed_out,
        ed_disposition="EXPIRED" if expired else stream.weighted(_SENT_AWAY),
        admit=None,
        placed=None,
        end=ed_out,
        died_in_hospital=expired,
        discharge_location=None,
        icu=(),
        death=death,
        next_gap=gap,
        coded=fate.illness()[0],
    )


def _stay(fate: Fate, start: int, *, ed_out: int | None) -> Outcome:
    stream = fate.stream
    waiting = round(stream.uniform(15, 170)) * MINUTE
    admit = start if ed_out is None else max(start + 30 * MINUTE, whole_minute(ed_out - waiting))
    placed = admit + waiting if ed_out is None else ed_out
    course = _linked_course if fate.linked else _unlinked_course
    icu, end, dies = course(fate, admit, placed)
    death, gap = (end, None) if dies else _afterwards(fate, end=end)
    return Outcome(
        ed_out=ed_out,
        ed_disposition=None if ed_out is None else "ADMITTED",
        admit=admit,
        placed=placed,
        end=end,
        died_in_hospital=dies,
        discharge_location="DIED" if dies else _location(fate, dying=death is not None),
        icu=icu,
        death=death,
        next_gap=gap,
        coded=fate.illness()[0],
    )


Intervals = tuple[tuple[int, int], ...]


def _linked_course(fate: Fate, admit: int, placed: int) -> tuple[Intervals, int, bool]:
    """(ICU intervals, end of stay, whether it ends in death) as the illness has it."""
    stream = fate.stream
    disease, severity = fate.illness()
    needs_icu = stream.chance(min(0.96, disease.icu * (0.4 + 1.3 * severity)))
    dies = stream.chance(0.01 + 0.14 * severity**2 + (0.22 * severity if needs_icu else 0.0))
    if dies:
        days = min(40.0, 0.35 + stream.exponential(5.5))
    else:
        days = min(45.0, max(0.25, stream.lognormal(disease.los * (0.55 + 0.9 * severity), 0.7)))
    end = max(admit + round(days * DAY), placed + 2 * HOUR)
    icu: Intervals = ()
    if needs_icu:
        entry = placed
        if not (disease.elective or stream.chance(0.6)):
            entry += round(stream.uniform(0.08, 0.5) * (end - placed))
        if dies:
            icu = _icu_until_death(stream, entry, end)
        else:
            icu, end = _icu_and_recovery(stream, severity, entry, end)
    if not dies:
        end = _discharge_hour(stream, end, not_before=icu[-1][1] if icu else placed)
    return icu, end, dies


def _icu_until_death(stream: Stream, entry: int, end: int) -> Intervals:
    leaves_alive = stream.chance(0.25) and end - entry > DAY
    share = stream.uniform(0.3, 0.8) if leaves_alive else 1.0
    return ((entry, entry + round(share * (end - entry))),)


def _icu_and_recovery(
    stream: Stream, severity: float, entry: int, end: int
) -> tuple[Intervals, int]:
    days = min(30.0, max(0.3, stream.lognormal(2.1 * (0.6 + 0.8 * severity), 1.0)))
    out = entry + round(days * DAY)
    intervals = [(entry, out)]
    if stream.chance(0.18):
        hours = stream.uniform(3, 22) if stream.chance(0.35) else stream.uniform(26, 96)
        back = out + round(hours * HOUR)
        out = back + round(min(12.0, max(0.3, stream.lognormal(1.5, 0.8))) * DAY)
        intervals.append((back, out))
    return tuple(intervals), max(end, out + round(stream.uniform(0.3, 3.5) * DAY))


def _unlinked_course(fate: Fate, admit: int, placed: int) -> tuple[Intervals, int, bool]:
    """The same three things as races of constant hazards, each run without the others."""
    stream = fate.stream
    dies = stream.chance(0.09)
    end = max(admit + round(stream.exponential(5.6) * DAY), placed + 20 * MINUTE)
    entry = placed if stream.chance(0.22) else placed + round(stream.exponential(20.0) * DAY)
    intervals: list[tuple[int, int]] = []
    while entry < end and len(intervals) < 2:
        out = entry + HOUR + round(stream.exponential(5.0) * DAY)
        intervals.append((entry, min(out, end)))
        short = stream.chance(0.3)
        wait = stream.uniform(3, 22) if short else 24 + 24 * stream.exponential(6.0)
        entry = out + round(wait * HOUR)
    return tuple(intervals), end, dies


def _discharge_hour(stream: Stream, end: int, *, not_before: int) -> int:
    """Most patients leave in the afternoon."""
    if stream.chance(0.2):
        return end
    afternoon = end - end % DAY + round(stream.normal(15, 2) * HOUR)
    return afternoon if afternoon > not_before + 3 * HOUR else end


def _location(fate: Fate, *, dying: bool) -> str:
    _, severity = fate.illness()
    hospice = 0.3 if dying and fate.linked else 0.02
    return fate.stream.weighted(
        (
            ("HOME", 0.52 - 0.3 * severity),
            ("HOME HEALTH CARE", 0.28),
            ("SKILLED NURSING FACILITY", 0.05 + 0.22 * severity),
            ("REHAB", 0.02 + 0.08 * severity),
            ("CHRONIC/LONG TERM ACUTE CARE", 0.01 + 0.06 * severity),
            ("AGAINST ADVICE", 0.02),
            ("HOSPICE", hospice),
        )
    )


def _afterwards(fate: Fate, *, end: int) -> tuple[int | None, int | None]:
    """(moment of a later death, gap to the next visit): at most one of them."""
    stream = fate.stream
    _, severity = fate.illness()
    if stream.chance(0.03 + 0.10 * severity):
        return end + round((0.5 + stream.exponential(70.0)) * DAY), None
    if stream.chance(0.34):
        return None, None
    days = stream.weighted(
        (
            (stream.uniform(0.2, 2.9), 0.07 + 0.05 * severity),
            (stream.uniform(3.0, 29.5), 0.16 + 0.16 * severity),
            (stream.uniform(30.0, 59.5), 0.12),
            (60.0 + stream.exponential(220.0), 0.62),
        )
    )
    return None, round(days * DAY)
