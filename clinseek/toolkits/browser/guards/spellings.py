"""How what identifies a patient is written in a query: identifiers, moments, ages, figures, names.

Pure functions over a text; none of them knows a case. Each gives what it read in one normal form,
so that it can be compared with a record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

FIRST_SHIFTED, LAST_SHIFTED = 2100, 2210
"""The years into which MIMIC moves its patients; no page is about them."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_GAP = r"[\s,._/-]{1,3}(?:of\s)?"
_CUT = "['\u2018\u2019`]?"
_DATES = (
    re.compile(
        r"(?<!\d)(?P<year>\d{4})(?P<gap>[-/._: ])(?P<m>\d{1,2})(?P=gap)(?P<d>\d{1,2})(?!\d)"
    ),
    re.compile(
        r"(?<!\d)(?P<m>\d{1,2})(?P<gap>[-/._: ])(?P<d>\d{1,2})(?P=gap)(?P<year>\d{4})(?!\d)"
    ),
    re.compile(r"(?<![\da-z])(?P<year>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?!\d)"),
    re.compile(rf"\b{_MONTH}{_GAP}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?{_GAP}(?P<year>\d{{4}})(?!\d)"),
    re.compile(
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?{_GAP}{_MONTH}{_GAP}(?P<year>\d{{4}})(?!\d)"
    ),
    re.compile(rf"(?<!\d)(?P<year>\d{{4}}){_GAP}{_MONTH}{_GAP}(?P<d>\d{{1,2}})(?!\d)"),
)
_SHORT_DATES = (
    re.compile(r"(?<!\d)(?P<m>\d{1,2})(?P<gap>[-/._])(?P<d>\d{1,2})(?P=gap)(?P<year>\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>\d\d)(?P<gap>[-/._])(?P<m>\d\d)(?P=gap)(?P<d>\d\d)(?!\d)"),
    re.compile(r"(?<![\da-z])(?P<m>\d\d)(?P<d>\d\d)\d\d(?P<year>\d\d)(?!\d)"),
    re.compile(
        rf"\b{_MONTH}{_GAP}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?{_GAP}{_CUT}(?P<year>\d\d)(?!\d|\.\d)"
    ),
    re.compile(
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?{_GAP}{_MONTH}{_GAP}{_CUT}(?P<year>\d\d)(?!\d|\.\d)"
    ),
    re.compile(rf"(?<!\d)(?P<year>\d\d){_GAP}{_MONTH}{_GAP}(?P<d>\d{{1,2}})(?!\d)"),
)
"""Without the century: so short that only a date of the record itself makes one of them."""
_UNIT = (
    r"(?!\s{0,2}(?:[kmµμu]?g\b|mcg|m?l\b|k?cal|kj|iu\b|units?\b|steps|hz|patients|people|women|men"
    r"|children|participants|adults|subjects|cases|w\b|k\b|%|dollars|mosm|per\b|bc\b))"
)
_YEAR = re.compile(rf"(?<![\d.,$€#:-])(?:2(?:1\d\d|20\d|210))(?!\d|[.,:]\d|-\d{{3}}){_UNIT}")
_CLOCK = r"(?:[01]?\d|2[0-3])[:.h][0-5]\d"
_SECONDS = re.compile(r"(?<![\d:.])(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?!:?\d)")
_CLOCK_CUED = re.compile(
    rf"(?:\b(?:at|around|since|until|till|before|after|from|by|time)\s{{1,2}}|@\s?)({_CLOCK})(?![:.]?\d)"
    r"|(?<![\d:.])((?:[01]?\d|2[0-3]):[0-5]\d)(?=\s?(?:[ap]\.?m\b|hrs?\b|hours?\b|h\b|o'clock))"
)
_DIGITS = re.compile(r"\d+")
_FIGURE = re.compile(
    r"(?<![\w.,])\d{1,3},\d{3}(?:\.\d{1,4})?(?![\d,])|(?<![\w.])\d{1,7}(?:\.\d{1,6})?(?![\w]|\.\d)"
)
_LETTERED_UNIT = re.compile(r"(?<![\w.])(\d{1,7}(?:\.\d{1,6})?)(?=[a-zµμ])")
_EIGHT = re.compile(r"(?<![\w.])[123]\d{7}(?![\w]|\.\d)")
_LITERATURE = re.compile(
    r"(?:pmid|pubmed|pmc|nct|doi|isrctn|isbn|issn|cochrane|eudract|umin|article|abstract)"
    r"(?:\.[\w.]{1,40}/(?:\w{1,20}/){0,2}|\W{0,12})$",
    re.IGNORECASE,
)
_JOURNAL_PAGES = re.compile(r"[;\s]\d{1,4}(?:\(\d{1,4}\))?:\s?[a-z]?\d{1,6}(?:-[a-z]?\d{1,6})?")
_YEARS_OLD = (
    r"[\s-]{0,2}(?:years?|yrs?)[\s-]{0,2}(?:old|of\sage)|[\s-]{0,2}y[/.\s-]?o\b|[\s-]{0,2}y[\s.]"
)
_SEX = r"[\s-]?[mf](?=\s(?:with|who|pt|patient|present|s/p|c/o|admitted|on)|[,;])"
_AGE = re.compile(
    rf"(?P<about>(?:over|above|older\sthan|least|>|≥|than|beyond|under|below|to|-|and|<)\s{{0,2}})?"
    rf"(?<![\d.])(?P<age>9\d|1[01]\d|120)(?=(?:{_YEARS_OLD}|{_SEX}|[\s-]?(?:male|female|man|woman)\b))"
    r"|\b(?:aged?|age\s(?:of|is|was)|age[:=])\s{0,2}(?P<aged>9\d|1[01]\d|120)(?![\d.%])"
)
_TITLED = re.compile(
    r"\b(?P<title>[Mm](?:r|rs|s)|[Mm]iss|[Dd]r|[Dd]octor|[Pp]rof(?:essor)?|MR|MRS|MS|DR)"
    r"(?:\.\s{0,2}|\s{1,2})(?P<name>[A-Z][A-Za-z'’-]{1,30})"  # noqa: RUF001
)
_WORD = re.compile(r"[^\W_]+")
_SPOKEN = {
    word: str(digit)
    for digit, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
}
_SPOKEN_DIGIT = re.compile(rf"\b(?:{'|'.join(_SPOKEN)}|oh)\b")


