"""Labs, vital signs and other numbers: latest, first, extremes, mean, count, trend, at a time."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from clinseek.offline.plans import values as of
from clinseek.offline.plans.items import CHARTED, LABS, OUTPUTS, Chosen, Source, choose, find_ask
from clinseek.offline.plans.plan import Asks, Desk, Draft, Item, Observed, Plan, Seen
from clinseek.offline.plans.reading import (
    MOST_ROWS,
    falls_within,
    holding,
    listed,
    query,
    quoted,
    within,
)
from clinseek.offline.plans.spans import missing_stay, resolved, stay_asks
from clinseek.offline.sheets import number
from clinseek.offline.task.intent import Comparison, Intent, Measure, Window

_ROWS_FOR_CITING = 21
_MOST_PAGES = 3
_ED_UNITS = {"temperature": "°F", "heartrate": "bpm", "resprate": "insp/min", "o2sat": "%",
             "sbp": "mmHg", "dbp": "mmHg"}  # fmt: skip
_ORDERS: dict[Measure, str] = {
    "first": "{time} ASC, row_id ASC",
    "minimum": "{number} ASC, {time} ASC",
    "maximum": "{number} DESC, {time} ASC",
    "at": "abs(julianday({time}) - julianday({at})), {time}",
    "latest": "{time} DESC, row_id DESC",
}
_RISING = ("rising", "going up", "increas", "rise", "up")
_FALLING = ("falling", "going down", "decreas", "fall", "down", "drop")


class Reading(NamedTuple):
    """Rows to read: of which source, under which condition, in which unit if it is not told."""

    source: Source
    condition: str
    unit: str | None = None


def measurement(intent: Intent, desk: Desk) -> Plan:
    """The plan for one measured thing: find its items, read what is asked of them, answer."""
    if not desk.has("run_sql_query"):
        return (yield from _without_sql(intent, desk))
    sources = _sources(intent, desk)
    finds = tuple(
        ask for source in sources for ask in find_ask(intent, source, wide=desk.attempt > 0)
    )
    seen = yield (*finds, *stay_asks(desk, intent.window))
    window = resolved(intent.window, seen[len(finds) :], cutoff=desk.cutoff)
    if window is None:
        return Draft(missing_stay(intent.window))
    chosen = choose(
        intent, [(source, one.lines) for source, one in zip(sources, seen, strict=False)]
    )
    if chosen is None and intent.concept is not None and intent.concept.kind == "lab":
        chosen = yield from _charted_instead(intent, desk)
    readings = _readings(intent, chosen, desk)
    if not readings:
        return Draft(_not_found(intent))
    asked = [value_asks(reading, intent, window) for reading in readings]
    seen = yield tuple(ask for asks in asked for ask in asks)
    label = chosen.label if chosen else (intent.concept.name if intent.concept else intent.term)
    return _draft(intent, window, label, readings, _shared_out(seen, [len(asks) for asks in asked]))


def _sources(intent: Intent, desk: Desk) -> list[Source]:
    if intent.concept is None:
        sources = [LABS, CHARTED, OUTPUTS]
    else:
        sources = [LABS] if intent.concept.kind == "lab" else [CHARTED]
    return [source for source in sources if desk.holds(source.table)]


def _charted_instead(intent: Intent, desk: Desk) -> Generator[Asks, Seen, Chosen | None]:
    """A laboratory test that only the bedside chart knows."""
    if not desk.holds(CHARTED.table):
        return None
    seen = yield find_ask(intent, CHARTED, wide=desk.attempt > 0)
    return choose(intent, [(CHARTED, seen[0].lines)])


def _readings(intent: Intent, chosen: Chosen | None, desk: Desk) -> list[Reading]:
    readings = []
    if chosen is not None:
        readings.append(Reading(chosen.source, f"itemid IN {listed(chosen.itemids)}"))
    column = intent.concept.ed if intent.concept else None
    by_concept = chosen is None or (intent.concept and chosen.label in intent.concept.labels)
    if column and by_concept and desk.holds("vitalsign"):
        source = Source("vitalsign", "", "charttime", column, None, "unit")
        readings.append(Reading(source, f"{column} IS NOT NULL", _ED_UNITS.get(column)))
    return readings


def value_asks(reading: Reading, intent: Intent, window: Window) -> Asks:
    """The queries that hold what `intent` asks of one reading, in `window`."""
    source, measure = reading.source, _measure(intent)
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
        return (query(sums), query(f"{rows} ORDER BY {source.time} DESC LIMIT {_ROWS_FOR_CITING}"))
    if measure == "trend":
        return (query(f"{rows} ORDER BY {source.time} ASC, row_id ASC", limit=MOST_ROWS),)
    order = _ORDERS[measure].format(
        time=source.time, number=source.number, at=quoted(str(intent.at)) if intent.at else ""
    )
    return (query(f"{rows} ORDER BY {order} LIMIT 1"),)


def _measure(intent: Intent) -> Measure:
    """What to read for a question: "ever above 4" is the maximum, "is there any" the latest."""
    if intent.comparison and intent.measure != "count" and intent.comparison.ever:
        return "maximum" if intent.comparison.operator.startswith(">") else "minimum"
    plain: dict[Measure, Measure] = {
        "when_first": "first", "when_last": "latest", "exists": "latest", "which": "latest",
        "active": "latest", "dose": "latest",
    }  # fmt: skip
    return plain.get(intent.measure, intent.measure)


def _shared_out(seen: Seen, counts: list[int]) -> list[Seen]:
    shares, at = [], 0
    for count in counts:
        shares.append(seen[at : at + count])
        at += count
    return shares


def _draft(
    intent: Intent, window: Window, label: str, readings: list[Reading], shares: list[Seen]
) -> Draft:
    measure = _measure(intent)
    if measure in ("mean", "count", "total"):
        return _sum_draft(intent, measure, label, shares)
    held = [
        of.values_in(share[0], reading.source, unit=reading.unit)
        for reading, share in zip(readings, shares, strict=True)
    ]
    if measure == "trend":
        return trend_draft(intent, label, max(held, key=len))
    return value_draft(intent, label, [value for values in held for value in values], window)


def value_draft(intent: Intent, label: str, values: list[of.Value], window: Window) -> Draft:
    """The answer that is one value of the record."""
    measure = _measure(intent)
    value = of.picked(values, measure, at=intent.at)
    if value is None:
        where = f" {window.said}" if window.said else ""
        said = f"The record holds no value of {label}{where}."
        return Draft(said, holds=False if _asks_whether_any(intent) else None)
    which = "nearest" if measure == "at" else measure
    said = f"{label}: the {which} value is {value.said}, at {value.time}."
    if intent.comparison and value.number is not None:
        return Draft(said, holds=intent.comparison.holds(value.number), citations=value.citation)
    if intent.form == "yes_no" and not intent.candidates and intent.measure != "exists":
        return Draft(said, (Item(value.said, value.citation),), value.number, value.unit)
    if intent.measure in ("when_first", "when_last"):
        return Draft(said, (Item(str(value.time), value.citation),))
    holds = True if intent.form == "yes_no" else None
    return Draft(
        said, (Item(value.said, value.citation),), value.number, value.unit, holds, value.citation
    )


def _asks_whether_any(intent: Intent) -> bool:
    return intent.form == "yes_no" and intent.measure == "exists" and not intent.comparison


def _sum_draft(intent: Intent, measure: Measure, label: str, shares: list[Seen]) -> Draft:
    sums = [share[0].lines[0] for share in shares if share[0].lines]
    counted = [int(number(line.get("n")) or 0) for line in sums]
    citations = tuple(one for share in shares for one in _sum_citations(share))
    unit = next((line.get("valueuom") for share in shares for line in share[1].lines[:1]), None)
    if not sums:
        return Draft(f"The values of {label} could not be read.")
    if measure == "count":
        said = f"{label}: {sum(counted)} values."
        return Draft(said, (Item(str(sum(counted)), citations),), float(sum(counted)))
    weighed = [
        (number(line.get("mean")) or 0.0, int(number(line.get("numbers")) or 0)) for line in sums
    ]
    pooled = of.pooled_mean(weighed)
    if pooled is None:
        return Draft(f"The record holds no number of {label} there.")
    mean, numbers = pooled
    result = mean if measure == "mean" else mean * numbers
    said = (
        f"{label}: the {measure} of {numbers} values is {of.shortest(result)} {unit or ''}".strip()
    )
    text = f"{of.shortest(result)} {unit}" if unit else of.shortest(result)
    holds = intent.comparison.holds(result) if intent.comparison else None
    return Draft(f"{said}.", (Item(text, citations),), result, unit, holds, citations)


def _sum_citations(share: Seen) -> tuple[str, ...]:
    sums, rows = share
    whole = (sums.evidence,) if sums.evidence else ()
    few = rows.sheet is not None and len(rows.lines) < _ROWS_FOR_CITING
    return (*whole, *rows.cite()) if few else whole


def trend_draft(intent: Intent, label: str, values: list[of.Value]) -> Draft:
    """The answer to where a number is going, from its first to its last value."""
    held = sorted((value for value in values if value.number is not None), key=lambda v: v.time)
    if len(held) < 2:
        return Draft(f"{label}: fewer than two values, so there is no trend to see.")
    first, last = held[0], held[-1]
    went = of.direction([value.number for value in held if value.number is not None])
    text = f"{went} from {first.text} to {last.said}"
    citations = (*first.citation, *last.citation)
    said = f"{label}: {text}, {first.time} to {last.time}, over {len(held)} values."
    return Draft(said, (Item(text, citations),), holds=_as_asked(intent, went), citations=citations)


def _as_asked(intent: Intent, went: of.Direction) -> bool | None:
    if intent.form != "yes_no":
        return None
    lowered = intent.text.lower()
    if any(word in lowered for word in _RISING):
        return went == "rising"
    if any(word in lowered for word in _FALLING):
        return went == "falling"
    return went == "steady" if "steady" in lowered or "stable" in lowered else None


def _not_found(intent: Intent) -> str:
    named = intent.term or (intent.concept.name if intent.concept else "")
    if not named:
        return "I do not understand what the question asks for."
    return f"Nothing called {named!r} was found among this patient's measurements."


def _without_sql(intent: Intent, desk: Desk) -> Plan:
    """The same with the record tools alone: read the rows that hold the word, reckon here."""
    words = intent.concept.labels[:2] if intent.concept else (intent.term,) if intent.term else ()
    sources = _sources(intent, desk)
    stays = stay_asks(desk, intent.window)
    seen = yield stays
    window = resolved(intent.window, seen, cutoff=desk.cutoff)
    if window is None:
        return Draft(missing_stay(intent.window))
    for source in sources:
        rows = yield from _all_rows(desk, source, words)
        chosen = choose(intent, [(source, [line for one in rows for line in one.lines])])
        if chosen is None:
            continue
        values = [
            value
            for one in rows
            for value in of.values_in(one, source)
            if int(value.line.get("itemid") or 0) in chosen.itemids
            and falls_within(value.time, window)
        ]
        return _reckoned(intent, chosen.label, values, window)
    return Draft(_not_found(intent))


def _all_rows(
    desk: Desk, source: Source, words: tuple[str, ...]
) -> Generator[Asks, Seen, list[Observed]]:
    columns = ["itemid", "label", "category", source.time, source.number, source.unit]
    columns += [name for name in (source.text, source.remark) if name]
    columns += ["fluid"] if source is LABS else []
    rows: list[Observed] = []
    for page in range(_MOST_PAGES):
        seen = yield holding(desk, source.table, words, columns, offset=page * MOST_ROWS)
        rows.extend(seen)
        if not any(one.sheet and one.sheet.goes_on for one in seen):
            break
    return rows


def _reckoned(intent: Intent, label: str, values: list[of.Value], window: Window) -> Draft:
    measure = _measure(intent)
    if measure == "trend":
        return trend_draft(intent, label, values)
    if measure not in ("mean", "count", "total"):
        return value_draft(intent, label, values, window)
    held = _on_the_asked_side(values, intent.comparison) if measure == "count" else values
    numbers = [value.number for value in held if value.number is not None]
    citations = tuple(one for value in held for one in value.citation)
    if len(citations) >= _ROWS_FOR_CITING:
        citations = tuple(dict.fromkeys(one.partition("#")[0] for one in citations))
    if measure == "count":
        said = f"{label}: {len(held)} values."
        return Draft(said, (Item(str(len(held)), citations),), float(len(held)))
    if not numbers:
        return Draft(f"The record holds no number of {label} there.")
    result = sum(numbers) / (len(numbers) if measure == "mean" else 1)
    unit = held[0].unit
    text = f"{of.shortest(result)} {unit}" if unit else of.shortest(result)
    holds = intent.comparison.holds(result) if intent.comparison else None
    said = f"{label}: the {measure} of {len(numbers)} values is {text}."
    return Draft(said, (Item(text, citations),), result, unit, holds, citations)


def _on_the_asked_side(values: list[of.Value], comparison: Comparison | None) -> list[of.Value]:
    if comparison is None:
        return values
    return [v for v in values if v.number is not None and comparison.holds(v.number)]
