"""A list or a choice among candidates, by what this record shows most often and most recently.

The one rule: a candidate is the likelier the more often the record held it in the last three days
(else ever). For what comes next it knows nothing of medicine: what was done goes on being done.
Where no candidates are named, the names of the record itself stand in for them.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NamedTuple

from clinseek.offline.plans.plan import Ask, Asks, Desk, Draft, Item, Observed, Plan
from clinseek.offline.plans.reading import query, within
from clinseek.offline.plans.spans import missing_stay, resolved, stay_asks
from clinseek.offline.sheets import number
from clinseek.offline.task.intent import ANY_TIME, Intent, Window

RECENT = timedelta(hours=72)
MOST_LISTED = 10
"""More items than this are not put into a list of what comes next."""


class Names(NamedTuple):
    """Where names of one kind stand: the table, the expression of the name, the time column."""

    table: str
    name: str
    time: str | None
    join: str = ""


_ITEM = "JOIN d_items USING (itemid)"
_CATEGORY = "candidate"
"""The column with the names of CCS categories."""
_EVENTS = tuple(
    Names(table, f"'{table}'", time)
    for table, time in (
        ("transfers", "intime"), ("services", "transfertime"), ("labevents", "charttime"),
        ("microbiologyevents", "charttime"), ("poe", "ordertime"), ("emar", "charttime"),
        ("chartevents", "charttime"), ("datetimeevents", "charttime"),
        ("inputevents", "starttime"), ("outputevents", "charttime"),
        ("procedureevents", "starttime"), ("radiology", "charttime"),
    )
)  # fmt: skip
_KINDS: tuple[tuple[str, tuple[Names, ...]], ...] = (
    (r"kinds? of events?", _EVENTS),
    (r"micro\w*|cultures?", (Names("microbiologyevents", "test_name", "charttime"),)),
    (r"labs?|labevents?|laborator\w+|blood tests?|tests?", (
        Names("labevents", "label", "charttime", "JOIN d_labitems USING (itemid)"),)),
    (r"input\w*|infus\w*|drips?", (Names("inputevents", "label", "starttime", _ITEM),)),
    (r"ingredient\w*", (Names("ingredientevents", "label", "starttime", _ITEM),)),
    (r"output\w*", (Names("outputevents", "label", "charttime", _ITEM),)),
    (r"datetime\w*|which dates", (Names("datetimeevents", "label", "charttime", _ITEM),)),
    (r"procedureevents?|bedside procedures?", (
        Names("procedureevents", "label", "starttime", _ITEM),)),
    (r"pyxis\w*|dispens\w*", (Names("pyxis", "name", "charttime"),)),
    (r"medrecon\w*|home medications?|reconcil\w*|takes? at home", (
        Names("medrecon", "name", "charttime"),)),
    (r"emar|administ\w*|given", (Names("emar", "medication", "charttime"),)),
    (r"chart\w*|vitals?|vital signs?|bedside", (
        Names("chartevents", "label", "charttime", _ITEM),)),
    (r"drugs?|medications?|medicines?|prescri\w*|antibiotics?", (
        Names("prescriptions", "drug", "starttime"), Names("emar", "medication", "charttime"))),
    (r"diagnos\w*|conditions?|diseases?", (
        Names("diagnoses_icd", "long_title", None,
              "JOIN d_icd_diagnoses USING (icd_code, icd_version)"),
        Names("diagnoses_icd", _CATEGORY, None,
              "JOIN diagnoses_ccs_candidates USING (icd_code, icd_version)"),
        Names("diagnosis", "icd_title", None))),
    (r"procedures?|surger\w*|operations?", (
        Names("procedures_icd", "long_title", "chartdate",
              "JOIN d_icd_procedures USING (icd_code, icd_version)"),
        Names("procedures_icd", _CATEGORY, "chartdate",
              "JOIN procedures_ccs_candidates USING (icd_code, icd_version)"),
        Names("procedureevents", "label", "starttime", _ITEM))),
    (r"services?", (Names("services", "curr_service", "transfertime"),)),
    (r"transfer\w*|care ?units?|wards?|units?", (Names("transfers", "careunit", "intime"),
                                                  Names("transfers", "eventtype", "intime"))),
    (r"admissions?", (Names("admissions", "admission_type", "admittime"),)),
    (r"orders?|poe", (Names("poe", "order_type", "ordertime"),)),
    (r"omr|outpatient measurements?", (Names("omr", "result_name", "chartdate"),)),
    (r"radiolog\w*|imaging|exams?", (Names("radiology_detail", "field_value", None),)),
)  # fmt: skip


def among(intent: Intent, desk: Desk) -> Plan:
    """Which of the candidates the record holds in the window, the most frequent first."""
    sources = [one for one in kinds_of(intent.text) or _MEASURED if desk.holds(one.table)]
    stays = stay_asks(desk, intent.window)
    if not sources or not desk.has("run_sql_query"):
        return Draft("I do not know where the record would show these candidates.")
    seen = yield stays
    window = resolved(intent.window, seen, cutoff=desk.cutoff)
    if window is None:
        return Draft(missing_stay(intent.window))
    seen = yield tuple(_counts(one, window) for one in sources)
    items = _named(intent.candidates, seen)
    return Draft(f"{len(items)} of the candidates stand in the record {intent.window.said}.", items)


def coming(intent: Intent, desk: Desk) -> Plan:
    """What comes next, by what was most frequent of late: a rule without any knowledge."""
    sources = [one for one in _sources(intent) if desk.holds(one.table)]
    if not sources or not desk.has("run_sql_query"):
        return Draft("I do not know which part of the record tells what comes next.")
    recent = Window(start=desk.cutoff - RECENT)
    asks: Asks = tuple(_counts(one, window) for window in (recent, ANY_TIME) for one in sources)
    seen = yield tuple(dict.fromkeys(asks))
    by_ask = dict(zip(dict.fromkeys(asks), seen, strict=True))
    for window in (recent, ANY_TIME):
        held = tuple(by_ask[_counts(one, window)] for one in sources)
        items = _named(intent.candidates or _names_in(held), held)[:MOST_LISTED]
        if items:
            of = "candidates in this record" if intent.candidates else "names in this record"
            of_late = window.start is not None and any(one.time for one in sources)
            when = "over the last three days" if of_late else "ever"
            return Draft(
                f"Only a guess: the {len(items)} most frequent of the {of}, {when}.", items
            )
    missing = "None of the candidates stands" if intent.candidates else "No such name stands"
    return Draft(f"{missing} in this record, so I cannot rank them.")


def _sources(intent: Intent) -> tuple[Names, ...]:
    """Where to count. Without candidates the question says which kind of name is meant.

    Classes of drugs (ATC) stand in no row, and a choice is among what is named in the question.
    """
    sources = kinds_of(intent.text)
    if intent.candidates:
        return sources
    if intent.form != "list" or re.search(r"\bATC\b", intent.text):
        return ()
    by_category = re.search(r"\bCCS\b", intent.text) is not None
    return tuple(one for one in sources if (one.name == _CATEGORY) is by_category)[:1]


def _names_in(seen: tuple[Observed, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.get("name") or "" for one in seen for line in one.lines))


def kinds_of(text: str) -> tuple[Names, ...]:
    """Where the record holds the kind of thing that `text` asks a list of.

    >>> [one.table for one in kinds_of("Which lab tests were done?")]
    ['labevents']
    """
    for words, names in _KINDS:
        if re.search(rf"\b(?:{words})\b", text, re.IGNORECASE):
            return names
    return ()


_MEASURED = (*kinds_of("lab"), *kinds_of("vital signs"), *kinds_of("outputs"))


def _counts(one: Names, window: Window) -> Ask:
    span = within(one.time, window) if one.time else ""
    return query(
        f"SELECT {one.name} AS name, count(*) AS n FROM {one.table} {one.join} "
        f"WHERE {one.name} IS NOT NULL{span} GROUP BY 1 ORDER BY n DESC, name".replace("  ", " "),
        limit=1_000,
    )


def _named(candidates: tuple[str, ...], seen: tuple[Observed, ...]) -> tuple[Item, ...]:
    """The candidates that the counts name, the most frequent first; spelling as the candidates'."""
    wanted = {" ".join(name.lower().split()): name for name in candidates}
    counted: dict[str, tuple[float, tuple[str, ...]]] = {}
    for one in seen:
        for line in one.lines:
            name = wanted.get(" ".join((line.get("name") or "").lower().split()))
            if name is None:
                continue
            before, cited = counted.get(name, (0.0, ()))
            count = before + (number(line.get("n")) or 0.0)
            counted[name] = (count, tuple(dict.fromkeys((*cited, *one.cite(())[:1]))))
    ranked = sorted(counted, key=lambda name: -counted[name][0])
    return tuple(Item(name, counted[name][1]) for name in ranked)