class Titled(NamedTuple):
    """A name behind a title; `private`: a title of patients (Mr., Mrs., Ms., Miss)."""

    name: str
    private: bool


def plain(text: str) -> str:
    r"""The text in compatibility form, every digit 0-9, without what cannot be seen.

    >>> plain("\uff11\uff12 mg\u200b/dL")
    '12 mg/dL'
    """
    folded = unicodedata.normalize("NFKC", text).replace("\u2013", "-")
    if folded.isascii():
        return folded
    seen = (mark for mark in folded if unicodedata.category(mark) not in ("Cf", "Mn"))
    return "".join(
        str(unicodedata.digit(mark)) if mark.isdigit() and not mark.isascii() else mark
        for mark in seen
    )


def words(text: str) -> list[str]:
    """The words and numbers of a text in lower case, marks and `___` left out.

    >>> words("Pt. c/o ___ chest-pain")
    ['pt', 'c', 'o', 'chest', 'pain']
    """
    return _WORD.findall(text.lower())


def dates(text: str) -> Iterator[int]:
    """Every full date that the text may mean, as yyyymmdd, in either order of day and month.

    >>> sorted(dates("05/03/2150"))
    [21500305, 21500503]
    >>> list(dates("on march 5th, 2150"))
    [21500305]
    """
    return _read_dates(_DATES, text)


def short_dates(text: str) -> Iterator[int]:
    """Every date that the text may mean without its century, as yymmdd.

    >>> sorted(short_dates("05/06/80")), list(short_dates("may 6 '80"))
    ([800506, 800605], [800506])
    """
    return _read_dates(_SHORT_DATES, text)


