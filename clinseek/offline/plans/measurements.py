"""Labs, vital signs and other numbers: latest, first, extremes, mean, count, trend, at a time."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import NamedTuple

from clinseek.offline.plans import values as of
from clinseek.offline.plans.by_tools import measured_by_tools
from clinseek.offline.plans.items import CHARTED, LABS, OUTPUTS, Chosen, Source, choose, find_ask
from clinseek.offline.plans.measured import (
    MOST_ROWS_READ,
    as_measured,
    read_as,
    sum_draft,
    trend_draft,
    value_draft,
)
from clinseek.offline.plans.plan import Asks, Desk, Draft, Item, Plan, Seen
from clinseek.offline.plans.reading import MOST_ROWS, listed, query, quoted, within
from clinseek.offline.plans.spans import missing_stay, resolved, stay_asks
from clinseek.offline.plans.spelling import respelt
from clinseek.offline.task.intent import Intent, Measure, Window
from clinseek.offline.task.terms import concept_in
from clinseek.offline.task.units import same_unit

_ED_UNITS = {"temperature": "°F", "heartrate": "bpm", "resprate": "insp/min", "o2sat": "%",
             "sbp": "mmHg", "dbp": "mmHg"}  # fmt: skip
_ORDERS: dict[Measure, str] = {
    "first": "{time} ASC, row_id ASC",
    "minimum": "{number} ASC, {time} ASC",
    "maximum": "{number} DESC, {time} ASC",
    "at": "abs(julianday({time}) - julianday({at})), {time}",
    "latest": "{time} DESC, row_id DESC",
}
_CANDIDATES = ("labevents_candidates", "items_candidates")


class Reading(NamedTuple):
    """Rows to read: of which source, under which condition, in which unit if it is not told."""

    source: Source
    condition: str
    unit: str | None = None


def measurement(intent: Intent, desk: Desk) -> Plan:
    """The plan for one measured thing; an answer in another unit than the asked one is none."""
    draft = yield from _measured(intent, desk)
    if intent.unit is None or draft.is_empty or same_unit(intent.unit, draft.unit):
        return draft
    stored = f"stored in {draft.unit}" if draft.unit else "stored without a unit that I can tell"
    named = intent.concept.name if intent.concept else intent.term
    return Draft(f"The question is about {named} in {intent.unit}, which is {stored} here: "
                 "I convert no units, so I give no answer.")  # fmt: skip


def _measured(intent: Intent, desk: Desk) -> Plan:
    """Find the items that are meant, read what is asked of them, answer."""
    if not desk.has("run_sql_query"):
        return (yield from measured_by_tools(intent, desk, _sources(intent, desk)))
    if intent.concept is not None and intent.concept.name == "blood pressure":
        return (yield from _both_pressures(intent, desk))
    sources = _sources(intent, desk)
    finds = tuple(ask for source in sources for ask in find_ask(intent, source))
    seen = yield (*finds, *stay_asks(desk, intent.window))
    window = resolved(intent.window, seen[len(finds) :], cutoff=desk.cutoff)
    if window is None:
        return Draft(missing_stay(intent.window))
    found = [(source, one.lines) for source, one in zip(sources, seen, strict=False)]
    chosen = choose(intent, found)
    if chosen is None:
        intent, chosen = yield from _looked_further(intent, desk)
    intent = as_measured(intent, chosen.source if chosen else None)
    readings = _readings(intent, chosen, desk)
    if not readings:
        return Draft(_not_found(intent))
    asked = [value_asks(reading, intent, window) for reading in readings]
    seen = yield tuple(ask for asks in asked for ask in asks)
    label = chosen.label if chosen else (intent.concept.name if intent.concept else intent.term)
    return _draft(intent, label, readings, _shared_out(seen, [len(asks) for asks in asked]))


def _both_pressures(intent: Intent, desk: Desk) -> Plan:
    """Systolic over diastolic where one value is asked for; only the systolic one else."""
    both = []
    for name in ("systolic blood pressure", "diastolic blood pressure"):
        both.append((yield from _measured(replace(intent, concept=concept_in(name)), desk)))
        if read_as(intent) not in ("latest", "first", "at") or intent.comparison:
            return both[0]
    systolic, diastolic = both
    if not (systolic.items and diastolic.items):
        return systolic
    upper, lower = systolic.items[0], diastolic.items[0]
    text = f"{upper.text.split(' ')[0]}/{lower.text}"
    item = Item(text, (*upper.citations, *lower.citations))
    return replace(systolic, said=f"{systolic.said} {diastolic.said}", items=(item,), number=None)


def _sources(intent: Intent, desk: Desk) -> list[Source]:
    if intent.concept is None:
        sources = [LABS, CHARTED, OUTPUTS]
    else:
        sources = [LABS] if intent.concept.kind == "lab" else [CHARTED]
    return [source for source in sources if desk.holds(source.table)]


def _looked_further(
    intent: Intent, desk: Desk
) -> Generator[Asks, Seen, tuple[Intent, Chosen | None]]:
    """A laboratory test that only the bedside chart knows, or a term spelt otherwise."""
    if intent.concept is not None and intent.concept.kind == "lab" and desk.holds(CHARTED.table):
        seen = yield find_ask(intent, CHARTED)
        chosen = choose(intent, [(CHARTED, seen[0].lines)])
        if chosen is not None:
            return intent, chosen
    spelt = yield from respelt(intent, desk, _CANDIDATES)
    if spelt is None:
        return intent, None
    sources = _sources(spelt, desk)
    seen = yield tuple(ask for source in sources for ask in find_ask(spelt, source))
    found = [(source, one.lines) for source, one in zip(sources, seen, strict=True)]
    return spelt, choose(spelt, found)


def _readings(intent: Intent, chosen: Chosen | None, desk: Desk) -> list[Reading]:
    readings = []
    if chosen is not None:
        readings.append(Reading(chosen.source, f"itemid IN {listed(chosen.itemids)}"))
    column = intent.concept.ed if intent.concept else None
    by_concept = (
        chosen.label in intent.concept.labels
        if chosen is not None and intent.concept is not None
        else not intent.rest
    )
    if column and by_concept and desk.holds("vitalsign"):
        source = Source("vitalsign", "", "charttime", column, None, "unit")
        readings.append(Reading(source, f"{column} IS NOT NULL", _ED_UNITS.get(column)))
    return readings


def value_asks(reading: Reading, intent: Intent, window: Window) -> Asks:
    """The queries that hold what `intent` asks of one reading, in `window`."""
    source, measure = reading.source, read_as(intent)
    columns = [source.time, source.number]
    columns += [name for name in (source.text, source.remark) if name]
    columns += [source.unit] if source.dictionary else []
    where = f"{reading.condition}{within(source.time, window)}"
    if measure in ("minimum", "maximum", "mean", "trend") or intent.comparison:
        where += f" AND {source.number} IS NOT NULL"
    if measure == "count" and intent.comparison:
        where += f" AND {source.number} {intent.comparison.operator} {intent.comparison.limit:g}"
    rows = f"SELECT row_id, {', '.join(columns)} FROM {source.table} WHERE {where}"
    if measure in ("mean", "count", "total"):
        sums = (
            f"SELECT count(*) AS n, count({source.number}) AS numbers, "
            f"avg({source.number}) AS mean FROM {source.table} WHERE {where}"
        )
        return (query(sums), query(f"{rows} ORDER BY {source.time} DESC LIMIT {MOST_ROWS_READ}"))
    if measure == "trend":
        return (query(f"{rows} ORDER BY {source.time} ASC, row_id ASC", limit=MOST_ROWS),)
    order = _ORDERS[measure].format(
        time=source.time, number=source.number, at=quoted(str(intent.at)) if intent.at else ""
    )
    return (query(f"{rows} ORDER BY {order} LIMIT 1"),)


def _shared_out(seen: Seen, counts: list[int]) -> list[Seen]:
    shares, at = [], 0
    for count in counts:
        shares.append(seen[at : at + count])
        at += count
    return shares


def _draft(intent: Intent, label: str, readings: list[Reading], shares: list[Seen]) -> Draft:
    measure = read_as(intent)
    if measure in ("mean", "count", "total"):
        return sum_draft(intent, measure, label, shares)
    held = [
        of.values_in(share[0], reading.source, unit=reading.unit)
        for reading, share in zip(readings, shares, strict=True)
    ]
    if measure == "trend":
        return trend_draft(intent, label, max(held, key=len))
    looked_at = tuple(one.evidence for share in shares for one in share if one.evidence)
    return value_draft(intent, label, [value for values in held for value in values], looked_at)


def _not_found(intent: Intent) -> str:
    named = intent.term or (intent.concept.name if intent.concept else "")
    if intent.concept is not None and intent.rest:
        rest = " ".join(intent.rest)
        return f"I do not understand this part of the question: {rest!r}. So I give no answer."
    if not named:
        return "I do not understand what the question asks for."
    return f"Nothing called {named!r} was found among this patient's measurements."
