"""From a question in plain English to an Intent, by cues and a small table of terms.

Each step takes the words it understood out of the text; what is left names the thing asked about.
Nothing is looked up here: whether the record knows such a thing is for the plan to find out.
"""

from __future__ import annotations

import re
from datetime import datetime

from clinseek.offline.task import cues
from clinseek.offline.task.intent import Comparison, Form, Intent, Measure, Topic, Window
from clinseek.offline.task.terms import (
    CONDITION_SYNONYMS,
    FLUIDS,
    STATES,
    concept_in,
    drug_class_in,
    label_in,
    mentions,
    several_in,
)
from clinseek.offline.task.units import UNITS
from clinseek.offline.task.unread import changes_meaning, left_over
from clinseek.offline.task.windows import read_time, take_window

_AT = re.compile(
    r"\b(?:at|around|about|near(?:est)?(?: to)?|clos(?:e|est) to) "
    r"(?P<time>\d{4}-\d\d-\d\d[ T]\d{1,2}:\d\d(?::\d\d)?)",
    re.IGNORECASE,
)
_COMPARISONS = {
    operator: re.compile(
        rf"(?:{'|'.join(said)})\s*(?P<limit>-?\d+(?:\.\d+)?)(?![\d-])(?:\s*(?P<unit>{UNITS}))?",
        re.IGNORECASE,
    )
    for operator, said in cues.OPERATORS.items()
}
_LASTING = re.compile(r"\b(?:how long|how many days|length|duration)\b", re.IGNORECASE)
_PAST = re.compile(r"^(?:did|has|have|was|were|is|are)\b", re.IGNORECASE)
_AHEAD = cues.words(
    "will", "would", "going to", "likely", "predict\\w*", "risk", "probab\\w*", "within", "next",
    "expected", "mortality",
)  # fmt: skip
"""What makes a question in the past or present tense one about what comes all the same."""

_IN_UNIT = re.compile(rf"\bin (?P<unit>{UNITS})", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“']([^\"”']{2,})[\"”'](?!\w)")
_THE_ITEM = "that item"
_ABOUT_TIME_ITSELF: tuple[Topic, ...] = ("risk", "next", "admission", "icu")
_SAID: tuple[Topic, ...] = ("careunit", "service", "demographic")
"""Of these a question of yes or no says what is compared with the row, in words of its own."""

_COMPARED: tuple[Topic, ...] = ("measurement", "urine_output", "demographic")
_UNMEASURED: tuple[Measure, ...] = ("minimum", "maximum", "mean", "trend")
_NAMED_FROM_RECORD: tuple[Topic, ...] = ("drug", "culture", "diagnosis", "procedure")


def read_task(
    question: str, *, cutoff: datetime, candidates: tuple[str, ...] = (), form: str | None = None
) -> Intent:
    """The Intent of `question` as asked at `cutoff`.

    `form` is the answer form that the prompt names, if it does. What names nothing known is taken
    for a measurement by the words that are left, and the record tells whether there is one.

    >>> intent = read_task("What was the highest lactate today?", cutoff=datetime(2150, 3, 5))
    >>> intent.topic, intent.measure, intent.term
    ('measurement', 'maximum', 'lactate')
    """
    whole = " ".join(question.replace("\u2019", "'").split())
    item = label_in(whole)
    if item is not None:
        # The label's own words ("mean", "systolic") are no part of what is asked of it.
        whole = re.sub(re.escape(item.labels[0]), _THE_ITEM, whole, flags=re.IGNORECASE)
    shape = _form_of(whole, candidates, form)
    foretold = _foretold(whole, shape)
    at = _AT.search(whole)
    spoken = take_window(whole if at is None else whole.replace(at[0], " "), cutoff=cutoff)
    unit, text = _unit_of(spoken.text)
    comparison, text = _compared(text)
    state = _state_in(text) if shape == "yes_no" and comparison is None and not foretold else None
    if state is not None:
        comparison, text = state
    topic = foretold or ("measurement" if item else _topic_of(text, spoken.window, shape))
    measure = "at" if at is not None else _measure_of(text, topic, shape)
    if measure == "latest" and spoken.window.said.startswith(("on ad", "at ad", "upon", "on ar")):
        measure = "first"
    term = item.labels[0].lower() if item else _term_of(text, topic)
    concept = item or (concept_in(text) if topic == "measurement" else None)
    drug_class = drug_class_in(text) if topic == "drug" else None
    rest = left_over(text, topic, measure, term=term, concept=concept, drug_class=drug_class)
    unread = _unread(text, topic, shape)
    if unread is None and topic not in _COMPARED:
        unread = _unmeasured(comparison, measure, topic) or (at[0] if at else None)
    if unread is None and comparison is not None and topic == "measurement":
        unread = _not_compared(comparison, measure, shape)
    if unread is None and topic != "measurement" and not (shape == "yes_no" and topic in _SAID):
        unread = " ".join(rest) or None
    return Intent(
        topic=topic,
        measure=measure,
        form=shape,
        text=whole if foretold else text,
        term=term,
        concept=concept,
        drug_class=drug_class,
        window=spoken.window,
        comparison=comparison,
        at=read_time(at["time"]) if at is not None else None,
        fluid=next((fluid for fluid in FLUIDS if mentions(text, fluid)), None),
        candidates=candidates,
        rest=rest,
        unit=unit,
        unread=unread,
    )


