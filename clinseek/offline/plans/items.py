"""Which of the patient's items a question means: labels weighed against the question's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from clinseek.offline.plans.plan import Asks
from clinseek.offline.plans.reading import like, query, quoted
from clinseek.offline.sheets import Line, number
from clinseek.offline.task.intent import Intent
from clinseek.offline.task.terms import mentions
from clinseek.offline.task.unread import covers

_BLOOD_GAS = re.compile(r"\b(?:gas|abg|vbg|whole|arterial|venous)\b", re.IGNORECASE)
_SETTINGS = re.compile(r"\b(?:alarm|goal|desat limit|apache\w*)\b", re.IGNORECASE)
"""Labels that hold the words of a vital sign, but no measurement of it."""

_POOLED = ("systolic blood pressure", "diastolic blood pressure", "mean arterial pressure")
"""Concepts whose labels are ways to measure one thing in one unit: their rows are read together."""


class Source(NamedTuple):
    """A table of numbers, the dictionary of its items, and the columns that matter."""

    table: str
    dictionary: str
    time: str
    number: str
    text: str | None
    unit: str
    remark: str | None = None


LABS = Source("labevents", "d_labitems", "charttime", "valuenum", "value", "valueuom", "comments")
CHARTED = Source("chartevents", "d_items", "charttime", "valuenum", "value", "valueuom")
OUTPUTS = Source("outputevents", "d_items", "charttime", "value", None, "valueuom")


class Chosen(NamedTuple):
    """The items that a question means, all of one source and of one label or concept."""

    source: Source
    itemids: tuple[int, ...]
    label: str


def find_ask(intent: Intent, source: Source) -> Asks:
    """The query for the patient's items that the question may mean."""
    words = [intent.term] if len(intent.term) > 2 else []
    if intent.concept is not None:
        words = [*intent.concept.labels, *words]
    fluid = "d.fluid, " if source is LABS else ""
    return (
        query(
            f"SELECT d.itemid, d.label, d.category, {fluid}count(*) AS n "
            f"FROM {source.table} AS e JOIN {source.dictionary} AS d USING (itemid) "
            f"WHERE instr({quoted(intent.text.lower())}, lower(d.label)) > 0 "
            f"OR {like('d.label', list(dict.fromkeys(words)))} "
            "GROUP BY d.itemid ORDER BY n DESC, d.itemid"
        ),
    )


def choose(intent: Intent, found: Sequence[tuple[Source, Iterable[Line]]]) -> Chosen | None:
    """The items whose label fits the question best, from any source; None where none fits.

    A label that stands in the question comes before a preferred label of the concept, and both
    before labels that only hold the words. Blood comes before other fluids unless the question
    names one, chemistry and haematology before blood gas unless it asks for that.
    """
    weighed = [
        (weight, source, line)
        for source, lines in found
        for line in lines
        if (weight := _weight(intent, line)) is not None
    ]
    if not weighed:
        return None
    _, source, best = min(weighed, key=lambda one: one[0])
    alike = [line for _, other, line in weighed if other is source and _same(intent, best, line)]
    itemids = sorted({int(line["itemid"] or 0) for line in alike})
    label = best["label"] or intent.term
    return Chosen(source, tuple(itemids), label)


def _same(intent: Intent, best: Line, line: Line) -> bool:
    if (
        intent.concept is not None
        and intent.concept.name in _POOLED
        and not _verbatim(intent, best)
    ):
        return line["label"] in intent.concept.labels
    return all(line.get(name) == best.get(name) for name in ("label", "fluid", "category"))


def _weight(intent: Intent, line: Line) -> tuple[float, ...] | None:
    label = line.get("label") or ""
    told = f"{label} {line.get('fluid') or ''} {line.get('category') or ''}"
    if not covers(told, intent.rest if intent.concept else [intent.term]):
        return None
    if _SETTINGS.search(label) and not _SETTINGS.search(intent.text):
        return None
    if intent.fluid and intent.fluid not in f"{line.get('fluid')} {label}".lower():
        return None
    if _verbatim(intent, line):
        tier, within = 0, -len(label)
    elif intent.concept is not None and label in intent.concept.labels:
        tier, within = 1, intent.concept.labels.index(label)
    elif _holds(intent, label):
        tier, within = 2, len(label)
    else:
        return None
    return (
        float(tier == 2),
        float(_wrong_fluid(intent, line.get("fluid"))),
        tier,
        within,
        float((line.get("category") == "Blood Gas") != bool(_BLOOD_GAS.search(intent.text))),
        -(number(line.get("n")) or 0),
    )


def _verbatim(intent: Intent, line: Line) -> bool:
    label = line.get("label") or ""
    if not label or mentions(intent.text, label) is None:
        return False
    if intent.concept is not None:
        # "Blood" stands in "white blood cells", but does not name them.
        return any(mentions(label, said) for said in intent.concept.said)
    return len(label) > 2 or label.lower() == intent.term


def _holds(intent: Intent, label: str) -> bool:
    lowered = label.lower()
    if intent.concept is not None:
        return any(lowered.startswith(name.lower()) for name in intent.concept.labels) or any(
            mentions(label, said) for said in intent.concept.said if len(said) > 2
        )
    return bool(re.search(r"\w", intent.term))


def _wrong_fluid(intent: Intent, fluid: str | None) -> bool:
    if fluid is None:
        return False
    return intent.fluid is None and fluid != "Blood"
