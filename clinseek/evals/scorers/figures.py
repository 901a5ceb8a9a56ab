"""The figures of an answer, and whether what it cites holds or yields them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations
from statistics import mean, median
from typing import Any

from clinseek.evals.scorers.answer_sets import plain_marks
from clinseek.evals.scorers.units import read_unit
from clinseek.nodes.holding import holds

Cells = Sequence[Any]
"""What one cited row shows, or one text."""

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_FIGURE = re.compile(r"(?<![\w.,])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w.]*\d)")
_WORD = re.compile(r"[^\W\d_]{4,}")
_PLAIN_WORDS = """
about above abnormal admission admitted after approximately average before below been between
blood charted charttime collected count date day days done drawn during elevated equal final
finding first from given high highest hour hours initial last latest level levels lowest maximum
mean measured measurement median minimum minute minutes month months most normal noted obtained
onto order ordered patient patients percent performed reading recent recorded reported result
results sample second seconds serum shows since specimen started stopped test than that the
their then there these this time times today total unit units until value values week weeks were
when where which with within without year years
"""
_REPORTING = frozenset(_PLAIN_WORDS.split())
"""Words in which a value is told; they claim nothing that a row could hold."""
_MOST_MOMENTS = 6
_HOUR = 3600.0


def unheld_figures(
    item: str, cited: Sequence[Cells], tables: Sequence[Sequence[Cells]]
) -> list[str]:
    """The figures and moments of an item that its citations neither hold nor yield.

    `cited` are cells and texts in which a figure may stand, `tables` rows from which it may be
    computed: their number, and of each column the sum, mean, median, least, greatest and number of
    unlike values; of two rows the difference too; of few moments the days and hours between them.

    >>> rows = [[17, 4.0], [18, 5.0]]
    >>> unheld_figures("4.5 mg on average of 2, not 7", rows, [rows])
    ['7']
    """
    plain = plain_marks(item)
    cells = [cell for each in cited for cell in each]
    moments = _MOMENT.findall(plain)
    figures = _FIGURE.findall(_CLOCK.sub(" ", _MOMENT.sub(" ", plain)))
    yielded = [value for rows in tables for value in _yielded(rows)]
    return [
        *(moment for moment in moments if not holds(moment, cells)),
        *(each for each in figures if not holds(each, cells) and not _is_among(each, yielded)),
    ]


def strange_words(item: str, known: Sequence[str]) -> list[str]:
    """The words of a look-up that stand in none of the `known` texts and report nothing.

    >>> strange_words("Potassium was 4.4 mEq/L and cancer", ["17 Potassium 4.4 mEq/L"])
    ['cancer']
    """
    texts = " ".join(known).casefold()
    said = _WORD.findall(plain_marks(item).casefold())
    return [
        word
        for word in dict.fromkeys(said)
        if word not in _REPORTING and word.removesuffix("s") not in texts and not _is_unit(word)
    ]


def _is_unit(word: str) -> bool:
    return read_unit(word).dimension != (word,)


def _is_among(figure: str, values: Sequence[float]) -> bool:
    number, decimals = float(figure.replace(",", "")), len(figure.partition(".")[2])
    return any(abs(value - number) <= 0.5 * 10**-decimals + 1e-9 for value in values)


def _yielded(rows: Sequence[Cells]) -> Iterator[float]:
    if not rows:
        return
    yield float(len(rows))
    for column in zip(*rows, strict=False):
        yield float(len(set(map(str, column))))
        numbers = [number for cell in column if (number := _number(cell)) is not None]
        if numbers:
            yield from (sum(numbers), mean(numbers), median(numbers), min(numbers), max(numbers))
        if len(numbers) == 2:
            yield from (numbers[1] - numbers[0], numbers[0] - numbers[1])
    yield from _spans(rows)


def _spans(rows: Sequence[Cells]) -> Iterator[float]:
    """Days and hours between the moments of the rows, where they are few."""
    texts = {found for row in rows for cell in row for found in _MOMENT.findall(str(cell))}
    moments = [moment for text in texts if (moment := _moment(text)) is not None]
    if len(moments) > _MOST_MOMENTS:
        return
    for one, other in combinations(moments, 2):
        seconds = abs((other - one).total_seconds())
        yield from (seconds / _HOUR, seconds / _HOUR / 24)


def _number(cell: Any) -> float | None:
    try:
        return None if isinstance(cell, bool) else float(str(cell).replace(",", ""))
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
