"""Stays and who the patient is: admissions, ICU stays, care unit, service, age and sex."""

from __future__ import annotations

import re
from datetime import datetime

from clinseek.offline.plans.lookups import Hit, Lookup, distinct, read
from clinseek.offline.plans.plan import MOST_ROWS_CITED, Desk, Draft, Item, Plan
from clinseek.offline.plans.spans import missing_stay
from clinseek.offline.plans.values import shortest
from clinseek.offline.sheets import moment
from clinseek.offline.task.cues import words
from clinseek.offline.task.intent import ANY_TIME, Anchor, Intent, Topic

_SECONDS_A_DAY = 86_400
_ENDED = re.compile(r"\b(?:discharged?|left|leave|end(?:ed)?)\b", re.IGNORECASE)
_NOW = re.compile(r"\b(?:is|now|currently|current|latest|last)\b", re.IGNORECASE)
_HOW_LONG = re.compile(r"\bhow long\b|\blength\b|\bduration\b|\bhow many days\b", re.IGNORECASE)
_KIND = re.compile(r"\b(?:types?|kind)\b", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:from|where|location)\b", re.IGNORECASE)
_ABOUT_ED = re.compile(r"\b(?:ed|emergency department)\b", re.IGNORECASE)

ADMISSIONS = Lookup(
    "admissions", ("admittime", "dischtime", "admission_type", "admission_location",
    "discharge_location"), "admission_type", "admittime",
)  # fmt: skip
ICU_STAYS = Lookup(
    "icustays", ("intime", "outtime", "first_careunit"), "first_careunit", "intime"
)  # fmt: skip
ED_STAYS = Lookup(
    "edstays", ("intime", "outtime", "arrival_transport"), "arrival_transport", "intime"
)
TRANSFERS = Lookup(
    "transfers", ("intime", "outtime", "eventtype", "careunit"), "careunit", "intime"
)
SERVICES = Lookup("services", ("transfertime", "curr_service"), "curr_service", "transfertime")
PATIENT = Lookup("patients", ("gender", "anchor_age"), "gender")
PEOPLE = Lookup(
    "admissions", ("admittime", "race", "marital_status", "insurance", "language"), "race",
    "admittime",
)  # fmt: skip

_LOOKUPS: dict[Topic, Lookup] = {
    "admission": ADMISSIONS, "icu": ICU_STAYS, "careunit": TRANSFERS, "service": SERVICES,
}  # fmt: skip
_OWN_ANCHORS: dict[str, tuple[Anchor, ...]] = {
    "admissions": ("admission", "previous_admission"), "icustays": ("icu",), "edstays": ("ed",),
}  # fmt: skip
"""A question about a stay names itself, not a span to look for stays in."""

_TOLD_BY: tuple[tuple[str, str], ...] = (
    ("how old|age|aged", "anchor_age"),
    ("gender|sex|male|female|man|woman", "gender"),
    ("race|ethnic\\w*", "race"),
    ("marital|married", "marital_status"),
    ("insurance|insured", "insurance"),
    ("language", "language"),
)
_SEXES = {"F": ("female", "woman"), "M": ("male", "man")}


def stay(intent: Intent, desk: Desk) -> Plan:
    """The plan for admissions, ICU stays, care units and services."""
    lookup = _LOOKUPS[intent.topic]
    if intent.topic == "admission" and (
        intent.window.anchor == "ed" or _ABOUT_ED.search(intent.text)
    ):
        lookup = ED_STAYS
    if not desk.knows(lookup.table):
        return Draft(f"The record has no table {lookup.table}.")
    own = _OWN_ANCHORS.get(lookup.table, ())
    window = ANY_TIME if intent.window.anchor in own else intent.window
    rows = yield from read([lookup], window, desk)
    if rows.window is None:
        return Draft(missing_stay(window))
    found = [hit for hit in rows.together if hit.line.get("eventtype") != "discharge"]
    if lookup in (TRANSFERS, SERVICES):
        found = [hit for hit in found if hit.name]
    if lookup is ADMISSIONS and intent.window.anchor == "previous_admission":
        found = [hit for hit in found if hit.line.get("dischtime")][:1]
    return _draft(intent, lookup, found, desk.cutoff, rows.looked_at)


def _draft(
    intent: Intent, lookup: Lookup, found: list[Hit], cutoff: datetime, looked_at: tuple[str, ...]
) -> Draft:
    lasting = _HOW_LONG.search(intent.text) is not None
    if intent.measure == "count" and not lasting:
        rows = tuple(one for hit in found for one in hit.citation)
        cited = (*looked_at, *rows) if len(rows) <= MOST_ROWS_CITED else looked_at
        said = f"{len(found)} rows of {lookup.table}."
        return Draft(said, (Item(str(len(found)), cited),), len(found))
    if not found:
        holds = False if intent.form == "yes_no" else None
        said = f"The record holds no rows of {lookup.table}."
        return Draft(said, holds=holds, citations=looked_at)
    hit = found[-1] if intent.measure in ("first", "when_first") else found[0]
    if intent.form == "yes_no":
        return _whether(intent, lookup, found, hit)
    if lasting:
        return _how_long(lookup, hit, cutoff)
    if intent.measure in ("when_last", "when_first"):
        return _when(intent, lookup, found, hit)
    return _names(intent, lookup, found, hit)


