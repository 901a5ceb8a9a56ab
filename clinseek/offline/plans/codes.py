"""Diagnoses and procedures: what earlier stays were coded with, and what the ICU recorded as done.

Billing codes are known after discharge only, so the current stay has none.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace

from clinseek.offline.plans.lookups import Hit, Lookup, distinct, read
from clinseek.offline.plans.plan import Asks, Desk, Draft, Item, Plan, Seen
from clinseek.offline.plans.reading import like, query
from clinseek.offline.plans.spans import missing_stay
from clinseek.offline.sheets import moment, number
from clinseek.offline.task.intent import ANY_TIME, Intent
from clinseek.offline.task.terms import CONDITION_SYNONYMS, mentions

_MOST_NAMES = 100
_IMAGING = re.compile(r"\b(?:x-?rays?|ct|mri|ultrasound|echo\w*|e[ck]g)\b", re.IGNORECASE)
_BESIDE = re.compile(r"\b(?:needs?|needed|requir\w+|invasively|mechanically|a)\b", re.IGNORECASE)
_NOW = re.compile(r"^(?:is|are)\b", re.IGNORECASE)
_PRIMARY = re.compile(r"\b(?:primary|principal|main)\b", re.IGNORECASE)

DIAGNOSES = Lookup(
    "diagnoses_icd", ("hadm_id", "seq_num", "long_title"), "long_title",
    join="JOIN d_icd_diagnoses USING (icd_code, icd_version)",
)  # fmt: skip
ED_DIAGNOSES = Lookup("diagnosis", ("stay_id", "seq_num", "icd_title"), "icd_title")
PROCEDURES = Lookup(
    "procedures_icd", ("hadm_id", "seq_num", "chartdate", "long_title"), "long_title", "chartdate",
    join="JOIN d_icd_procedures USING (icd_code, icd_version)",
)  # fmt: skip
ICU_PROCEDURES = Lookup(
    "procedureevents", ("label", "starttime", "endtime"), "label", "starttime",
    join="JOIN d_items USING (itemid)",
)  # fmt: skip


def diagnosis(intent: Intent, desk: Desk) -> Plan:
    """The plan for diagnoses of earlier stays."""
    term = _PRIMARY.sub("", intent.term).strip()
    admissions = Lookup("admissions", ("hadm_id", "admittime"), "hadm_id", "admittime")
    lookups = [replace(one, words=_words(term)) for one in (DIAGNOSES, ED_DIAGNOSES)]
    rows = yield from read([*lookups, admissions], ANY_TIME, desk)
    stays = [hit.name for hit in rows.found.pop("admissions")]
    found = rows.together
    if intent.measure in ("latest", "first") or intent.window.anchor == "previous_admission":
        found = _of_one_stay(found, stays if intent.measure != "first" else stays[::-1])
    if _PRIMARY.search(intent.text):
        found = [hit for hit in found if number(hit.line.get("seq_num")) == 1]
    if not found and not (yield from _is_known(_words(term), ("d_icd_diagnoses",), desk)):
        return Draft(_UNKNOWN.format(term))
    return _draft(intent, found, term or "diagnosis", rows.looked_at)


def procedure(intent: Intent, desk: Desk) -> Plan:
    """The plan for procedures, of earlier stays by code and of ICU stays as they were charted."""
    words = _words(intent.term) or _words(_verb(intent.text))
    lookups = [replace(one, words=words) for one in (PROCEDURES, ICU_PROCEDURES)]
    rows = yield from read(lookups, intent.window, desk)
    if rows.window is None:
        return Draft(missing_stay(intent.window))
    found = rows.together
    if intent.form == "yes_no" and _NOW.search(intent.text):
        found = [hit for hit in found if _goes_on(hit, desk)]
    if not found and _IMAGING.search(intent.text):
        return Draft("Only imaging in the ICU is charted as such, so I do not know of any other.")
    if intent.measure in ("when_last", "when_first") and found:
        hit = found[0] if intent.measure == "when_last" else found[-1]
        return Draft(f"{hit.name} at {hit.time}.", (Item(str(hit.time), hit.citation),))
    if intent.measure == "latest" and intent.form != "yes_no":
        found = found[:1]
    if not found and not (yield from _is_known(words, ("d_icd_procedures", "d_items"), desk)):
        return Draft(_UNKNOWN.format(intent.term))
    return _draft(intent, found, intent.term or "procedure", rows.looked_at)


_UNKNOWN = "No dictionary has anything called {!r}, so that the record lacks it tells nothing."


def _is_known(
    words: tuple[str, ...], dictionaries: tuple[str, ...], desk: Desk
) -> Generator[Asks, Seen, bool]:
    """Whether a dictionary has such a name at all: what none has is absent from every record."""
    if not words:
        return True
    if not desk.has("run_sql_query"):
        return False
    seen = yield tuple(
        query(f"SELECT {_NAMED_IN[one]} FROM {one} WHERE {like(_NAMED_IN[one], words)} LIMIT 1")
        for one in dictionaries
    )
    return any(one.lines for one in seen)


_NAMED_IN = {"d_icd_diagnoses": "long_title", "d_icd_procedures": "long_title", "d_items": "label"}


def _goes_on(hit: Hit, desk: Desk) -> bool:
    """Whether what was charted has no end by the cutoff; a billing code tells of no end."""
    if "endtime" not in hit.line:
        return False
    end = moment(hit.line.get("endtime"))
    return end is None or end > desk.cutoff


def _words(term: str) -> tuple[str, ...]:
    if not term:
        return ()
    known = [said for said in CONDITION_SYNONYMS if mentions(term, said)]
    said = max(known, key=len, default="")
    # "Severe CHF" is more than "CHF": a synonym stands for the whole term or for nothing.
    if said and not _BESIDE.sub("", term.replace(said, "", 1)).strip():
        return CONDITION_SYNONYMS[said]
    return (term,)


def _verb(text: str) -> str:
    found = re.search(r"\b(?:ventilat|intubat|extubat|dialysis)", text, re.IGNORECASE)
    return found[0].lower() if found else ""


def _of_one_stay(found: list[Hit], stays: Sequence[str]) -> list[Hit]:
    """The hits of the first of `stays` that has any; those without a stay where none has."""
    coded = {hit.line.get("hadm_id") for hit in found}
    wanted = next((stay for stay in stays if stay in coded), None)
    return [hit for hit in found if hit.line.get("hadm_id") == wanted]


def _draft(intent: Intent, found: list[Hit], named: str, looked_at: tuple[str, ...]) -> Draft:
    unique = distinct(found)
    if intent.form == "yes_no":
        cited = tuple(one for hit in unique[:5] for one in hit.citation)
        said = "; ".join(hit.name for hit in unique[:5]) or f"no {named} is coded or charted"
        return Draft(f"{said}.", holds=bool(unique), citations=cited or looked_at)
    if intent.measure == "count":
        return Draft(f"{len(found)} {named}.", (Item(str(len(found)), looked_at),), len(found))
    if not unique:
        return Draft(f"The record holds no {named} known at this time.")
    items = tuple(Item(hit.name, hit.citation) for hit in unique[:_MOST_NAMES])
    return Draft(f"{len(items)} {named} found.", items)
