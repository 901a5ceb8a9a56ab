"""Scoring answers of one item: yes or no, a number, a date, a choice."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label, number_text
from clinseek.evals.scorers.answer_sets import normal_name, normal_names, plain_marks
from clinseek.evals.scorers.moments import Moment, read_moment
from clinseek.evals.scorers.resources import Resources
from clinseek.evals.scorers.row_score import Verdict, shown, unscored
from clinseek.evals.scorers.units import converted
from clinseek.evals.transcripts.submitted import confidence_of, split_confidence
from clinseek.records import Record

_TRUTHS = {
    **dict.fromkeys(("yes", "true", "y", "1", "positive"), True),
    **dict.fromkeys(("no", "false", "n", "0", "negative"), False),
}
_ALONE = frozenset({"y", "n", "0", "1"})
"""Say yes or no only where nothing else is said: 0.8 is no no, and n.a. is none either."""
_NO_ANSWER = frozenset({"idea", "information", "info", "data", "answer", "clue", "response"})
_ASSURING = re.compile(r"\b(?:no|without|beyond) (?:a )?(?:doubt|question)\b")
_FIRST_WORD = re.compile(r"\W*(?P<word>\w+)\W*?(?:[\s.,;:!)\u2013\u2014-].*)?", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?|\b\d{1,2}:\d{2}(?::\d{2})?\b")
_QUANTITY = re.compile(
    r"(?<![\w.])(?<!\d,)(?P<number>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?<=\d)(?:[eE][-+]?\d+)?)"
    r"(?![.,]?\d)"
    r"\s*(?P<unit>%|mm\s?Hg|cm\s?H2O|[°º]?\s?[A-Za-zµμ]+(?:\s*/\s*[A-Za-zµμ0-9.]+)*)?"
)
_MINUS = re.compile(r"\b(?:minus|negative)\s+(?=\d|\.\d)", re.IGNORECASE)
_BOUND = re.compile(
    r"(?:[<>≤≥≠]=?|\b(?:not|(?:less|more|fewer|greater|higher|lower) than|at (?:least|most)|up to"
    r"|over|under|above|below))\s*$",
    re.IGNORECASE,
)
_TIMES = {"hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "billion": 1e9}
_EQUAL = 1e-9
_SPANS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def yes_no(row: Row, record: Record, _: Resources) -> Verdict:
    """1 where the truth is that of the label. `p_yes` where the answer has a confidence."""
    gold = read_truth(str((names_of_label(row.label) or [""])[0]))
    if gold is None:
        return unscored(f"the label {shown(row.label)} is neither yes nor no")
    parts = {"gold": float(gold)}
    if len(record.answer) != 1:
        return Verdict(0.0, f"one answer was asked for, {len(record.answer)} were given", parts)
    said = read_truth(record.answer[0])
    if said is None:
        return Verdict(0.0, f"{shown(record.answer[0])} is neither yes nor no", parts)
    confidence = confidence_of(record)
    if confidence is not None:
        parts["p_yes"] = confidence if said else 1 - confidence
    return _right_or_wrong(said == gold, _word(said), _word(gold), parts)


def read_truth(answer: str) -> bool | None:
    """Whether an answer says yes; None where its first word says neither, or both stand in it.

    >>> read_truth("Yes."), read_truth("no (0.8)"), read_truth("yes and no"), read_truth("0.8")
    (True, False, None, None)
    """
    said = _ASSURING.sub("", normal_name(split_confidence(answer)[0]))
    found = _FIRST_WORD.fullmatch(said)
    words = re.findall(r"\w+", said)
    if found is None or (found["word"] in _ALONE and len(words) > 1):
        return None
    if found["word"] == "no" and len(words) > 1 and words[1] in _NO_ANSWER:
        return None
    truth = _TRUTHS.get(found["word"])
    others = {_TRUTHS.get(each) for each in words if each in ("yes", "no")}
    return None if truth is None or (not truth) in others else truth


def number(row: Row, record: Record, _: Resources) -> Verdict:
    """1 where the number is the label's within `tolerance`, in the row's unit or one like it."""
    gold = _gold_number(row.label)
    if gold is None:
        return unscored(f"the label {shown(row.label)} is no number")
    if normal_names(record.answer) == normal_names(names_of_label(row.label)):
        return Verdict(1.0, f"{shown(record.answer[0])} is the label", {"error": 0.0})
    value = _said_number(record.answer, row.unit)
    if isinstance(value, str):
        return Verdict(0.0, value)
    off = abs(value - gold)
    room = (row.tolerance or 0.0) + _rounding(value, gold)
    unit_told = f" {row.unit}" if row.unit else ""
    told = f"{number_text(value)} against {number_text(gold)}{unit_told}"
    within = f", within {row.tolerance:g}" if row.tolerance else ""
    words = f"{told}: right{within}" if off <= room else f"{told}: off by {off:g}"
    return Verdict(float(off <= room), words, {"error": off})


def _said_number(answer: Sequence[str], wanted: str | None) -> float | str:
    """The number of an answer in the unit that is wanted; a sentence where it gives none."""
    if len(answer) != 1:
        return f"one number was asked for, {len(answer)} items were given"
    if is_bound(answer[0]):
        return f"{shown(answer[0])} bounds a number; one was asked for"
    quantities = read_quantities(answer[0])
    if len(quantities) != 1:
        found = f"{len(quantities)} numbers" if quantities else "no number"
        return f"{shown(answer[0])} holds {found}; one was asked for"
    given, unit = quantities[0]
    if not wanted:
        return given * _TIMES.get(unit.casefold(), 1.0)
    value = converted(given, unit=unit, to=wanted) if unit else given
    if value is None:
        return f"{number_text(given)} is given in {unit}; {wanted} was asked for"
    return value


def _rounding(value: float, gold: float) -> float:
    """Room for what conversion and decimals cost; whole numbers cost nothing."""
    whole = value.is_integer() and gold.is_integer()
    return 0.0 if whole else _EQUAL * max(1.0, abs(gold))


def read_quantities(answer: str) -> list[tuple[float, str]]:
    """The numbers of an answer with the unit behind each ('' where there is none); dates are none.

    >>> read_quantities("1,203.5 mg/dL at 2150-03-05 08:00"), read_quantities("120/80")
    ([(1203.5, 'mg/dL')], [(120.0, ''), (80.0, '')])
    """
    found: list[tuple[float, str]] = []
    for match in _QUANTITY.finditer(_MINUS.sub("-", _DATE.sub(" ", plain_marks(answer)))):
        value = float(match["number"].replace(",", ""))
        if math.isfinite(value):
            found.append((value, _unit(match["unit"])))
    return found


def is_bound(answer: str) -> bool:
    """Whether the first number of an answer is only a bound, or is denied.

    >>> is_bound("<5"), is_bound("at least 5"), is_bound("not 5"), is_bound("5")
    (True, True, True, False)
    """
    plain = plain_marks(answer)
    found = re.search(r"[-+]?\.?\d", plain)
    return found is not None and _BOUND.search(plain[: found.start()]) is not None


def date(row: Row, record: Record, _: Resources) -> Verdict:
    """1 where the moment is the label's, to the label's precision, or within `tolerance`.

    `unit` is that of the tolerance (seconds to weeks; days where there is none). Seconds that are
    :00 in the label need not be said: so most stamps of MIMIC end.
    """
    label = str((names_of_label(row.label) or [""])[0])
    gold = read_moment(label)
    if gold is None:
        return unscored(f"the label {shown(row.label)} is no date")
    span = _span(row.unit)
    if row.tolerance and span is None:
        return unscored(f"a tolerance in {row.unit} has no fixed length; give it in days")
    if len(record.answer) != 1:
        return Verdict(0.0, f"one date was asked for, {len(record.answer)} items were given")
    said = read_moment(record.answer[0])
    if said is None:
        return Verdict(0.0, f"{shown(record.answer[0])} is no date (2150-03-05, March 5, 2150)")
    if gold.is_finer_than(said) and not _only_lacks_no_seconds(said, gold):
        return Verdict(0.0, f"{record.answer[0]} says less than {label}")
    off = abs(said.cut_to(gold.precision).at - gold.at)
    room = timedelta(seconds=(row.tolerance or 0.0) * (span or 0))
    parts = {"error_seconds": off.total_seconds()}
    return _right_or_wrong(off <= room, record.answer[0], label, parts)


def choice(row: Row, record: Record, _: Resources) -> Verdict:
    """1 where the one answer is the label, by its words or by its letter among the candidates."""
    gold = frozenset(map(normal_name, names_of_label(row.label)))
    if not gold:
        return unscored(f"the label {shown(row.label)} names no choice")
    if len(record.answer) != 1:
        return Verdict(0.0, f"one choice was asked for, {len(record.answer)} were given")
    said = _chosen(record.answer[0], row.candidates or ())
    right = normal_name(said) in gold or _ended(said) in set(map(_ended, gold))
    return _right_or_wrong(right, said, " or ".join(sorted(gold)), {})


def _chosen(answer: str, candidates: Sequence[str]) -> str:
    """The candidate that the answer is, or whose letter it is; else the answer itself."""
    names = {normal_name(name): name for name in candidates}
    if normal_name(answer) in names:
        return names[normal_name(answer)]
    ended = [name for name in candidates if _ended(name) == _ended(answer)]
    if len(ended) == 1:
        return ended[0]
    letter = re.fullmatch(r"\s*\(?([A-Za-z])\s*[).:]?\s*(.*)", answer)
    if letter is None:
        return answer
    place = ord(letter[1].upper()) - ord("A")
    if place >= len(candidates):
        return answer
    # "B) Sepsis": the words must not name another one than the letter does.
    if letter[2] and normal_name(letter[2]) != normal_name(candidates[place]):
        return answer
    return candidates[place]


def _ended(name: str) -> str:
    """A name without the marks that end a sentence, or open and close it."""
    return normal_name(name).strip(" .,;:!\"'*")


def _gold_number(label: Any) -> float | None:
    if isinstance(label, (int, float)):
        return float(label)
    names = names_of_label(label)
    quantities = read_quantities(names[0]) if len(names) == 1 else []
    return quantities[0][0] if len(quantities) == 1 else None


def _unit(text: str | None) -> str:
    """A unit behind a number; common words are none."""
    plain = re.sub(r"\s+", "", text or "")
    return "" if plain.casefold() in {"at", "on", "in", "and", "or", "to", "from", "as"} else plain


def _only_lacks_no_seconds(said: Moment, gold: Moment) -> bool:
    return gold.precision == "second" and said.precision == "minute" and gold.at.second == 0


def _span(unit: str | None) -> int | None:
    """The seconds of a unit of time; None where it has no fixed length, or is none."""
    plain = (unit or "day").strip().casefold().rstrip("s")
    short = {"h": "hour", "hr": "hour", "d": "day", "min": "minute", "sec": "second", "": "second"}
    return _SPANS.get(short.get(plain, plain))


def _right_or_wrong(right: bool, said: str, gold: str, parts: dict[str, float]) -> Verdict:  # noqa: FBT001
    words = f"{shown(said)} is right" if right else f"{shown(said)} is wrong; the label is {gold}"
    return Verdict(float(right), words, parts)


def _word(truth: bool) -> str:  # noqa: FBT001
    return "yes" if truth else "no"
