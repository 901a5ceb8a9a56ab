"""The words of a question that no reader took in: with one left, another question was asked.

Two tables. Some words change what a question means wherever they stand, and no reader knows them:
they are named at once. All others must be taken in by something: a cue, a concept, a filler, or
the label that the record has for the thing, which only the plan can tell.
"""

from __future__ import annotations

import re

from clinseek.offline.task import cues
from clinseek.offline.task.cues import words
from clinseek.offline.task.intent import Form, Measure, Topic
from clinseek.offline.task.terms import Concept, DrugClass, mentions

_STAYS: tuple[Topic, ...] = ("admission", "icu", "careunit", "service")
_TWICE_NAMED: tuple[Measure, ...] = ("minimum", "maximum", "mean", "first", "latest")
_ALSO_SAID: dict[Measure, tuple[Measure, ...]] = {"trend": ("first", "latest"), "count": ()}

CHANGES_MEANING = words(
    "not", "no", "never", "none", "without", "neither", "nor", "\\w+n't", "cannot", "lacks?",
    "lacking", "den(?:y|ies|ied)", "free of", "every", "each", "both", "only", "always", "most of",
    "majority", "except\\w*", "exclud\\w*", "other than", "another", "apart from", "besides",
    "but", "rather", "instead", "unless", "despite", "regardless", "than", "versus", "vs",
    "compar\\w*", "relative to", "median", "modal", "percentiles?", "quartiles?", "variance",
    "variab\\w*", "deviations?", "slope", "second", "third", "fourth", "fifth", "\\d+(?:nd|rd|th)",
    "penultimate", "next", "ranges?", "consecutive\\w*", "twice", "thrice", "doubled?", "tripled?",
    "distinct", "unique", "different", "separate", "mondays?", "tuesdays?", "wednesdays?",
    "thursdays?", "fridays?", "saturdays?", "sundays?", "weekdays?", "noon", "midnight", "midday",
    "(?:grand)?(?:mother|father|parent)(?:'s|s)?", "(?:mom|dad|son|wife)(?:'s|s)?",
    "(?:daughter|sister|brother|sibling|husband|spouse|child|infant|twin|cousin|partner)"
    "(?:'s|s)?", "(?:aunt|uncle|niece|nephew|newborn|neonate|donor|relative)(?:'s|s)?", "familial",
    "famil(?:y|ies)", "someone", "anyone", "everyone",
    "(?<!the )patients", "other patients?", "will", "would(?! like)", "should", "shall",
    "going to", "tomorrow", "tonight", "future", "expect\\w*", "predict\\w*", "forecast\\w*",
    "why", "because", "due to", "caused?", "reasons?", "normal(?! saline)(?:ly)?", "abnormal\\w*",
    "\\d{6,}",
)  # fmt: skip
"""Negation, quantifiers, exceptions, orders of rank, other people, the future, causes."""

_ANY_OF_ALL = words("(?<!at )all", "or", "either")
_MEASURED_SPAN = words("lengths?", "durations?", "long", "how many days", "types?", "kinds?")
_NO_GROWTH = words("no growth")
_HARMLESS = words(
    "go(?:es|ne)?", "went", "rise[sn]?", "rose", "falls?", "fell", "drop(?:s|ped)?", "exceed\\w*",
    "fallen", "labs?", "laboratory", "vitals?", "signs?", "checked", "drawn", "taken", "obtained",
    "sent", "collected", "made", "done", "performed", "ordered", "charted", "look(?:s|ed|ing)?",
    "like", "about", "over", "time", "date", "day", "point", "since", "then", "yet", "still",
    "also", "today", "run(?:ning)?", "seen?", "known", "exact(?:ly)?", "numbers?", "number of",
    "i", "you", "we", "us", "can", "could", "may", "need", "want", "would like", "know", "let",
    "my", "up", "down", "out", "s", "been", "available", "present", "such", "into", "file[ds]?",
    "name", "all", "right", "case", "having", "here", "under", "happen(?:ed|s)?", "get",
    "that item", "chart", "patient's", "during", "through(?:out)?",
    "current(?:ly)?", "now", "levels?", "blood", "serum", "venous", "plasma", "count",
    "concentration", "trends?", "trending", "at",
    "most", "recent(?:ly)?", "any", "candidates?",
)  # fmt: skip
"""Words beside the name of a measured thing that ask for nothing more of it."""

