"""Which candidates the last lines of a text name as its answer. Pure.

A candidate is named where it stands whole, in any case, and is not denied: longer candidates are
looked for first, so that "heart failure" is not found in "acute heart failure". One is denied
where its clause says so: "not X", "no X", "X is unlikely", "X was ruled out", "Y rather than X".
The reading errs on the careful side: "no doubt that it is X" denies X, and nothing is found.
Yes, no, one or two letters and numbers stand in any sentence, so that they count only where an
answer stands: alone or in a list, at the beginning before punctuation, or behind "answer is".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_LAST_LINES = 5
_MOST_LINES = 200
_SHORT = 2
_COMMON = frozenset({"yes", "no", "none", "other", "unknown", "true", "false"})
_BULLET = re.compile(r"\s*(?:[-*•>#]|\d{1,3}[.)])\s+")
_CUE = (
    r"\b(?:answer|response|choice|option|prediction|conclusion|verdict|final|finally)\b"
    r"(?:\s{1,9}(?:is|would\s{1,9}be))?\s{0,9}[:=]?\s{0,9}"
)
_CLAUSE_END = re.compile(
    r"[;!?]|[.:](?=\s|$)|\b(?:but|however|although|though|whereas|yet)\b"
    r"|,\s+(?:so|hence|thus|therefore|leaving|it|this|the|we|i)\b",
    re.IGNORECASE,
)
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:no|not|never|neither|nor|without|cannot|exclud\w{1,4}|unlikely|den(?:y|ies|ied)|against"
    r"|rul\w{1,4}\s+out|rather\s+than|instead\s+of|less\s+likely\s+(?:to\s+be|than))\b|n['’]t\b)"  # noqa: RUF001
    r"(?!\s+only\b)(?:\W+\w+){0,6}\W*$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"[\s*_`\"')\]]{0,3}(?:(?:is|was|are|were|seems|appears|has\s+been|can\s+be|could\s+be)\s+)?"
    r"(?:\w+ly\s+)?(?:not\b|unlikely|excluded|ruled\s+out|less\s+likely|absent|rejected|improbable"
    r"|(?:is|was|are|were|do|does|did|has|could|can)n['’]t\b|cannot)",  # noqa: RUF001
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"(?:\band\b|\bE\d+(?:#\d+)?|[\s,;:.*_`\"'()\[\]{}|/-])*", re.IGNORECASE)
_WINDOW = 200


class Mention(NamedTuple):
    """A candidate, spelled as it is given, and the text beside it, where its citations stand."""

    name: str
    beside: str


def named_at_end(text: str, candidates: Sequence[str], *, one: bool) -> list[Mention]:
    """The candidates that the last lines of `text` give as its answer, in their order.

    With `one` the last line that names any must name one alone. Else the lines are read upwards
    as long as they name candidates; a line that names several must be a list of them or follow
    "answer:". Empty where nothing is named, or more than one reading is possible.

    >>> found = named_at_end("So it is sepsis, not flu.", ["Flu", "Sepsis"], one=True)
    >>> [mention.name for mention in found]
    ['Sepsis']
    """
    pattern, spelled = _pattern(candidates)
    if pattern is None:
        return []
    lines = [line for line in text.splitlines()[-_MOST_LINES:] if line.strip()]
    found: list[list[Mention]] = []
    for place, line in enumerate(reversed(lines)):
        mentions = _in_line(line, pattern, spelled)
        if not mentions:
            if found or place + 1 >= _LAST_LINES:
                break
            continue
        several = len({mention.name for mention in mentions}) > 1
        if several and (one or not _is_list(line, pattern)):
            return [] if not found else _once(found)
        found.append(mentions)
        if one:
            break
    return _once(found)


def _once(found: Sequence[Sequence[Mention]]) -> list[Mention]:
    """The mentions from top to bottom, each candidate once."""
    kept: dict[str, Mention] = {}
    for mentions in reversed(found):
        for mention in mentions:
            kept.setdefault(mention.name, mention)
    return list(kept.values())


def _pattern(candidates: Sequence[str]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    spelled = {_plain(name): name for name in candidates if name.strip()}
    if not spelled:
        return None, {}
    longest_first = sorted(spelled, key=len, reverse=True)
    either = "|".join(r"\s+".join(map(re.escape, name.split())) for name in longest_first)
    return re.compile(rf"(?<![\w-])(?:{either})(?!-?\w)", re.IGNORECASE), spelled


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _in_line(line: str, pattern: re.Pattern[str], spelled: dict[str, str]) -> list[Mention]:
    listed = _is_list(line, pattern)
    counted = [
        match
        for match in pattern.finditer(line)
        if _plain(match.group()) in spelled and (listed or _counts(line, match))
    ]
    if len(counted) <= 1:
        return [Mention(spelled[_plain(match.group())], line) for match in counted]
    ends = [match.start() for match in counted[1:]] + [len(line)]
    return [
        Mention(spelled[_plain(match.group())], line[match.end() : end])
        for match, end in zip(counted, ends, strict=True)
    ]


def _counts(line: str, match: re.Match[str]) -> bool:
    return _stands_as_answer(line, match) if _is_common(match) else not _is_denied(line, match)


def _is_common(match: re.Match[str]) -> bool:
    plain = _plain(match.group())
    return len(plain) <= _SHORT or plain in _COMMON or plain.replace(".", "", 1).isdigit()


_OPENING = re.compile(
    rf"(?:{_BULLET.pattern})?[\s*_`\"'(\[]*(?:.{{0,80}}{_CUE}[\s*_`\"'(\[]*)?", re.IGNORECASE
)
_CLOSING = re.compile(r"[\s*_`\"')\]]*(?:$|[.,;:!(\[–—]|because\b|since\b)")  # noqa: RUF001


def _stands_as_answer(line: str, match: re.Match[str]) -> bool:
    """Whether nothing but a bullet, marks or "the answer is" stands before, and its end behind."""
    before = line[: match.start()]
    return (
        len(before) <= _WINDOW
        and _OPENING.fullmatch(before) is not None
        and _CLOSING.match(line, match.end()) is not None
    )


def _is_denied(line: str, match: re.Match[str]) -> bool:
    before = line[max(0, match.start() - _WINDOW) : match.start()]
    for end in _CLAUSE_END.finditer(before):
        clause = end.end()
        before = " " * clause + before[clause:]
    after = line[match.end() : match.end() + _WINDOW]
    ended = _CLAUSE_END.search(after)
    after = after[: ended.start()] if ended else after
    return _DENIED_BEFORE.search(before) is not None or _DENIED_AFTER.match(after) is not None


def _is_list(line: str, pattern: re.Pattern[str]) -> bool:
    """Whether a line is candidates and what parts them, behind a bullet or "answer:" if any."""
    cue = re.search(_CUE, line, re.IGNORECASE)
    behind = line[cue.end() :] if cue else _BULLET.sub("", line, count=1)
    return _SEPARATORS.fullmatch(pattern.sub(" ", behind)) is not None
