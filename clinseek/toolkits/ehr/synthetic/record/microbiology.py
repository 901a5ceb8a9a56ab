"""microbiologyevents: cultures, what grew in them and what it was sensitive to."""

from __future__ import annotations

from clinseek.toolkits.ehr.synthetic.catalogue.microbes import CULTURES, ORGANISMS, Culture
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
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.sheet import Row
from clinseek.toolkits.ehr.synthetic.streams import Stream

CULTURES_PER_PATIENT = 5_000
"""Width of a patient's own range of microevent_id."""


def write_cultures(desk: Desk, visit: Visit) -> None:
    """The cultures of a visit: at the door, some again later, a screen in the ICU."""
    stream = desk.stream(visit, "cultures")
    for key, grows in visit.disease.cultures:
        moment = visit.start + stream.whole(20, 150) * MINUTE
        sent = stream.chance(0.85)
        if sent and moment < visit.end:
            _write_specimen(desk, visit, CULTURES[key], moment, grows * visit.severity * 2)
    later = visit.start + round(stream.exponential(6) * DAY)
    while later < visit.end:
        key = stream.pick(("blood", "urine", "sputum", "stool"))
        if visit.outcome.admit is not None and later >= visit.outcome.admit:
            _write_specimen(desk, visit, CULTURES[key], later, 0.12)
        later += round(stream.exponential(6) * DAY) + 6 * HOUR
    screen = desk.stream(visit, "icu screen")
    for entry, out in visit.outcome.icu:
        moment = entry + screen.whole(30, 240) * MINUTE
        if moment < out:
            _write_specimen(desk, visit, CULTURES["MRSA screen"], moment, 0.07)


def _write_specimen(desk: Desk, visit: Visit, culture: Culture, moment: int, grows: float) -> None:
    stream = desk.stream(visit, f"{culture.key} culture at {moment}")
    dated_only = stream.chance(0.055)
    charttime = None if dated_only else text_of(whole_minute(moment))
    shared: Row = {
        "hadm_id": visit.hadm_id,
        "micro_specimen_id": stream.whole(100_000, 9_999_999),
        "order_provider_id": (stream.pick(desk.staff.providers) if stream.chance(0.2) else None),
        "chartdate": f"{date_of(moment)} 00:00:00",
        "charttime": charttime,
        "spec_itemid": culture.spec_itemid,
        "spec_type_desc": culture.spec_type_desc,
    }
    for sequence, (test_itemid, test_name, negative) in enumerate(culture.tests, start=1):
        stored = moment + LAGS["microbiologyevents"].minutes(stream) * MINUTE
        unstored = stream.chance(0.006)
        row: Row = {
            **shared,
            "test_seq": sequence,
            "storedate": None if unstored else f"{date_of(stored)} 00:00:00",
            "storetime": None if unstored else text_of(whole_minute(stored)),
            "test_itemid": test_itemid,
            "test_name": test_name,
        }
        if culture.grows and test_name != "GRAM STAIN" and stream.chance(grows):
            _write_growth(desk, stream, row, stream.pick(culture.grows))
        else:
            desk.sheet.add("microbiologyevents", **row, comments=negative)


def _write_growth(desk: Desk, stream: Stream, row: Row, key: str) -> None:
    organism = ORGANISMS[key]
    grown: Row = {
        **row,
        "org_itemid": organism.itemid,
        "org_name": organism.name,
        "isolate_num": 1,
    }
    if not organism.antibiogram:
        desk.sheet.add("microbiologyevents", **grown)
        return
    for ab_itemid, ab_name, dilution, resistance in organism.antibiogram:
        resistant = stream.chance(resistance)
        comparison = "=>" if resistant else "<="
        amount = float(dilution) * (16 if resistant else 1)
        desk.sheet.add(
            "microbiologyevents",
            **grown,
            ab_itemid=ab_itemid,
            ab_name=ab_name,
            dilution_text=f"{comparison}{amount:g}",
            dilution_comparison=f"{comparison:<10}",
            dilution_value=f"{amount:g}",
            interpretation="R" if resistant else "S",
        )


def number_cultures(desk: Desk) -> None:
    """Give every row its microevent_id, in the order of the specimens."""
    rows = desk.sheet.of("microbiologyevents")
    rows.sort(key=lambda row: (str(row["chartdate"]), str(row["charttime"] or "")))
    if len(rows) >= CULTURES_PER_PATIENT:
        raise ValueError(f"{len(rows)} cultures of one patient do not fit microevent_id")
    first = desk.course.patient.index * CULTURES_PER_PATIENT + 1
    for number, row in enumerate(rows):
        row["microevent_id"] = first + number
