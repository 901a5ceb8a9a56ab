"""Scoring answers of one item: yes or no, a number, a date, a choice."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from clinseek.evals.rows import Row
from clinseek.evals.scorers.answer_sets import names_of_label, normal_name, number_text
from clinseek.evals.scorers.moments import read_moment
from clinseek.evals.scorers.resources import Resources
from clinseek.evals.scorers.row_score import Verdict, shown, unscored
from clinseek.evals.scorers.submitted import confidence_of, split_confidence
from clinseek.evals.scorers.units import converted
from clinseek.records import Record

_TRUTHS = {
    **dict.fromkeys(("yes", "true", "y", "1", "positive"), True),
    **dict.fromkeys(("no", "false", "n", "0", "negative"), False),
}
_FIRST_WORD = re.compile(r"\W*(?P<word>\w+)\W*?(?:[\s.,;:!)\u2013\u2014-].*)?", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
_QUANTITY = re.compile(
    r"(?<![\w.])(?P<number>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?<=\d)(?:[eE][-+]?\d+)?)"
    r"\s*(?P<unit>%|[A-Za-zµμ]+(?:\s*/\s*[A-Za-zµμ0-9.]+)*)?"
)
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

    >>> read_truth("Yes."), read_truth("no (0.8)"), read_truth("yes and no"), read_truth("unclear")
    (True, False, None, None)
    """
    word = split_confidence(answer)[0]
    found = _FIRST_WORD.fullmatch(word)
    if found is None:
        return None
    truth = _TRUTHS.get(found["word"].casefold())
    others = {_TRUTHS.get(each) for each in re.findall(r"\byes\b|\bno\b", word.casefold())}
    return None if truth is None or (not truth) in others else truth


def number(row: Row, record: Record, _: Resources) -> Verdict:
    """1 where the number is the label's within `tolerance`, in the row's unit or one like it."""
    gold = _gold_number(row.label)
    if gold is None:
        return unscored(f"the label {shown(row.label)} is no number")
    if len(record.answer) != 1:
        return Verdict(0.0, f"one number was asked for, {len(record.answer)} items were given")
    quantities = read_quantities(record.answer[0])
    if len(quantities) != 1:
        found = f"{len(quantities)} numbers" if quantities else "no number"
        return Verdict(0.0, f"{shown(record.answer[0])} holds {found}; one was asked for")
    given, unit = quantities[0]
    value = given if not unit or not row.unit else converted(given, unit=unit, to=row.unit)
    if value is None:
        return Verdict(0.0, f"{number_text(given)} is given in {unit}; {row.unit} was asked for")
    off = abs(value - gold)
    room = (row.tolerance or 0.0) + _rounding(value, gold)
    unit_told = f" {row.unit}" if row.unit else ""
    told = f"{number_text(value)} against {number_text(gold)}{unit_told}"
    within = f", within {row.tolerance:g}" if row.tolerance else ""
    words = f"{told}: right{within}" if off <= room else f"{told}: off by {off:g}"
    return Verdict(float(off <= room), words, {"error": off})


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
    for match in _QUANTITY.finditer(_DATE.sub(" ", answer)):
        value = float(match["number"].replace(",", ""))
        if math.isfinite(value):
            found.append((value, _unit(match["unit"])))
    return found


def date(row: Row, record: Record, _: Resources) -> Verdict:
    """1 where the moment is the label's, to the label's precision, or within `tolerance`.

    `unit` is that of the tolerance (seconds to weeks; days where there is none).
    """
    label = str((names_of_label(row.label) or [""])[0])
    gold = read_moment(label)
    if gold is None:
        return unscored(f"the label {shown(row.label)} is no date")
    if len(record.answer) != 1:
        return Verdict(0.0, f"one date was asked for, {len(record.answer)} items were given")
    said = read_moment(record.answer[0])
    if said is None:
        return Verdict(0.0, f"{shown(record.answer[0])} is no date (2150-03-05, March 5, 2150)")
    if gold.is_finer_than(said):
        return Verdict(0.0, f"{record.answer[0]} says less than {label}")
    off = abs(said.cut_to(gold.precision).at - gold.at)
    room = timedelta(seconds=(row.tolerance or 0.0) * _SPANS[_span(row.unit)])
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
    return _right_or_wrong(normal_name(said) in gold, said, " or ".join(sorted(gold)), {})


def _chosen(answer: str, candidates: Sequence[str]) -> str:
    """The candidate that the answer is, or whose letter it is; else the answer itself."""
    names = {normal_name(name): name for name in candidates}
    if normal_name(answer) in names:
        return names[normal_name(answer)]
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


def _span(unit: str | None) -> str:
    plain = (unit or "day").strip().casefold().rstrip("s")
    return {"h": "hour", "hr": "hour", "d": "day", "min": "minute", "": "second"}.get(
        plain, plain if plain in _SPANS else "day"
    )


def _right_or_wrong(right: bool, said: str, gold: str, parts: dict[str, float]) -> Verdict:  # noqa: FBT001
    words = f"{shown(said)} is right" if right else f"{shown(said)} is wrong; the label is {gold}"
    return Verdict(float(right), words, parts)


def _word(truth: bool) -> str:  # noqa: FBT001
    return "yes" if truth else "no"
