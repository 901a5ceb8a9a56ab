"""What is answered of a measured thing, from the values or sums that were read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from clinseek.offline.plans import values as of
from clinseek.offline.plans.items import OUTPUTS, Source
from clinseek.offline.plans.plan import Draft, Item, Seen
from clinseek.offline.sheets import number
from clinseek.offline.task import cues
from clinseek.offline.task.intent import Comparison, Intent, Measure

MOST_ROWS_READ = 21
"""One more than an answer cites: where so many rows came back, the evidence is cited whole."""

AROUND = timedelta(hours=12)
"""A value further than this from the time asked for is not the value at that time."""

_RISING = ("rising", "going up", "increas", "rise", "up", "worsen")
_FALLING = ("falling", "going down", "decreas", "fall", "down", "drop")


def read_as(intent: Intent) -> Measure:
    """What to read for a question: "ever above 4" is the maximum, "is there any" the latest."""
    if intent.comparison and intent.measure != "count" and intent.comparison.ever:
        return "maximum" if intent.comparison.operator.startswith(">") else "minimum"
    plain: dict[Measure, Measure] = {
        "when_first": "first", "when_last": "latest", "exists": "latest", "which": "latest",
        "active": "latest", "dose": "latest",
    }  # fmt: skip
    return plain.get(intent.measure, intent.measure)


def as_measured(intent: Intent, source: Source | None) -> Intent:
    """The intent with "total" read as a part of a name ("total calcium") except for outputs:
    only they add up.
    """
    if intent.measure == "total" and source is not OUTPUTS:
        return replace(intent, measure="latest")
    return intent


def value_draft(
    intent: Intent, label: str, values: list[of.Value], looked_at: tuple[str, ...] = ()
) -> Draft:
    """The answer that is one value of the record; an absence cites what was `looked_at`."""
    measure = read_as(intent)
    value = of.picked(values, measure, at=intent.at)
    if value is None:
        where = f" {intent.window.said}" if intent.window.said else ""
        any_asked = intent.form == "yes_no" and intent.measure == "exists" and not intent.comparison
        said = f"The record holds no value of {label}{where}."
        return Draft(said, holds=False if any_asked else None, citations=looked_at)
    said = f"{label}: the {_WHICH.get(measure, measure)} value is {value.said}, at {value.time}."
    if intent.at is not None and abs(value.time - intent.at) > AROUND:
        return Draft(f"{said} That is too far from {intent.at}.")
    if intent.comparison and value.number is not None:
        comparison = _in_unit_of(label, intent.comparison)
        return Draft(said, unit=value.unit, holds=comparison.holds(value.number),
                     citations=value.citation)  # fmt: skip
    if cues.MEASURES["when_last"].search(intent.text):
        return Draft(said, (Item(str(value.time), value.citation),))
    holds = True if intent.form == "yes_no" and intent.measure == "exists" else None
    items = (Item(value.said, value.citation),)
    return Draft(said, items, value.number, value.unit, holds, value.citation)


def _in_unit_of(label: str, comparison: Comparison) -> Comparison:
    """A limit that can only be meant in Fahrenheit, in Celsius where the item is in Celsius."""
    if "Celsius" not in label or comparison.limit < _HOTTEST_CELSIUS:
        return comparison
    return comparison._replace(limit=(comparison.limit - 32) * 5 / 9)


_HOTTEST_CELSIUS = 50
_WHICH: dict[Measure, str] = {"at": "nearest", "minimum": "lowest", "maximum": "highest"}


def sum_draft(intent: Intent, measure: Measure, label: str, shares: list[Seen]) -> Draft:
    """The answer that is a count, a mean or a total; each share is its sums and some rows."""
    sums = [share[0].lines[0] for share in shares if share[0].lines]
    counted = sum(int(number(line.get("n")) or 0) for line in sums)
    citations = tuple(one for share in shares for one in _sum_citations(share))
    unit = next((line.get("valueuom") for share in shares for line in share[1].lines[:1]), None)
    if not sums:
        return Draft(f"The values of {label} could not be read.")
    if measure == "count":
        said = f"{label}: {counted} values."
        return Draft(said, (Item(str(counted), citations),), float(counted), unit)
    pooled = of.pooled_mean(
        (number(line.get("mean")) or 0.0, int(number(line.get("numbers")) or 0)) for line in sums
    )
    if pooled is None:
        return Draft(f"The record holds no number of {label} there.")
    mean, numbers = pooled
    result = mean if measure == "mean" else mean * numbers
    text = f"{of.shortest(result)} {unit}" if unit else of.shortest(result)
    holds = intent.comparison.holds(result) if intent.comparison else None
    said = f"{label}: the {measure} of {numbers} values is {text}."
    return Draft(said, (Item(text, citations),), result, unit, holds, citations)


def _sum_citations(share: Seen) -> tuple[str, ...]:
    sums, rows = share
    whole = (sums.evidence,) if sums.evidence else ()
    return (*whole, *rows.cite()) if 0 < len(rows.lines) < MOST_ROWS_READ else whole


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
    holds = _as_asked(intent, went)
    return Draft(said, (Item(text, citations),), None, last.unit, holds, citations)


def _as_asked(intent: Intent, went: of.Direction) -> bool | None:
    if intent.form != "yes_no":
        return None
    lowered = intent.text.lower()
    if any(word in lowered for word in _RISING):
        return went == "rising"
    if any(word in lowered for word in _FALLING):
        return went == "falling"
    return went == "steady" if "steady" in lowered or "stable" in lowered else None