def _when(intent: Intent, lookup: Lookup, found: list[Hit], hit: Hit) -> Draft:
    """When a stay began, or when the newest that has ended did."""
    column = _ends(lookup) if _ENDED.search(intent.text) else lookup.time or ""
    ended = next((one for one in found if one.line.get(column)), hit)
    when = ended.line.get(column)
    return Draft(
        f"{lookup.table}: {column} is {when}.", (Item(when, ended.citation),) if when else ()
    )


def _names(intent: Intent, lookup: Lookup, found: list[Hit], hit: Hit) -> Draft:
    """Which one now, or all of them, newest first."""
    now = lookup in (TRANSFERS, SERVICES, ICU_STAYS) and _NOW.search(intent.text)
    if intent.measure == "which" and not now:
        items = tuple(Item(one.name, one.citation) for one in distinct(found) if one.name)
        return Draft(f"{lookup.table}, newest first.", items)
    ended = hit.line.get(_ends(lookup))
    if lookup is TRANSFERS and now and ended:
        return Draft(f"The patient is in no unit now: the last was {hit.name}, until {ended}.")
    return _name(intent, lookup, hit)


def _whether(intent: Intent, lookup: Lookup, found: list[Hit], hit: Hit) -> Draft:
    """Now, if the question is about now; else whether there was any such stay.

    Where the question names a unit or service, the newest row must be of it.
    """
    ends = _ends(lookup)
    if _ENDED.search(intent.text):
        ended = hit.line.get(ends)
        said = f"The last began at {hit.time} and {'ended at ' + ended if ended else 'goes on'}."
        return Draft(said, holds=ended is not None, citations=hit.citation)
    now = not re.search(r"\bever\b|^(?:was|were|has|have|did)\b", intent.text, re.IGNORECASE)
    still = hit.line.get(ends) is None
    unit = re.sub(r"\b(?:care ?unit|unit|ward|service|icu|in|under)\b", " ", intent.term).split()
    if lookup in (TRANSFERS, SERVICES) and unit:
        pool = [hit] if now else found
        fits = [one for one in pool if all(word in one.name.lower() for word in unit)]
        said = f"{fits[0].name if fits else hit.name} since {hit.time}."
        return Draft(said, holds=bool(fits), citations=(fits[0] if fits else hit).citation)
    ended = "goes on" if still else f"ended at {hit.line.get(ends)}"
    said = f"The last began at {hit.time} and {ended}."
    return Draft(said, holds=still if now else True, citations=hit.citation)


def _how_long(lookup: Lookup, hit: Hit, cutoff: datetime) -> Draft:
    end = moment(hit.line.get(_ends(lookup))) or cutoff
    days = (end - (hit.time or end)).total_seconds() / _SECONDS_A_DAY
    said = f"From {hit.time} to {end}: {shortest(days)} days."
    return Draft(said, (Item(f"{shortest(days)} days", hit.seen.cite(())),), days, "days")


def _name(intent: Intent, lookup: Lookup, hit: Hit) -> Draft:
    column = lookup.named
    if lookup is ADMISSIONS and not _KIND.search(intent.text):
        column = _place(intent) if _PLACE.search(intent.text) else "admittime"
    text = hit.line.get(column) or ""
    return Draft(f"{column}: {text}, {hit.time}.", (Item(text, hit.citation),) if text else ())


def _place(intent: Intent) -> str:
    return "discharge_location" if _ENDED.search(intent.text) else "admission_location"


def _ends(lookup: Lookup) -> str:
    return "dischtime" if lookup is ADMISSIONS else "outtime"


def demographic(intent: Intent, desk: Desk) -> Plan:
    """The plan for age, sex, race, language, insurance and marital status."""
    column = next((name for said, name in _TOLD_BY if words(said).search(intent.text)), "")
    lookup = PATIENT if column in PATIENT.columns else PEOPLE
    rows = yield from read([lookup], ANY_TIME, desk)
    told = next((hit for hit in rows.together if hit.line.get(column)), None)
    if told is None:
        return Draft(f"The record does not tell the patient's {column.replace('_', ' ')}.")
    text, citations = told.line.get(column) or "", told.citation
    said = f"{column.replace('_', ' ')}: {text}."
    holds = _is_so(intent, column, text) if intent.form == "yes_no" else None
    if column == "gender":
        # The row says F or M, which is not the word that is answered: the evidence is cited whole.
        text, citations = _SEXES.get(text, (text,))[0], told.seen.cite(())
    number = float(text) if column == "anchor_age" else None
    return Draft(said, (Item(text, citations),), number, None, holds, citations)


def _is_so(intent: Intent, column: str, text: str) -> bool | None:
    if column == "anchor_age" and intent.comparison:
        return intent.comparison.holds(float(text))
    asked = intent.text.lower()
    if column == "gender":
        return any(re.search(rf"\b{word}\b", asked) for word in _SEXES.get(text, ()))
    return text.lower() in asked
