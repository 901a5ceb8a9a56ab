"""A term that the record does not know, spelt as the vocabulary spells what is most like it."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from clinseek.offline.plans.plan import Ask, Asks, Desk, Seen
from clinseek.offline.sheets import number
from clinseek.offline.task.intent import Intent
from clinseek.offline.task.terms import concept_in

LEAST_LIKENESS = 82
"""Of 100: below this another word is another thing, not another spelling."""

_LEAST_LIKENESS_OF_A_WORD = 0.75


def respelt(
    intent: Intent, desk: Desk, tables: Sequence[str]
) -> Generator[Asks, Seen, Intent | None]:
    """The intent with its term as a candidate table spells it; None where nothing is alike."""
    if not intent.term or intent.concept is not None or intent.respelt:
        return None
    if not desk.has("get_candidates_by_fuzzy_matching"):
        return None
    seen = yield tuple(
        Ask.of("get_candidates_by_fuzzy_matching", table_name=table, keywords=[intent.term])
        for table in tables
    )
    alike = [
        (number(line.get("likeness")) or 0.0, line.get("candidate") or "")
        for one in seen
        for line in one.lines
        if _as_many_words(intent.term, line.get("candidate") or "")
    ]
    likeness, spelt = max(alike, default=(0.0, ""), key=lambda pair: pair[0])
    if likeness < LEAST_LIKENESS or spelt.lower() == intent.term:
        return None
    text = intent.text.lower().replace(intent.term, spelt)
    return replace(intent, text=text, term=spelt.lower(), concept=concept_in(spelt), respelt=True)


def _as_many_words(term: str, spelt: str) -> bool:
    """Whether every word of the term is alike some word of its spelling: none may be dropped.

    >>> _as_many_words("potasium", "Potassium"), _as_many_words("blood type", "Blood")
    (True, False)
    """
    held = re.findall(r"\w+", spelt.lower())
    return all(
        get_close_matches(word, held, n=1, cutoff=_LEAST_LIKENESS_OF_A_WORD)
        for word in re.findall(r"\w+", term.lower())
    )
