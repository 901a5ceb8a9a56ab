"""The words by which a question tells what it is about and what it wants to know of it.

Each entry is a list of pieces of regular expressions that must stand as words of their own; the
first entry that is found counts, so the narrower ones stand before the wider ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from clinseek.offline.task.intent import Measure, Operator, Topic


def words(*pieces: str) -> re.Pattern[str]:
    """A pattern that finds any of `pieces` as words of their own, whatever the case."""
    return re.compile(rf"(?<![\w-])(?:{'|'.join(pieces)})(?!\w)", re.IGNORECASE)


TOPICS: Mapping[Topic, re.Pattern[str]] = {
    "urine_output": words(
        "urin(?:e|ary) outputs?", "output of urine", "urine volume", "urine was passed",
        "how much urine", "diuresis",
    ),
    "culture": words(
        "cultures?", "grew", "grow(?:n|th|s)?", "organisms?", "susceptib\\w*", "resistan\\w*",
        "sensitiv(?:e|ity|ities) to", "bacter\\w*", "microbiolog\\w*", "gram stain", "isolated?",
        "pathogens?", "mrsa",
    ),
    "drug": words(
        "given", "administ\\w+", "doses?", "dosage", "dosed", "prescri\\w+", "ordered", "orders?",
        "medications?", "medicines?", "drugs?", "infus\\w+", "drip", "receive[ds]?", "receiving",
        "transfus\\w*",
        "treated with", "started on", "v?a?s?o?pressors?", "antibiotics?", "statins?", "get", "got",
    ),
    "diagnosis": words(
        "diagnos\\w*", "history of", "comorbid\\w*", "conditions?", "diseases?", "suffers? from",
    ),
    "procedure": words(
        "procedures?", "surger(?:y|ies)", "ventilat(?:ed|ion)", "(?:ex|in)tubat\\w*", "operations?",
        "dialysis", "underwent", "undergo\\w*", "x-?rays?", "ct scans?", "mri", "ultrasounds?",
        "echo\\w*", "ekg", "ecg",
    ),
    "service": words("services?", "clinical team"),
    "careunit": words(
        "care ?units?", "wards?", "where is (?:the )?patient", "(?:which|what) units?",
        "transferr?\\w*",
    ),
    "icu": words("icu", "intensive care"),
    "demographic": words(
        "how old", "age", "aged", "gender", "sex", "(?:fe)?male", "man", "woman", "race",
        "ethnic\\w*", "marital", "married", "insurance", "insured", "language",
    ),
    "admission": words(
        "admi(?:t|ts|tted|ssions?)", "hospital stays?", "hospitali[sz]\\w*", "length of stay",
        "in (?:the )?hospital", "discharged?", "emergency department", "ed visits?",
        "come to hospital", "came to hospital",
    ),
}  # fmt: skip

MEASURES: Mapping[Measure, re.Pattern[str]] = {
    "count": words("how many(?: times| doses)?", "how often", "number of(?: times)?", "count of"),
    "trend": words(
        "trend\\w*",
        "rising",
        "falling",
        "going (?:up|down)",
        "increas(?:ed|ing)",
        "decreas(?:ed|ing)",
        "improv(?:ed|ing)",
        "worsen(?:ed|ing)",
        "steady",
        "stable",
        "chang(?:ed|ing)",
        "changes? (?:in|of)",
        "evol\\w+",
        "course of",
        "develop(?:ed|ing)",
    ),
    "mean": words("(?:mean|averaged?)(?! (?:arterial|blood|airway|cell|corpuscular))"),
    "minimum": words("lowest", "minimum", "minimal", "min", "smallest", "nadir"),
    "maximum": words("highest", "maximum", "maximal", "max", "peak(?! insp)", "largest"),
    "when_first": words("when .*(?:first|start(?:ed)?|beg[aiu]n)"),
    "when_last": words("when", "(?:what|which) (?:time|date|day)", "how long ago"),
    "first": words("first", "initial", "earliest", "baseline"),
    "latest": words("latest", "last", "most recent", "newest", "current(?:ly)?", "recent", "now"),
    "total": words("total", "sum", "how much", "overall", "cumulative"),
    "which": words("which", "list", "name all", "what (?:are|were)", "what all"),
}

OPERATORS: Mapping[Operator, tuple[str, ...]] = {
    ">=": ("at least", "no less than", "not (?:below|under)", ">=", "≥"),
    "<=": ("at most", "no more than", "not (?:above|over)", "<=", "≤"),
    ">": ("above", "over", "(?:greater|higher|more) than", "exceed(?:s|ed|ing)?", ">"),
    "<": (
        "(?:fall|falls|fell|fallen|drop|drops|dropped) (?:below|under)", "below", "under",
        "(?:less|lower) than", "<",
    ),
}  # fmt: skip

EVER = words(
    "ever", "at any (?:time|point)", "any", "exceed(?:ed)?", "go", "went", "rise", "rose", "fall",
    "fell", "drop(?:ped)?", "reach(?:ed)?",
)  # fmt: skip
POLAR = re.compile(
    r"^(?:please )?(?:is|are|was|were|has|have|had|does|do|did|will|would|can|could|should)\b",
    re.IGNORECASE,
)
PREDICTS = words(
    "predict\\w*", "will", "would", "going to", "likely to", "risk of", "probab\\w*", "expire",
    "dies?", "mortality", "readmi\\w*", "reattend\\w*", "critical outcomes?",
)  # fmt: skip
OUTCOMES = words(
    "dies?", "death", "dead", "mortality", "surviv\\w*", "expire", "readmi\\w*", "reattend\\w*",
    "return(?:s|ed)? to", "(?:come|comes) back to", "be in the (?:icu|intensive care)",
    "stay lasts?", "length[ _]?of[ _]?stay\\w*", "stay (?:longer|for more|more|at least)",
    "exceed \\w+ days", "icu_stay\\w*", "hospitali[sz]\\w*", "admi(?:tted|ssion)", "transferred to",
    "critical outcomes?", "discharged",
)  # fmt: skip
NEXT = words(
    "next",
    "upcoming",
    "subsequent(?:ly)?",
    "should (?:be|we)",
    "recommend\\w*",
    "suggest\\w*",
    "(?:will|would)(?: most)?(?: likely)? be (?:\\w+ )?(?:ordered|given|prescribed|performed|"
    "measured|recorded|administered|made|diagnosed|drawn|taken|charted|dispensed|done|started|"
    "coded|noted)",
    "will (?:\\w+ ){1,5}be coded",
    "likely to be (?:ordered|given|prescribed|performed|measured|diagnosed)",
)
MANY = words(
    "which of (?:the|these) (?:\\w+ ){0,2}\\w+s", "all",
    "which (?:\\w+ ){0,2}\\w+s (?:are|were|will|have)",
    "select (?:all|every|any)", "list", "one or more", "items?", "what (?:are|were|will)",
    "what (?:\\w+ ){0,3}\\w+s (?:are|were|will|should|would)",
)  # fmt: skip
ON_A_DRUG = words("(?:is|are|was|were) (?:\\w+ ){1,3}on")
ON_IT_NOW = words(
    "still", "active", "currently", "now", "(?:is|are) (?:\\w+ ){1,3}(?:on|receiving|getting)"
)
UNREAD_TIME = words(
    "during", "within", "since", "between", "before", "until", "ago", "overnight", "mornings?",
    "evenings?", "nights?", "weekend", "weeks?", "months?", "hours?", "years?", "january",
    "february", "march", "april", "june", "july", "august", "september", "october", "november",
    "december", "(?:last|next|past|previous|first) (?:\\w+ )?(?:days?|admissions?|stays?|visits?)",
    "\\d{4}-\\d\\d", "\\d{1,2}:\\d\\d",
)  # fmt: skip
"""Words of time that no window has read: a question with one left is not understood."""

DOSE_ASKED = words(
    "(?:what|which)(?: (?:is|was|were|the|last|latest|first|current))* dos(?:e|age)s?"
)

FILLER = words(
    "what(?:'s)?", "which", "who", "is", "are", "was", "were", "be", "been", "being", "the", "a",
    "an", "of", "for", "in", "on", "at", "to", "by", "as", "and", "or", "with", "this", "that",
    "these", "those", "there", "any", "all", "patient(?:'s|s)?", "his", "her", "their", "he", "she",
    "they", "did", "does", "do", "has", "have", "had", "it", "its", "values?", "results?",
    "levels?", "readings?", "measure[ds]?", "measurements?", "recorded", "charted", "documented",
    "test(?:ed)?", "please", "tell", "me", "give", "show", "find", "report", "times?", "ever",
    "how", "many", "much", "often", "when", "record", "so", "far", "get", "got", "serum", "plasma",
    "known?", "if", "whether", "during", "hospital", "from", "ask(?:ed)?", "one", "following",
    "candidates?", "among", "say", "said", "reach(?:ed)?",
)  # fmt: skip
NAMING = words(
    "given", "administ\\w+", "doses?", "dosage", "dosed", "prescri\\w+", "ordered", "orders?",
    "medications?", "medicines?", "drugs?", "infus\\w+", "drip", "receiv\\w+", "treated",
    "started", "stopped", "currently", "now", "on", "cultures?", "grew", "grow\\w*", "organisms?",
    "susceptib\\w*", "resistan\\w*", "sensitiv\\w*", "positive", "negative", "taken", "drawn",
    "sent", "diagnos\\w*", "histor(?:y|ies)", "conditions?", "transfus\\w*", "units?",
    "procedures?", "underwent", "undergo\\w*", "perform\\w*", "done", "last", "first", "latest",
    "recent", "most", "still", "active", "before", "prior", "previous", "earlier", "past", "list",
    "names?", "isolated", "yet", "long", "made", "stays?", "admissions?", "suffers?", "come",
    "back", "show(?:n|ed)?",
)  # fmt: skip
"""Words that say what happened to a drug, culture, diagnosis or procedure, and never name one."""
