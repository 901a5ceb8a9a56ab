"""labevents: tubes drawn in the ED, on the ward, in the ICU and in the clinic."""

from __future__ import annotations

from collections.abc import Iterator

from clinseek.toolkits.ehr.synthetic.catalogue.diseases import Disease
from clinseek.toolkits.ehr.synthetic.catalogue.labs import LABS, PANELS, TEXT_LABS
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
from clinseek.toolkits.ehr.synthetic.sheet import Row, plain
from clinseek.toolkits.ehr.synthetic.streams import Stream

LABEVENTS_PER_PATIENT = 50_000
"""Width of a patient's own range of labevent_id."""

_EVERY_DAY = ("chemistry", "blood count")


def write_visit_labs(desk: Desk, visit: Visit) -> None:
    """All tubes of a visit, in the ED and after."""
    for moment, panels, stat in _draws(visit, desk.stream(visit, "labs")):
        tube = desk.stream(visit, f"tube at {moment}")
        _write_tube(
            desk, tube, moment, panels, disease=visit.disease,
            severity=visit.severity_at(moment), hadm_id=visit.hadm_id, stat=stat,
        )  # fmt: skip
    care = desk.stream(visit, "icu labs")
    for entry, out in visit.outcome.icu:
        moment = entry + care.whole(20, 90) * MINUTE
        while moment < out:
            tube = desk.stream(visit, f"icu tube at {moment}")
            _write_tube(
                desk, tube, moment, ("blood gas", "lactate", "chemistry"),
                disease=visit.disease, severity=visit.severity_at(moment),
                hadm_id=visit.hadm_id, stat=True,
            )  # fmt: skip
            moment += round(care.uniform(7, 16) * HOUR)


def _draws(visit: Visit, stream: Stream) -> Iterator[tuple[int, tuple[str, ...], bool]]:
    """(moment, panels, urgent) of the tubes of a visit, until it ends.

    What is drawn from `stream` does not depend on how the visit goes on.
    """
    disease = visit.disease
    admit = visit.end if visit.outcome.admit is None else visit.outcome.admit
    moment = visit.start + stream.whole(15, 75) * MINUTE
    if not visit.emergency:
        moment = visit.start + stream.whole(60, 300) * MINUTE
    if moment >= visit.end:
        return
    yield moment, (*_EVERY_DAY, *disease.panels), True
    again = moment + stream.whole(150, 420) * MINUTE
    if stream.chance(0.25 + 0.5 * visit.severity) and again < visit.end:
        yield again, ("chemistry", *disease.panels[:2]), True
    morning = midnight_of(visit.start) + DAY
    while True:
        moment = morning + round(stream.normal(5.6, 0.8) * HOUR)
        missed = stream.chance(0.06)
        extra = disease.panels[: 1 + stream.whole(0, 1)]
        later = morning + round(stream.normal(17, 1.5) * HOUR)
        evening = stream.chance(0.2 + 0.5 * visit.severity)
        if moment >= visit.end:
            return
        if moment >= admit and not missed:
            yield moment, (*_EVERY_DAY, *extra), False
        if admit <= later < visit.end and evening:
            yield later, ("chemistry",), False
        morning += DAY


def write_clinic_labs(desk: Desk, start: int) -> None:
    """Tubes drawn in the clinic between the stays, from `start` until follow-up ends."""
    stream = desk.stream(None, "clinic labs")
    moment = start + round(stream.exponential(150) * DAY)
    while moment < desk.course.follow_up_end:
        moment = midnight_of(moment) + round(stream.uniform(8, 16.5) * 60) * MINUTE
        if not desk.course.in_hospital(moment):
            tube = desk.stream(None, f"clinic tube at {moment}")
            _write_tube(
                desk, tube, moment, _EVERY_DAY,
                disease=None, severity=0.0, hadm_id=None, stat=False,
            )  # fmt: skip
        moment += round(stream.exponential(240) * DAY) + DAY


def _write_tube(
    desk: Desk,
    stream: Stream,
    moment: int,
    panels: tuple[str, ...],
    *,
    disease: Disease | None,
    severity: float,
    hadm_id: int | None,
    stat: bool,
) -> None:
    """One specimen per group of panels; a fluid other than blood is a specimen of its own."""
    moment = whole_minute(moment)
    provider = stream.pick(desk.staff.providers) if stream.chance(0.16) else None
    priority = "STAT" if stat else stream.weighted((("ROUTINE", 0.8), ("STAT", 0.12), (None, 0.08)))
    for panel in dict.fromkeys(panels):
        specimen = stream.whole(100_000, 99_999_999)
        lag = LAGS["labevents"].minutes(stream)
        added_on = stream.chance(0.03)
        for itemid in PANELS[panel]:
            delay = lag + (stream.whole(0, 6) if stream.chance(0.3) else 0)
            if added_on and itemid == PANELS[panel][-1]:
                delay += stream.whole(120, 700)
            row = _result(desk, stream, itemid, disease=disease, severity=severity)
            unstored = stream.chance(0.009)
            desk.sheet.add(
                "labevents",
                hadm_id=hadm_id,
                specimen_id=specimen,
                itemid=itemid,
                order_provider_id=provider,
                charttime=text_of(moment),
                storetime=None if unstored else text_of(moment + delay * MINUTE),
                priority=priority,
                **row,
            )


def _result(
    desk: Desk, stream: Stream, itemid: int, *, disease: Disease | None, severity: float
) -> Row:
    """Value, unit, reference range, flag and comments of one test."""
    item = LABS.get(itemid)
    if item is None:
        text = TEXT_LABS[itemid]
        ill = disease is not None and stream.chance(_ill_share(disease, itemid) * severity)
        value, comments = text.ill if ill else text.usual
        return {
            "value": value,
            "comments": comments,
            "flag": "abnormal" if ill else None,
        }
    number = desk.body.lab(item, stream, disease=disease, severity=severity)
    if stream.chance(0.004):
        return {"value": "___", "comments": "___", "valueuom": item.unit}
    low, high = item.low, item.high
    rounded = round(number, item.digits)
    outside = (low is not None and rounded < low) or (high is not None and rounded > high)
    return {
        "value": f"{rounded:.{item.digits}f}",
        "valuenum": plain(rounded, item.digits),
        "valueuom": item.unit,
        "ref_range_lower": low,
        "ref_range_upper": high,
        "flag": "abnormal" if outside else None,
        "comments": "___" if stream.chance(0.03) else None,
    }


def _ill_share(disease: Disease, itemid: int) -> float:
    """How often a word of the urinalysis turns ill at full severity."""
    urinary = 51516 in disease.labs
    if itemid == 51484:
        return 1.4 if disease.key == "diabetic ketoacidosis" else 0.1
    return 2.2 if urinary else 0.15


def number_labs(desk: Desk) -> None:
    """Give every row its labevent_id, in the order of charttime."""
    rows = desk.sheet.of("labevents")
    rows.sort(key=lambda row: str(row["charttime"]))
    if len(rows) >= LABEVENTS_PER_PATIENT:
        raise ValueError(f"{len(rows)} labs of one patient do not fit the range of labevent_id")
    first = desk.course.patient.index * LABEVENTS_PER_PATIENT + 1
    for number, row in enumerate(rows):
        row["labevent_id"] = first + number
