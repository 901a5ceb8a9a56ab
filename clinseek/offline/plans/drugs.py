"""Drugs: given or ordered, which ones, when first and last, how often, which dose, still on.

Given is what the administration record (emar), the ICU's infusions (inputevents) and the emergency
department's cabinet (pyxis) say; an order (prescriptions) is no administration.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta

from clinseek.offline.plans.lookups import Hit, Lookup, distinct, names, read
from clinseek.offline.plans.plan import Ask, Asks, Desk, Draft, Item, Plan, Seen
from clinseek.offline.plans.spans import missing_stay
from clinseek.offline.plans.spelling import respelt
from clinseek.offline.sheets import moment
from clinseek.offline.task.intent import Intent
from clinseek.offline.task.terms import DRUG_CLASSES, DRUG_SYNONYMS

_ORDERS = re.compile(r"\b(?:order\w*|prescri\w*|medication list)\b", re.IGNORECASE)
_GIVEN = re.compile(
    r"\b(?:given|administ\w*|receiv\w*|infus\w*|drip|got|get|treated)\b", re.IGNORECASE
)
_ANY_DRUG = re.compile(r"\b(?:drugs?|medic\w+|doses?|orders?|infusions?|anything)\b", re.IGNORECASE)
_GIVEN_EVENT = re.compile(
    r"(?:delayed |partial )?(?:administered|started|restarted|applied)", re.IGNORECASE
)
_MOST_CITED = 5
_MOST_NAMES = 50
_RUNNING_WITHIN = timedelta(hours=24)
"""An infusion without an end that began longer ago than this is taken to have ended unseen."""

EMAR = Lookup("emar", ("medication", "event_txt", "charttime"), "medication", "charttime")
INFUSED = Lookup(
    "inputevents",
    ("label", "starttime", "endtime", "amount", "amountuom", "rate", "rateuom"),
    "label",
    "starttime",
    join="JOIN d_items USING (itemid)",
)
CABINET = Lookup("pyxis", ("name", "charttime"), "name", "charttime")
ORDERED = Lookup(
    "prescriptions",
    ("drug", "starttime", "stoptime", "dose_val_rx", "dose_unit_rx", "route"),
    "drug",
    "starttime",
)


def drug(intent: Intent, desk: Desk) -> Plan:
    """The plan for a drug or a class of drugs."""
    if not intent.term and not _ANY_DRUG.search(intent.text):
        return Draft("I do not understand which drug the question asks about.")
    early = intent.measure in ("first", "when_first")
    lookups = [
        replace(lookup, words=_words(intent), oldest_first=early)
        for lookup in _asked_of(intent, desk)
    ]
    rows = yield from read(lookups, intent.window, desk)
    if rows.window is None:
        return Draft(missing_stay(intent.window))
    if not rows.rows:
        spelt = yield from respelt(intent, desk, ("prescriptions_candidates",))
        if spelt is not None:
            return (yield from drug(spelt, desk))
        if not (yield from _is_a_drug(intent, desk)):
            said = f"I do not know of a drug called {intent.term!r}, so that nothing of the name "
            return Draft(f"{said}stands among the drugs tells nothing.")
    found = [hit for hit in rows.together if _was_given(hit)]
    if intent.measure == "active":
        found = [hit for hit in found if _runs(hit, desk)]
    orders = lookups[0].table == ORDERED.table
    if found and orders and _GIVEN.search(intent.text):
        said = f"{_named(intent)} was ordered: {_said(found[0])}. An order is no administration, "
        return Draft(f"{said}and nothing in this record tells what was given.")
    verb = "ordered" if orders else "given"
    return _draft(intent, found, rows.looked_at, _named(intent), verb)


def _is_a_drug(intent: Intent, desk: Desk) -> Generator[Asks, Seen, bool]:
    """Whether the term is the name of a drug, by the classes of drugs or by the vocabulary.

    Without that no absence is told: blood products and ventilators are in other tables.
    """
    term = DRUG_SYNONYMS.get(intent.term, intent.term)
    if not term or intent.drug_class or term in DRUG_SYNONYMS.values():
        return True
    if any(term == member for one in DRUG_CLASSES for member in one.members):
        return True
    if not desk.has("get_candidates_by_fuzzy_matching"):
        return False
    seen = yield (
        Ask.of(
            "get_candidates_by_fuzzy_matching",
            table_name="prescriptions_candidates",
            keywords=[intent.term],
        ),
    )
    return any(names(line.get("candidate") or "", [term]) for one in seen for line in one.lines)


def _words(intent: Intent) -> tuple[str, ...]:
    if intent.drug_class is not None:
        return intent.drug_class.members
    term = DRUG_SYNONYMS.get(intent.term, intent.term)
    return (term,) if term else ()


def _asked_of(intent: Intent, desk: Desk) -> list[Lookup]:
    given = [lookup for lookup in (EMAR, INFUSED, CABINET) if desk.holds(lookup.table)]
    if intent.measure == "active":
        return [ORDERED, *(lookup for lookup in given if lookup is INFUSED)]
    orders = _ORDERS.search(intent.text) and not _GIVEN.search(intent.text)
    return [ORDERED] if orders or intent.measure == "dose" or not given else given


def _was_given(hit: Hit) -> bool:
    """Of the administration record only what was given: not what was held, flushed or stopped."""
    if "event_txt" not in hit.line:
        return True
    return _GIVEN_EVENT.match((hit.line["event_txt"] or "").strip()) is not None


def _draft(
    intent: Intent, found: list[Hit], looked_at: tuple[str, ...], named: str, verb: str
) -> Draft:
    where = f" {intent.window.said}" if intent.window.said else ""
    if intent.form == "yes_no":
        cited = tuple(one for hit in found[:_MOST_CITED] for one in hit.citation)
        what = f"{named} was {verb}: {_said(found[0])}." if found else f"No {named} found{where}."
        return Draft(what, holds=bool(found), citations=cited or looked_at)
    if intent.measure in ("total", "mean", "minimum", "maximum"):
        return Draft(f"I do not add up or compare amounts of a drug ({named}).")
    if intent.measure == "count":
        said = f"{named} was {verb} {len(found)} times{where}."
        return Draft(said, (Item(str(len(found)), looked_at),), float(len(found)))
    if not found:
        return Draft(f"The record shows no {named} {verb}{where}.")
    if intent.measure in ("when_first", "when_last", "first", "latest", "dose"):
        return _one(intent, found, verb, named)
    items = tuple(Item(hit.name, hit.citation) for hit in distinct(found)[:_MOST_NAMES])
    return Draft(f"{len(items)} {named} {verb}{where}.", items)


def _one(intent: Intent, found: list[Hit], verb: str, named: str) -> Draft:
    hit = found[-1] if intent.measure in ("when_first", "first") else found[0]
    said = f"{named} {verb}: {_said(hit)}."
    if intent.measure in ("when_first", "when_last"):
        return Draft(said, (Item(str(hit.time), hit.citation),))
    dose = " ".join(filter(None, (hit.line.get("dose_val_rx"), hit.line.get("dose_unit_rx"))))
    amount = " ".join(filter(None, (hit.line.get("amount"), hit.line.get("amountuom"))))
    if intent.measure == "dose" or re.search(r"\bdos(?:e|age)\b", intent.text):
        text = dose or amount
        return (
            Draft(said, (Item(text, hit.citation),)) if text else Draft(f"{said} No dose stands.")
        )
    return Draft(said, (Item(hit.name, hit.citation),))


def _runs(hit: Hit, desk: Desk) -> bool:
    """Whether an order or infusion runs at the cutoff: begun, and no end known by then."""
    if hit.time is None or hit.time > desk.cutoff:
        return False
    end = moment(hit.line.get("stoptime") or hit.line.get("endtime"))
    if "rate" in hit.line and end is None:
        return hit.time >= desk.cutoff - _RUNNING_WITHIN
    return end is None or end > desk.cutoff


def _said(hit: Hit) -> str:
    event = hit.line.get("event_txt")
    return f"{hit.name} at {hit.time}" + (f" ({event.strip()})" if event else "")


def _named(intent: Intent) -> str:
    return intent.drug_class.name if intent.drug_class else intent.term or "drugs"