def _read_dates(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[int]:
    for pattern in patterns:
        for found in pattern.finditer(text):
            if _is_of_literature(text, found):
                continue
            for month, day in _months_and_days(found):
                yield int(found["year"]) * 10_000 + month * 100 + day


def _months_and_days(found: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Month and day, in either order where both are numbers."""
    parts = found.groupdict()
    if parts.get("month"):
        pairs = [(_MONTHS.index(parts["month"][:3]) + 1, int(parts["d"]))]
    else:
        first, second = int(parts["m"]), int(parts["d"])
        pairs = [(first, second), (second, first)]
    for month, day in dict.fromkeys(pairs):
        if 1 <= month <= 12 and 1 <= day <= 31:
            yield month, day


def has_shifted_year(text: str) -> bool:
    """Whether a year from 2100 to 2210 stands in the text, and is no amount.

    >>> has_shifted_year("sepsis in 2150"), has_shifted_year("a diet of 2150 kcal")
    (True, False)
    """
    return _YEAR.search(text) is not None


def has_clock_time(text: str, *, any_minute: bool = False) -> bool:
    """Whether a time of day stands in the text: with seconds, or to the minute behind a cue.

    Full and half hours may be a schedule; they count only with `any_minute`.

    >>> has_clock_time("fever at 14:37"), has_clock_time("dose at 8:00"), has_clock_time("1:40")
    (True, False, False)
    """
    if _SECONDS.search(text):
        return True
    found = (cued[1] or cued[2] for cued in _CLOCK_CUED.finditer(text))
    return any(any_minute or int(time[-2:]) % 30 for time in found)


def digit_runs(text: str) -> list[str]:
    """The runs of digits that stand in the text, each whole."""
    return _DIGITS.findall(text)


def joined_digits(text: str) -> list[str]:
    """Digits that at most three other characters part, joined; spoken digits count.

    >>> joined_digits("patient 1001 4354"), joined_digits("one zero, two")
    (['10014354'], ['102'])
    """
    spoken = _SPOKEN_DIGIT.sub(lambda found: _SPOKEN.get(found.group(), "0"), text)
    pieces = re.split(r"\D{4,}", spoken)
    return [joined for piece in pieces if (joined := re.sub(r"\D", "", piece))]


def record_like_numbers(text: str) -> Iterator[str]:
    """Numbers of eight digits as MIMIC numbers patients, admissions and stays.

    Numbers of papers and trials are left out.

    >>> list(record_like_numbers("patient 10014354, PMID 31234567"))
    ['10014354']
    """
    for found in _EIGHT.finditer(text):
        if not _is_of_literature(text, found):
            yield found.group()


def _is_of_literature(text: str, found: re.Match[str]) -> bool:
    """Whether digits number a paper or a trial."""
    before = text[max(0, found.start() - 60) : found.start()]
    return found.group().isdigit() and _LITERATURE.search(before) is not None


def stated_ages(text: str, *, of_groups: bool) -> Iterator[int]:
    """Ages of 90 and more; those of groups ("over 90 years") only with `of_groups`.

    >>> list(stated_ages("a 93-year-old man", of_groups=False))
    [93]
    >>> list(stated_ages("adults over 90 years old", of_groups=False))
    []
    """
    for found in _AGE.finditer(text):
        if of_groups or not found["about"]:
            yield int(found["age"] or found["aged"])


def figures(text: str) -> Iterator[float]:
    """The numbers of a text, those with a unit behind them included; volumes and pages left out.

    >>> list(figures("creatinine 2.35mg/dL, 1,287 platelets"))
    [2.35, 1287.0]
    """
    text = _JOURNAL_PAGES.sub(" ", text)
    found = {each.start(): each.group().replace(",", "") for each in _FIGURE.finditer(text)}
    found |= {each.start(): each.group(1) for each in _LETTERED_UNIT.finditer(text)}
    for place in sorted(found):
        yield float(found[place])


def titled_names(text: str) -> Iterator[Titled]:
    """The names behind a title, in lower case.

    >>> list(titled_names("Seen by Dr. Adams"))
    [Titled(name='adams', private=False)]
    """
    for found in _TITLED.finditer(text):
        private = found["title"].lower()[0] == "m"
        yield Titled(found["name"].lower().removesuffix("'s"), private)
