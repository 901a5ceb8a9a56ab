"""Cultures and other microbiology: what grew, whether anything did, what it is resistant to."""

from __future__ import annotations

import re

from clinseek.offline.plans.lookups import Hit, Lookup, distinct, read
from clinseek.offline.plans.plan import Desk, Draft, Item, Plan
from clinseek.offline.plans.spans import missing_stay
from clinseek.offline.task.intent import Intent

_SPECIMENS = (
    "blood", "urine", "sputum", "wound", "swab", "stool", "csf", "spinal", "pleural", "peritoneal",
    "abscess", "tissue", "bile", "catheter", "respiratory", "bronch", "mrsa", "difficile",
    "throat", "fluid", "viral", "fungal",
)  # fmt: skip
_TO = re.compile(
    r"\b(resistan\w*|susceptib\w*|sensitiv\w*)\b(?: to)? ?(?P<drug>[a-z/ -]*)", re.IGNORECASE
)
_NEGATIVE = re.compile(
    r"(?<!gram[ -])(?<!coagulase[ -])\b(?:negative|sterile|no growth)\b", re.IGNORECASE
)
_POSITIVE = re.compile(r"\b(?:positive|grew|grow\w*|organisms?|isolated?)\b", re.IGNORECASE)
_OF_GROWTH = ("count", "when_last", "when_first")
_ORGANISMS = (
    "staph", "aureus", "epidermidis", "strep", "pneumoniae", "enterococc", "faec", "vre", "mrsa",
    "pseudomon", "aerugin", "klebsiella", "oxytoca", "escherichia", "coli", "candida", "albicans",
    "glabrata", "yeast", "proteus", "mirabilis", "enterobacter", "cloacae", "serratia",
    "marcescens", "acinetobacter", "baumannii", "clostrid", "difficile", "bacteroides",
    "haemophilus", "influenza", "listeria", "aspergill", "corynebacter", "citrobacter",
    "stenotrophomonas", "maltophilia", "legionella", "mycobacter", "tuberculosis", "coag", "gram",
    "anaerob", "fung", "mold", "mould",
)  # fmt: skip
"""How words begin that name organisms: of these alone it is told that none grew."""

_NO_ORGANISM = ("cancelled",)
"""What stands as organism where a test was given up."""
_MOST_NAMES = 50

_COLUMNS = (
    "chartdate", "charttime", "micro_specimen_id", "spec_type_desc", "test_name", "org_name",
    "ab_name", "interpretation", "comments",
)  # fmt: skip


def culture(intent: Intent, desk: Desk) -> Plan:
    """The plan for a question about microbiology."""
    specimens = [word for word in _SPECIMENS if re.search(rf"\b{word}", intent.term)]
    lookup = Lookup(
        "microbiologyevents", _COLUMNS, "spec_type_desc", "charttime", also=_of(specimens),
        day="chartdate",
    )  # fmt: skip
    if not desk.knows(lookup.table):
        return Draft("The record holds no microbiology.")
    rows = yield from read([lookup], intent.window, desk)
    if rows.window is None:
        return Draft(missing_stay(intent.window))
    found = [hit for hit in rows.together if _is_of(hit, specimens)]
    named = " ".join([*specimens, "culture" if specimens else "cultures"])
    if not found:
        said = f"The record holds no result of {named} {intent.window.said}".strip() + "."
        return Draft(
            said, holds=False if intent.form == "yes_no" else None, citations=rows.looked_at
        )
    return _draft(intent, found, named, specimens)


def _of(specimens: list[str]) -> str:
    tests = [f"spec_type_desc LIKE '%{word}%' OR test_name LIKE '%{word}%'" for word in specimens]
    return f"({' OR '.join(tests)})" if tests else ""


def _is_of(hit: Hit, specimens: list[str]) -> bool:
    text = f"{hit.line.get('spec_type_desc')} {hit.line.get('test_name')}".lower()
    return not specimens or any(word in text for word in specimens)


