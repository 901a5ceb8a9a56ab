"""The words of a query: those that say nothing left out, and those that mean much the same added.

The related words were chosen on 1,200 questions of MedQuAD; docs/browser.md has what they bring on
the others.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_SAYS_NOTHING = frozenset(
    _WORD.findall(
        """a about above after again against all also am an and any are as at be because been before
        being below between both but by can could did do does doing down during each few for from
        further had has have having he her here hers him his how i if in into information is it its
        itself just like me more most my myself no nor not now of off on once only or other our ours
        out over own same she should so some such than that the their theirs them then there these
        they this those through to too under until up very was we were what when where which while
        who whom why will with would you your yours"""
    )
)
_RELATED: dict[str, tuple[str, ...]] = {
    "treatment": ("therapy", "medicine", "drug", "surgery"),
    "treat": ("therapy", "medicine", "drug", "surgery"),
    "therapy": ("treatment",),
    "management": ("treatment", "therapy"),
    "symptom": ("sign",),
    "sign": ("symptom",),
    "outlook": ("prognosis", "recover", "survival"),
    "prognosis": ("outlook", "survival"),
    "diagnose": ("diagnosis", "test", "exam"),
    "diagnosis": ("test", "exam"),
    "prevent": ("avoid", "prevention", "lower"),
    "prevention": ("prevent", "avoid"),
    "risk": ("likely", "affect"),
    "cause": ("due",),
    "research": ("trial", "study"),
    "complication": ("lead", "problem"),
    "inherited": ("gene", "mutation"),
    "mi": ("myocardial", "infarction"),
    "ckd": ("chronic", "kidney"),
    "aki": ("acute", "kidney", "injury"),
    "copd": ("chronic", "obstructive"),
    "htn": ("hypertension",),
    "hypertension": ("blood", "pressure"),
    "uti": ("urinary", "infection"),
    "hyperkalemia": ("hyperkalaemia", "potassium"),
    "hyperkalaemia": ("hyperkalemia", "potassium"),
    "hypokalemia": ("hypokalaemia", "potassium"),
    "hypokalaemia": ("hypokalemia", "potassium"),
    "hyponatremia": ("hyponatraemia", "sodium"),
    "hypernatremia": ("hypernatraemia", "sodium"),
    "anemia": ("anaemia", "haemoglobin"),
    "anaemia": ("anemia", "hemoglobin"),
    "hemorrhage": ("haemorrhage", "bleeding"),
    "haemorrhage": ("hemorrhage", "bleeding"),
    "renal": ("kidney",),
    "kidney": ("renal",),
    "hepatic": ("liver",),
    "liver": ("hepatic",),
    "cardiac": ("heart",),
    "tumor": ("tumour", "cancer"),
}


def words_of(query: str) -> list[str]:
    """The words that are looked for, each once; all of them where none says anything.

    >>> words_of("What is the treatment of hyperkalaemia?")
    ['treatment', 'hyperkalaemia']
    """
    words = list(dict.fromkeys(_WORD.findall(query.lower())))
    return [word for word in words if word not in _SAYS_NOTHING] or words


def related_to(words: list[str]) -> list[str]:
    """Words that pages may say instead of those of a query, which they are not part of."""
    found: dict[str, None] = {}
    for word in words:
        related = _RELATED.get(word) or _RELATED.get(word.removesuffix("s")) or ()
        found.update(dict.fromkeys(related))
    return [word for word in found if word not in words]
