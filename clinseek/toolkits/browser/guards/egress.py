"""What may leave: a query or address is compared with the open case before it is sent.

The answer says what kind of matter stopped a text, never the matter itself; the log and the count
have a keyed hash of the text. The comparison is a strainer, not a proof: see docs/web-guards.md.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from clinseek.errors import SettingError
from clinseek.toolkits.browser.guards import spellings
from clinseek.toolkits.browser.guards.case_index import CaseIndex, significant
from clinseek.toolkits.browser.guards.disguises import undisguised

Strictness = Literal["strict", "balanced", "off"]
"""`strict` stops what might tell of a patient, `balanced` what very likely does, `off` nothing."""

Kind = Literal["identifier", "date", "time", "age", "figures", "wording", "name"]
"""What a text held of the patient."""

_ADVICE: dict[Kind, tuple[str, str]] = {
    "identifier": (
        "an identifier of the patient or the stay",
        "leave numbers of patients, admissions, stays and orders out",
    ),
    "date": (
        "a date of the record",
        "ask without the patient's dates; say how long instead (day 3 of the stay)",
    ),
    "time": ("a time of day", "ask without clock times; say how long instead (6 hours later)"),
    "age": ("an age over 89", "write 'over 89' instead of the age"),
    "figures": (
        "measured values of the patient",
        "ask about the range or the direction (raised, below 3.0) instead of the exact values",
    ),
    "wording": (
        "words as they stand in the patient's notes",
        "ask in general words of your own",
    ),
    "name": ("a person's name", "leave names of people out"),
}
_EPONYMS = """parkinson alzheimer crohn hodgkin graves addison cushing hashimoto kaposi wilson paget
raynaud sjogren barrett bell burkitt down marfan turner takotsubo lynch brown white black young
long foley swan ganz glasgow apgar holter west king gray green may best rose wood stone rice"""
_TEXTBOOK = """7.35 7.36 7.38 7.42 7.44 7.45 98.6 99.5 100.4 101.3 36.5 37.5 37.8 38.3 38.5 0.125
0.375 0.625 0.875 0.225 0.675 10.5 11.5 12.5 13.5 18.5 24.9 29.9 34.9 39.9 112.5 137.5 101 102 103
104 105 108 112 115 125 126 128 135 137 142 145 155 165 175 185 195 225 325 365 366 375 425 475 625
875 999 1024 1.73"""
_COMMON = frozenset(map(float, _TEXTBOOK.split()))
"""Figures of three digits and more that stand in textbooks: limits, tablets, doses, indices."""
_NAME_LIKE = re.compile(r"[^\W\d_][^\W\d_-]{2,}")
_RARE, _OF_FOUR_DIGITS, _OF_TEXTBOOKS = 20, 40, 9
_NEEDED = {"strict": 20, "balanced": 38}
"""One rare value is enough for `strict`; two, or one and two common ones, for `balanced`."""


class Stopped(NamedTuple):
    """A text that did not leave: what it held, and a keyed hash of it."""

    kinds: tuple[Kind, ...]
    digest: str


class Egress:
    """Stops queries and addresses that hold matter of one case; safe to share among threads.

    `stopped` lists what was stopped, in order. `key` keys the hashes; a fresh one by default, so
    that nobody can try texts against a log.
    """

    def __init__(
        self, index: CaseIndex, *, strictness: str = "balanced", key: bytes | None = None
    ) -> None:
        if strictness not in get_args(Strictness):
            known = ", ".join(get_args(Strictness))
            raise SettingError(f"the guard of web queries is one of {known}, not {strictness!r}")
        self._index = index
        self._short_dates = frozenset(date % 1_000_000 for date in index.dates)
        self._strictness = strictness
        self._key = secrets.token_bytes(16) if key is None else key
        self.stopped: list[Stopped] = []

    @classmethod
    def of_case(cls, path: Path, *, strictness: str = "balanced") -> Egress:
        """The guard of a case's SQLite file, which is read once; CaseError if it cannot be."""
        index = CaseIndex() if strictness == "off" else CaseIndex.of_file(path)
        return cls(index, strictness=strictness)

    def check(self, query: str) -> str | None:
        """None where `query` (words or a URL) may leave; else a sentence that says what to do."""
        found = self.kinds(query)
        if not found:
            return None
        digest = hashlib.blake2b(query.encode("utf-8", "replace"), key=self._key, digest_size=8)
        self.stopped.append(Stopped(found, digest.hexdigest()))
        logging.getLogger(__name__).info(
            "not sent to the web: %s (text %s)", ", ".join(found), digest.hexdigest()
        )
        return _refusal(found)

    def counts(self) -> Counter[Kind]:
        """How many texts were stopped for each kind."""
        return Counter(kind for stopped in self.stopped for kind in stopped.kinds)

    def kinds(self, text: str) -> tuple[Kind, ...]:
        """What the text holds of the patient, each kind once; nothing is counted."""
        if self._strictness == "off":
            return ()
        found: dict[Kind, None] = {}
        for said in undisguised(spellings.plain(text)):
            found.update(dict.fromkeys(self._in_words(spellings.plain(said))))
        backwards = spellings.plain(text)[::-1]
        found.update(dict.fromkeys(self._in_reverse(backwards)))
        return tuple(kind for kind in _ADVICE if kind in found)

    def _in_words(self, said: str) -> Iterator[Kind]:
        lowered = said.lower()
        tests: dict[Kind, Callable[[], bool]] = {
            "identifier": lambda: self._identifies(lowered),
            "date": lambda: self._dates(lowered),
            "time": lambda: spellings.has_clock_time(lowered, any_minute=self._is_strict),
            "age": lambda: any(spellings.stated_ages(lowered, of_groups=self._is_strict)),
            "figures": lambda: self._weigh(lowered) >= _NEEDED[self._strictness],
            "wording": lambda: self._index.holds_span(spellings.words(said)),
            "name": lambda: self._names(said),
        }
        for kind, test in tests.items():
            if test():
                yield kind

    def _in_reverse(self, said: str) -> Iterator[Kind]:
        if any(run in self._index.people for run in spellings.digit_runs(said)):
            yield "identifier"
        if any(date in self._index.dates for date in spellings.dates(said.lower())):
            yield "date"
        if self._index.holds_span(spellings.words(said)):
            yield "wording"

    @property
    def _is_strict(self) -> bool:
        return self._strictness == "strict"

    def _identifies(self, said: str) -> bool:
        index = self._index
        if any(run in index.identifiers for run in spellings.digit_runs(said)):
            return True
        if any(word.upper() in index.identifiers for word in spellings.words(said)):
            return True
        if _holds_window(spellings.joined_digits(said), index.people):
            return True
        if said.startswith(("http:", "https:")) and not self._is_strict:
            return False  # addresses are full of long numbers that are nobody's
        return any(True for _ in spellings.record_like_numbers(said))

    def _dates(self, said: str) -> bool:
        if spellings.has_shifted_year(said):
            return True
        if any(date in self._short_dates for date in spellings.short_dates(said)):
            return True
        return any(
            date in self._index.dates
            or spellings.FIRST_SHIFTED <= date // 10_000 <= spellings.LAST_SHIFTED
            for date in spellings.dates(said)
        )

    def _weigh(self, said: str) -> int:
        """How much the figures of a text tell that stand in the case."""
        held = {each for each in spellings.figures(said) if each in self._index.figures}
        return sum(map(_weight, held))

    def _names(self, said: str) -> bool:
        index = self._index
        for titled in spellings.titled_names(said):
            if titled.private or self._is_strict or titled.name in index.names:
                return True
        known = index.names.difference(_EPONYMS.split())
        return bool(known) and any(
            word.lower() in known and (self._is_strict or word[0].isupper())
            for word in _NAME_LIKE.findall(said)
        )


def _weight(figure: float) -> int:
    if significant(figure) < 3 or (figure == int(figure) and 1900 <= figure < 2100):
        return 0  # a figure of anyone; a year
    if figure in _COMMON:
        return _OF_TEXTBOOKS
    return _RARE if significant(figure) == 3 else _OF_FOUR_DIGITS


def _holds_window(runs: Iterable[str], wanted: frozenset[str]) -> bool:
    lengths = {len(each) for each in wanted}
    return any(
        run[at : at + length] in wanted
        for run in runs
        for length in lengths
        for at in range(len(run) - length + 1)
    )


def _refusal(kinds: Iterable[Kind]) -> str:
    held, advice = zip(*(_ADVICE[kind] for kind in kinds), strict=True)
    listed = " and ".join(held)
    return f"not sent: it holds {listed}, which must not leave. {'; '.join(advice).capitalize()}."