def _unread(text: str, topic: Topic, form: Form) -> str | None:
    """What makes a question one that is not understood: words that change what it means, a time
    that no window has read, or two things asked for at once. None where there is none of them.
    """
    if topic in ("risk", "next"):
        return None
    changed = changes_meaning(text, topic, form)
    if changed or topic in _ABOUT_TIME_ITSELF:
        return changed
    several = several_in(text) if topic == "measurement" else []
    if several:
        return " and ".join(several)
    found = cues.UNREAD_TIME.search(re.sub(r"how long|how many \w+", " ", text))
    return found[0] if found else None


def _form_of(text: str, candidates: tuple[str, ...], form: str | None) -> Form:
    if form == "yes_no" or {name.lower() for name in candidates} == {"yes", "no"}:
        return "yes_no"
    if form == "choice":
        return "choice"
    if form == "list":
        return "list"
    if candidates:
        return "list" if cues.MANY.search(text) else "choice"
    return "yes_no" if form is None and cues.POLAR.search(text) else "open"


def _foretold(text: str, form: Form) -> Topic | None:
    """`risk` or `next` for a question about what has not happened yet, else None."""
    if form in ("list", "choice") and cues.NEXT.search(text):
        return "next"
    if _PAST.search(text) and not _AHEAD.search(text):
        return None
    if form == "yes_no" and cues.PREDICTS.search(text) and cues.OUTCOMES.search(text):
        return "risk"
    return None


def _unmeasured(comparison: Comparison | None, measure: Measure, topic: Topic) -> str | None:
    """A limit or an extreme asked of what has no number of its own."""
    if topic in ("risk", "next"):
        return None
    if comparison is not None:
        return f"{comparison.operator} {comparison.limit:g}"
    return measure if measure in _UNMEASURED else None


def _not_compared(comparison: Comparison, measure: Measure, form: Form) -> str | None:
    """A limit that would be dropped: only counts and questions of yes or no heed one."""
    heeded = measure == "count" or (form == "yes_no" and measure != "trend")
    return None if heeded else f"{comparison.operator} {comparison.limit:g}"


def _unit_of(text: str) -> tuple[str | None, str]:
    """The unit that is asked for, of the answer or of a limit, and the text without "in UNIT"."""
    asked = _IN_UNIT.search(text)
    if asked is not None:
        return asked["unit"], f"{text[: asked.start()]} {text[asked.end() :]}"
    limits = (pattern.search(text) for pattern in _COMPARISONS.values())
    return next((found["unit"] for found in limits if found and found["unit"]), None), text


def _compared(text: str) -> tuple[Comparison | None, str]:
    for operator, pattern in _COMPARISONS.items():
        found = pattern.search(text)
        if found is None:
            continue
        left = f"{text[: found.start()]} {text[found.end() :]}"
        ever = bool(cues.EVER.search(text)) and not cues.MEASURES["latest"].search(text)
        return Comparison(operator, float(found["limit"]), ever), " ".join(left.split())
    return None, text


def _state_in(text: str) -> tuple[Comparison, str] | None:
    """A state such as fever as the threshold that it is, and the text with its concept instead."""
    for said, state in STATES.items():
        if mentions(text, said):
            ever = not re.match(r"(?:is|are)\b", text, re.IGNORECASE)
            left = re.sub(rf"\b{said}\b", state.concept, text, flags=re.IGNORECASE)
            return Comparison(state.operator, state.limit, ever), left
    return None


def _topic_of(text: str, window: Window, form: Form) -> Topic:
    concept = concept_in(text)
    if concept is None and cues.ON_A_DRUG.search(text):
        return "drug"
    for topic, cue in cues.TOPICS.items():
        if not cue.search(text):
            continue
        # "How often was creatinine ordered": a named measurement outweighs a stay or a service.
        if concept is not None and topic not in (*_NAMED_FROM_RECORD[:3], "urine_output"):
            return "measurement"
        return topic
    if concept is None and form == "yes_no" and _names_condition(text):
        return "diagnosis"
    return (_stay_of(text, window) if concept is None else None) or "measurement"


def _stay_of(text: str, window: Window) -> Topic | None:
    """The stay that the window names, where the question is about nothing else or its length."""
    lasting = _LASTING.search(text) is not None
    named = _term_of(text, "measurement") or window.anchor == "admission"
    if window.anchor is None or (named and not lasting):
        return None
    return "icu" if window.anchor == "icu" else "admission"


def _names_condition(text: str) -> bool:
    has = re.search(r"\b(?:have|has|had)\b(?! been)", text, re.IGNORECASE)
    return has is not None or any(mentions(text, said) for said in CONDITION_SYNONYMS)


def _measure_of(text: str, topic: Topic, form: Form) -> Measure:
    if topic == "drug" and cues.ON_IT_NOW.search(text):
        return "active"
    if topic == "drug" and cues.DOSE_ASKED.search(text):
        return "dose"
    for measure, cue in cues.MEASURES.items():
        if cue.search(text) and not (measure == "trend" and topic != "measurement"):
            return measure
    if form == "yes_no":
        return "exists"
    return "which" if topic in _NAMED_FROM_RECORD else "latest"


def _term_of(text: str, topic: Topic) -> str:
    quoted = _QUOTED.search(text)
    if quoted:
        return quoted[1].strip()
    left = text
    for measure, cue in cues.MEASURES.items():
        if measure not in ("which", "when_first", "when_last"):
            left = cue.sub(" ", left)
    if topic in _NAMED_FROM_RECORD:
        left = cues.NAMING.sub(" ", left)
    left = re.sub(r"[?!;:]|\.(?=\s|$)", " ", cues.FILLER.sub(" ", left))
    return " ".join(left.split()).strip(" ,-").lower()