def _draft(intent: Intent, found: list[Hit], named: str, specimens: list[str]) -> Draft:
    against = _TO.search(intent.text)
    if against:
        return _susceptibility(intent, found, against, specimens)
    organism = _organism(intent, specimens)
    if intent.form != "yes_no" and (organism or intent.measure in _OF_GROWTH):
        if _NEGATIVE.search(intent.text):
            return Draft("I find cultures by what grew in them, not by what did not.")
        if organism or _POSITIVE.search(intent.text):
            found = [hit for hit in found if _grown(hit) and _is_organism(hit, organism)]
        if not found:
            return Draft(f"I know of no {named} with {' '.join(organism) or 'growth'}.")
    if intent.measure == "count":
        taken = {hit.line.get("micro_specimen_id") or str(hit.time) for hit in found}
        whole = tuple(dict.fromkeys(hit.seen.evidence for hit in found if hit.seen.evidence))
        return Draft(
            f"{len(taken)} specimens of {named}.", (Item(str(len(taken)), whole),), len(taken)
        )
    if intent.measure in ("when_last", "when_first"):
        hit = found[0] if intent.measure == "when_last" else found[-1]
        when = hit.line.get("charttime") or hit.line.get("chartdate") or ""
        return Draft(f"{named}: {when}.", (Item(when, hit.citation),))
    if intent.measure in ("latest", "first"):
        found = _one_specimen(found, newest=intent.measure == "latest")
    return _growth(intent, found, named, organism)


def _is_organism(hit: Hit, organism: list[str]) -> bool:
    name = (hit.line.get("org_name") or "").lower()
    return all(word in name for word in organism)


def _one_specimen(found: list[Hit], *, newest: bool) -> list[Hit]:
    wanted = found[0].time if newest else found[-1].time
    return [hit for hit in found if hit.time == wanted]


def _organism(intent: Intent, specimens: list[str]) -> list[str]:
    """The words of the term that name an organism: those that name no specimen."""
    words = re.findall(r"[a-z]{3,}", intent.term)
    return [word for word in words if not any(word.startswith(name) for name in specimens)]


def _growth(intent: Intent, found: list[Hit], named: str, organism: list[str]) -> Draft:
    grown = [hit._replace(name=name) for hit in found if (name := _grown(hit)) is not None]
    if organism and intent.form == "yes_no":
        grown = [hit for hit in grown if _is_organism(hit, organism)]
        if not grown and not all(word.startswith(_ORGANISMS) for word in organism):
            return Draft(f"I do not know of an organism called {' '.join(organism)!r}.")
    if intent.form == "yes_no":
        cited = tuple(one for hit in distinct(grown)[:5] for one in hit.citation)
        said = ", ".join(hit.name for hit in distinct(grown)) or "nothing of the kind grew"
        whole = tuple(dict.fromkeys(hit.seen.evidence for hit in found if hit.seen.evidence))
        return Draft(f"{named}: {said}.", holds=bool(grown) != bool(_NEGATIVE.search(intent.text)),
                     citations=cited or whole)  # fmt: skip
    if grown:
        items = tuple(Item(hit.name, hit.citation) for hit in distinct(grown)[:_MOST_NAMES])
        return Draft(f"{named}: {', '.join(item.text for item in items)}.", items)
    said = next(
        (text for hit in found if (text := (hit.line.get("comments") or "").strip("_ "))), ""
    )
    text = "no growth" if not said or "no growth" in said.lower() else " ".join(said.split())
    # A culture without organism and without remark says "no growth" only by its silence.
    citations = found[0].citation if said else found[0].seen.cite(())
    return Draft(f"{named}: {text}.", (Item(text, citations),))


def _grown(hit: Hit) -> str | None:
    name = (hit.line.get("org_name") or "").strip()
    return name if name and name.lower() not in _NO_ORGANISM else None


def _susceptibility(
    intent: Intent, found: list[Hit], against: re.Match[str], specimens: list[str]
) -> Draft:
    wanted = "R" if against[1].lower().startswith("resist") else "S"
    drug = against["drug"].strip(" ?").removeprefix("the ").split(" in ")[0].strip().lower()
    tested = [hit for hit in found if hit.line.get("ab_name") and hit.line.get("interpretation")]
    if not drug:
        named = [hit._replace(name=(hit.line.get("ab_name") or "").strip()) for hit in tested
                 if hit.line.get("interpretation") == wanted]  # fmt: skip
        items = tuple(Item(hit.name, hit.citation) for hit in distinct(named))
        return Draft(f"{len(items)} antibiotics tested as {wanted}.", items)
    grower = [word for word in _organism(intent, specimens) if word not in drug.split()]
    tested = [hit for hit in tested if _is_organism(hit, grower)]
    of_drug = [hit for hit in tested if drug.split()[0] in (hit.line.get("ab_name") or "").lower()]
    if not of_drug:
        return Draft(f"No susceptibility to {drug} was reported.")
    newest = of_drug[0]
    verdict = newest.line.get("interpretation") or ""
    organism = newest.line.get("org_name")
    said = f"{organism}: {newest.line.get('ab_name')} {verdict}, {newest.line.get('chartdate')}."
    holds = verdict == wanted if intent.form == "yes_no" else None
    return Draft(said, (Item(verdict, newest.citation),), holds=holds, citations=newest.citation)