_STAY_WORDS = words(
    "care ?units?", "units?", "wards?", "services?", "clinical", "teams?", "locat\\w*", "clinic",
    "intensive", "care", "emergency", "room", "departments?", "ed", "er", "icus?", "hospitals?",
    "hospitali[sz]\\w*", "admi\\w+", "discharg\\w*", "stays?", "stayed", "visits?", "encounters?",
    "transfer\\w*", "left", "leave", "end(?:ed)?", "start(?:ed)?", "beg[aiu]n\\w*", "long",
    "lengths?", "durations?", "days?", "types?", "kinds?", "where", "go", "come", "came", "under",
    "into", "still", "current(?:ly)?", "now", "yet", "since", "enter(?:ed)?", "time", "date",
    "names?", "place", "location", "back", "already", "had", "spent?", "went", "number",
    "number of",
    "ever", "as", "today", "being", "located", "arriv\\w*", "most", "recent", "status", "here",
    "presently", "there", "responsible",
)  # fmt: skip
_ABOUT_A_PERSON = words(
    "old", "age", "aged", "gender", "sex", "male", "female", "man", "woman", "race", "ethnic\\w*",
    "marital", "married", "status", "insurance", "insured", "language", "speaks?", "spoken",
    "years?", "primary", "preferred", "current(?:ly)?", "kind", "type",
)  # fmt: skip
_URINE_WORDS = words(
    "urin(?:e|ary)", "outputs?", "volume", "passed", "diuresis", "amount", "made", "produced?",
    "put", "out", "total", "sum", "overall", "cumulative", "time",
)  # fmt: skip


def changes_meaning(text: str, topic: Topic, form: Form) -> str | None:
    """The first words of `text` that change its meaning and that no reader knows, else None.

    >>> changes_meaning("Was the potassium never high?", "measurement", "yes_no")
    'never'
    """
    text = text if topic != "culture" else _NO_GROWTH.sub(" ", text)
    found = CHANGES_MEANING.search(text)
    if found is None and (form == "yes_no" or (form == "open" and topic == "measurement")):
        found = _ANY_OF_ALL.search(text)
    if found is None and topic in ("measurement", "drug", "culture", "urine_output"):
        found = _MEASURED_SPAN.search(text)
    return found[0] if found else None


def left_over(
    text: str,
    topic: Topic,
    measure: Measure,
    *,
    term: str = "",
    concept: Concept | None = None,
    drug_class: DrugClass | None = None,
) -> tuple[str, ...]:
    """The words of `text` that nothing took in, in their order, in lower case.

    Of a measured thing the label may still hold them; of a stay, a person or the urine output
    none may be left. Topics that are named by what is left have nothing left over.
    """
    if drug_class is not None:
        return _plain(_without(term, drug_class.said))
    left = text
    if concept is not None:
        left = _without(left, (*concept.said, *concept.labels))
    if topic == "measurement" and concept is not None:
        twice = several_measures(left, measure)
        left = cues.MEASURES[measure].sub(" ", left) if measure in cues.MEASURES else left
        left = cues.FILLER.sub(" ", _HARMLESS.sub(" ", left))
        return (*_plain(_no_cue(left)), *twice)
    allowed = _ALLOWED.get(topic)
    if allowed is None:
        return ()
    return _plain(cues.FILLER.sub(" ", allowed.sub(" ", _no_cue(left))))


_ALLOWED = dict.fromkeys(_STAYS, _STAY_WORDS) | {
    "demographic": _ABOUT_A_PERSON, "urine_output": _URINE_WORDS,
}  # fmt: skip


def several_measures(text: str, measure: Measure) -> tuple[str, ...]:
    """The words for another measure than the one that was read: "highest and lowest"."""
    if measure not in (*_TWICE_NAMED, "trend", "count"):
        return ()
    allowed = _ALSO_SAID.get(measure, ())
    others = [one for one in _TWICE_NAMED if one != measure and one not in allowed]
    found = [cues.MEASURES[one].search(text) for one in others]
    return tuple(one[0].lower() for one in found if one)


def _no_cue(text: str) -> str:
    for cue in cues.MEASURES.values():
        text = cue.sub(" ", text)
    return text


def _without(text: str, names: tuple[str, ...]) -> str:
    said = [one for one in names if mentions(text, one)]
    for one in sorted(said, key=len, reverse=True):
        text = re.sub(rf"(?<![\w+]){re.escape(one)}(?![\w+])", " ", text, flags=re.IGNORECASE)
    return text


def _plain(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.findall(r"[^\W_]+(?:[-'.][^\W_]+)*", text.lower()) if word)


def covers(label: str, asked: tuple[str, ...] | list[str]) -> bool:
    """Whether `label` holds every one of the `asked` words, as words and not as parts of them.

    >>> covers("Potassium, Whole Blood", ["whole", "blood"]), covers("Blood", ["blood", "type"])
    (True, False)
    """
    held = _plain(label.lower().replace("-", " "))
    return all(
        any(_alike(word, other) for other in held)
        for one in asked
        for word in _plain(one.replace("-", " "))
    )


def _alike(asked: str, held: str) -> bool:
    """The same word, or one that begins with the other ("lymphocyte", "lymphocytes")."""
    if asked == held or (asked, held) in _ALSO_WRITTEN:
        return True
    shorter, longer = sorted((asked, held), key=len)
    return len(shorter) > 3 and longer.startswith(shorter)


_ALSO_WRITTEN = {("csf", "cerebrospinal")}
