"""Risk as yes or no, by a handful of points: crude, stated, and no prediction model.

The limits of the points are those at which the SOFA score (Vincent et al. 1996) begins to count
organ failure; how many points make a yes was set by hand and never fitted to any record.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal, NamedTuple

from clinseek.offline.plans.drugs import INFUSED
from clinseek.offline.plans.lookups import Lookup
from clinseek.offline.plans.plan import Ask, Desk, Draft, Observed, Plan
from clinseek.offline.plans.reading import listed, quoted
from clinseek.offline.sheets import Line, moment, number
from clinseek.offline.task.intent import Intent, Window
from clinseek.offline.task.terms import DRUG_CLASSES

_WATCHED = timedelta(hours=24)
_A_YEAR = timedelta(days=365)
_VENTILATED = "Invasive Ventilation"


class Sign(NamedTuple):
    """A laboratory value that scores once for every limit that its latest value lies beyond."""

    label: str
    side: Literal["above", "below"]
    limits: tuple[float, ...]


SIGNS = (
    Sign("Lactate", "above", (2.0, 4.0)),
    Sign("Creatinine", "above", (2.0, 3.5)),
    Sign("Bilirubin, Total", "above", (2.0, 6.0)),
    Sign("Platelet Count", "below", (100.0, 50.0)),
    Sign("White Blood Cells", "above", (20.0,)),
)


class Outcome(NamedTuple):
    """A kind of outcome: how it is said, what is counted for it, and from how many on it is yes."""

    said: str
    counts: str
    least: int


OUTCOMES = (
    Outcome(r"readmi\w*.*\bicu|icu.*readmi|back to (?:the )?(?:icu|intensive)", "earlier_icu", 1),
    Outcome(r"readmi|return to (?:the )?hospital", "earlier_admissions", 2),
    Outcome(r"reattend|(?:return|back) to (?:the )?(?:ed|emergency)", "earlier_ed", 2),
    Outcome(r"\b(?:die|dies|death|dead|mortality|surviv\w*|expire)\b", "severity", 5),
    Outcome(r"critical", "severity", 4),
    Outcome(r"hospitali[sz]|admitted", "severity", 2),
    Outcome(r"icu.*transfer|transferred|be in (?:the )?(?:icu|intensive)", "severity", 3),
    Outcome(r"icu", "severity", 4),
    Outcome(r"stay|discharged", "severity", 3),
)


def risk(intent: Intent, desk: Desk) -> Plan:
    """The plan for "will this patient ...": points of severity, or earlier stays counted."""
    outcome = next(
        (one for one in OUTCOMES if re.search(one.said, intent.text, re.IGNORECASE)), None
    )
    if outcome is None or not desk.has("run_sql_query"):
        return Draft("I have no rule for this outcome, so I do not know.")
    asks = _severity_asks(desk) if outcome.counts == "severity" else _earlier_asks(outcome, desk)
    if not asks:
        return Draft("The record holds nothing that my rules for this outcome count.")
    seen = yield tuple(asks.values())
    found = dict(zip(asks, seen, strict=True))
    points = _severity(found) if outcome.counts == "severity" else _earlier(found, desk)
    if not any(one.lines for one in seen):
        return Draft("Nothing was found that my rules for this outcome count, so I do not know.")
    reached = len(points)
    holds = reached >= outcome.least
    cited = tuple(dict.fromkeys(one for _, citation in points for one in citation))
    said = "; ".join(name for name, _ in points) or "nothing that counts"
    return Draft(
        f"A crude rule, no prediction model: {reached} points of {outcome.least} needed ({said}).",
        holds=holds,
        citations=cited or tuple(one.evidence for one in seen if one.evidence),
    )


_Point = tuple[str, tuple[str, ...]]


def _severity_asks(desk: Desk) -> dict[str, Ask]:
    recently = Window(start=desk.cutoff - _WATCHED)
    labels = listed([sign.label for sign in SIGNS])
    pressors = next(one.members for one in DRUG_CLASSES if one.name == "vasopressors")
    start = quoted(str(recently.start))
    wanted = {
        "age": Lookup("patients", ("anchor_age",), "anchor_age"),
        "icu": Lookup("icustays", ("intime", "outtime"), "intime", "intime"),
        "acuity": Lookup("triage", ("stay_id", "acuity", "o2sat", "sbp"), "stay_id"),
        "labs": Lookup(
            "labevents", ("label", "valuenum", "charttime"), "label", "charttime",
            join="JOIN d_labitems USING (itemid)",
            also=f"fluid = 'Blood' AND label IN {labels} AND valuenum IS NOT NULL "
            f"AND charttime >= {quoted(str(desk.cutoff - 2 * _WATCHED))}",
        ),
        "pressure": Lookup(
            "chartevents", ("valuenum", "charttime"), "valuenum", "charttime",
            join="JOIN d_items USING (itemid)",
            also="label LIKE '%Blood Pressure systolic' AND valuenum BETWEEN 30 AND 90 "
            f"AND charttime >= {start}",
        ),
        "pressors": Lookup(
            INFUSED.table, INFUSED.columns, INFUSED.named, INFUSED.time, pressors, INFUSED.join,
            also=f"starttime >= {start}",
        ),
        "ventilated": Lookup(
            "procedureevents", ("label", "starttime", "endtime"), "label", "starttime",
            join="JOIN d_items USING (itemid)",
            also=f"label = {quoted(_VENTILATED)} AND (endtime IS NULL OR endtime >= {start})",
        ),
    }  # fmt: skip
    return {name: ask for name, lookup in wanted.items() for ask in lookup.asks(desk)}


def _severity(found: dict[str, Observed]) -> list[_Point]:
    points: list[_Point] = []

    def score(name: str, key: str, line: Line | None) -> None:
        if line is not None:
            points.append((name, found[key].cite((line,))))

    def first(key: str) -> Line | None:
        return next(iter(found[key].lines), None) if key in found else None

    age = first("age")
    years = number(age.get("anchor_age")) if age else None
    for limit in (75, 85):
        score(f"age over {limit}", "age", age if years is not None and years >= limit else None)
    stay = first("icu")
    score("in the ICU", "icu", stay if stay and stay.get("outtime") is None else None)
    triage = max(found["acuity"].lines, key=_stay_id, default=None) if "acuity" in found else None
    urgent = triage is not None and (number(triage.get("acuity")) or 9) <= 2
    score("urgent at triage", "acuity", triage if urgent else None)
    for name, key in (("low pressure", "pressure"), ("vasopressor", "pressors"),
                      ("vasopressor", "pressors"), ("ventilated", "ventilated"),
                      ("ventilated", "ventilated")):  # fmt: skip
        score(name, key, first(key))
    for sign in SIGNS:
        for line in _beyond(sign, found.get("labs")):
            score(f"{sign.label} {line['valuenum']}", "labs", line)
    return points


def _stay_id(line: Line) -> float:
    return number(line.get("stay_id")) or 0.0


def _beyond(sign: Sign, labs: Observed | None) -> list[Line]:
    """The latest value of the sign, once for every limit that it is beyond."""
    lines = labs.lines if labs else ()
    latest = next((line for line in lines if line.get("label") == sign.label), None)
    value = number(latest.get("valuenum")) if latest else None
    if latest is None or value is None:
        return []
    return [
        latest
        for limit in sign.limits
        if (value > limit if sign.side == "above" else value < limit)
    ]


def _earlier_asks(outcome: Outcome, desk: Desk) -> dict[str, Ask]:
    table, begins, ends = {
        "earlier_icu": ("icustays", "intime", "outtime"),
        "earlier_admissions": ("admissions", "admittime", "dischtime"),
        "earlier_ed": ("edstays", "intime", "outtime"),
    }[outcome.counts]
    lookup = Lookup(table, (f"{begins} AS begins", f"{ends} AS ends"), "begins", begins)
    asks = lookup.asks(desk)
    return {outcome.counts: asks[0]} if asks else {}


def _earlier(found: dict[str, Observed], desk: Desk) -> list[_Point]:
    """One point for each stay that ended within the last year."""
    return [
        (f"stay from {line.get('begins')}", one.cite((line,)))
        for one in found.values()
        for line in one.lines
        if (ended := moment(line.get("ends"))) is not None and ended >= desk.cutoff - _A_YEAR
    ]
