"""From a draft to a submission: fitted to the candidates and to the form that is asked for."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from clinseek.offline.plans.plan import Draft, Item
from clinseek.offline.plans.values import shortest
from clinseek.offline.sheets import number
from clinseek.offline.task.intent import Intent

_ALIKE: dict[str, tuple[str, ...]] = {
    "rising": ("increasing", "increase", "up", "upward", "rise", "higher"),
    "falling": ("decreasing", "decrease", "down", "downward", "fall", "lower"),
    "steady": ("stable", "unchanged", "constant", "no change", "same"),
    "female": ("f", "woman"),
    "male": ("m", "man"),
}
_LEAST_OVERLAP = 0.5
"""A candidate that shares fewer of its words with the answer than this is not meant by it."""


class Submission(NamedTuple):
    """What goes into ehr.finish, and the sentence beside it."""

    response: tuple[str, ...]
    citations: tuple[tuple[str, ...], ...]
    said: str

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of ehr.finish."""
        return {
            "response": list(self.response),
            "citations": [list(citations) for citations in self.citations],
        }

    def citing_whole_evidence(self) -> Submission:
        """The same, pointing at each evidence as a whole instead of at rows of it."""
        whole = [tuple(dict.fromkeys(one.partition("#")[0] for one in c)) for c in self.citations]
        return self._replace(citations=tuple(whole))

    @property
    def as_json(self) -> str:
        """The same as the text of a turn that may call no tool."""
        return json.dumps(self.arguments)


def submission_of(draft: Draft, intent: Intent, *, answer_form: str | None = None) -> Submission:
    """The submission of a draft; an empty response is an abstention, and `said` tells why."""
    if draft.is_empty:
        return Submission((), (), draft.said)
    items = _items(draft, intent, answer_form)
    if not items:
        what = "That is no yes or no" if intent.form == "yes_no" else "No candidate says that"
        said = f"{draft.said} {what}, so I give no answer."
        return Submission((), (), said)
    if intent.form in ("choice", "yes_no") or (intent.candidates and intent.form == "open"):
        items = items[:1]
    return Submission(
        tuple(item.text for item in items), tuple(item.citations for item in items), draft.said
    )


def _items(draft: Draft, intent: Intent, answer_form: str | None) -> list[Item]:
    if intent.form == "yes_no":
        return [_polar(draft, intent)] if draft.holds is not None else []
    if intent.candidates:
        return _fitted(draft, intent.candidates)
    if answer_form == "number" and draft.number is not None:
        citations = draft.items[0].citations if draft.items else draft.citations
        return [Item(shortest_cell(draft), citations)]
    return list(draft.items)


def shortest_cell(draft: Draft) -> str:
    """The number of a draft as the record writes it, else to two decimals."""
    written = draft.items[0].text.split(" ")[0] if draft.items else ""
    if number(written) is not None:
        return written
    return shortest(draft.number or 0.0)


def _polar(draft: Draft, intent: Intent) -> Item:
    word = "yes" if draft.holds else "no"
    written = next((name for name in intent.candidates if name.lower() == word), word)
    citations = draft.citations or tuple(one for item in draft.items for one in item.citations)
    return Item(written, citations)


def _fitted(draft: Draft, candidates: tuple[str, ...]) -> list[Item]:
    """The candidates that the draft's items mean, in the order of the items, each once."""
    fitted: dict[str, Item] = {}
    for item in draft.items:
        candidate = fitting(item.text, candidates, value=draft.number)
        if candidate is not None and candidate not in fitted:
            fitted[candidate] = Item(candidate, item.citations)
    return list(fitted.values())


def fitting(text: str, candidates: tuple[str, ...], *, value: float | None = None) -> str | None:
    """The candidate that says `text`: the same words, the same number, or most words in common.

    >>> fitting("4.1 mEq/L", ("4.10", "5"), value=4.1)
    '4.10'
    >>> fitting("rising from 1 to 2", ("increasing", "stable"))
    'increasing'
    >>> fitting("Foley", ("Blood",)) is None
    True
    """
    plain = _plain(text)
    for candidate in candidates:
        if _plain(candidate) == plain:
            return candidate
    if value is not None:
        return next((name for name in candidates if _number_in(name) == value), None)
    words = set(plain.split())
    for meant, others in _ALIKE.items():
        if meant in words:
            named = {meant, *others}
            return next((name for name in candidates if _plain(name) in named), None)
    scored = [(_overlap(words, set(_plain(name).split())), name) for name in candidates]
    best, candidate = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    return candidate if best > _LEAST_OVERLAP else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9.+%]+", text.lower()))


def _number_in(candidate: str) -> float | None:
    found = re.search(r"-?\d+(?:\.\d+)?", candidate.replace(",", ""))
    return float(found[0]) if found else None


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, len(one | other))
