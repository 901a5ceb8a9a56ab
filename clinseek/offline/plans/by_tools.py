"""Measurements by the record tools alone: without SQL, rows are read and reckoned here."""

from __future__ import annotations

from collections.abc import Generator

from clinseek.offline.plans import values as of
from clinseek.offline.plans.items import LABS, Source, choose
from clinseek.offline.plans.measured import (
    MOST_ROWS_READ,
    as_measured,
    read_as,
    trend_draft,
    value_draft,
)
from clinseek.offline.plans.plan import Asks, Desk, Draft, Item, Observed, Plan, Seen
from clinseek.offline.plans.reading import MOST_ROWS, falls_within, holding
from clinseek.offline.plans.spans import missing_stay, resolved, stay_asks
from clinseek.offline.sheets import number
from clinseek.offline.task.intent import Comparison, Intent

_MOST_PAGES = 3


def measured_by_tools(intent: Intent, desk: Desk, sources: list[Source]) -> Plan:
    """The plan for one measured thing: read the rows that hold its name, reckon with them."""
    words = intent.concept.labels[:2] if intent.concept else (intent.term,) if intent.term else ()
    seen = yield stay_asks(desk, intent.window)
    window = resolved(intent.window, seen, cutoff=desk.cutoff)
    if window is None:
        return Draft(missing_stay(intent.window))
    for source in sources if words else ():
        rows = yield from _all_rows(desk, source, words)
        chosen = choose(intent, [(source, [line for one in rows for line in one.lines])])
        if chosen is None:
            continue
        values = [
            value
            for one in rows
            for value in of.values_in(one, source)
            if (number(value.line.get("itemid")) in chosen.itemids)
            and falls_within(value.time, window)
        ]
        return _reckoned(as_measured(intent, source), chosen.label, values)
    return Draft(f"Nothing called {intent.term!r} was found by the tools at hand.")


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


def _reckoned(intent: Intent, label: str, values: list[of.Value]) -> Draft:
    measure = read_as(intent)
    if measure == "trend":
        return trend_draft(intent, label, values)
    if measure not in ("mean", "count", "total"):
        return value_draft(intent, label, values)
    held = _on_the_asked_side(values, intent.comparison) if measure == "count" else values
    numbers = [value.number for value in held if value.number is not None]
    citations = tuple(one for value in held for one in value.citation)
    if len(citations) >= MOST_ROWS_READ or len(citations) == 1:
        # One row shows no sum: what was counted is the evidence as a whole.
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
