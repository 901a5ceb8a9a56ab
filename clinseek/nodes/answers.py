"""Reading an answer: from the arguments of ehr.finish, or from a text that holds one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from clinseek.graphs.state import Submission

_CITATION = re.compile(r"\bE(\d+)(?:#(\d+))?\b")
_BRACKETED = re.compile(r"[\[(]\s*E\d+(?:#\d+)?(?:\s*[,;]\s*E?\d*#?\d+)*\s*[\])]")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_FENCE = re.compile(r"^\s*```\w*\s*$")
_CUE = re.compile(r"^\s*(?:final answer|answer|response)\s*:\s*", re.IGNORECASE)


class Citation(NamedTuple):
    """`E3#17` is row 17 of evidence 3; `row` None is the evidence as a whole."""

    evidence: int
    row: int | None

    def __str__(self) -> str:
        return f"E{self.evidence}" if self.row is None else f"E{self.evidence}#{self.row}"


def read_citation(text: str) -> Citation | None:
    """The citation that `text` is, or None.

    >>> str(read_citation(" [e3#17] "))
    'E3#17'
    """
    found = _CITATION.fullmatch(text.strip().strip("[]()").strip().upper())
    if found is None:
        return None
    row = found.group(2)
    return Citation(int(found.group(1)), int(row) if row is not None else None)


def read_finish(arguments: dict[str, Any]) -> Submission | str:
    """The submission that a call of ehr.finish makes, or a sentence that says what is missing."""
    if "response" not in arguments:
        return 'ehr.finish needs response, a list of the answer\'s items: {"response": ["..."]}'
    items = _items(arguments["response"])
    if items is None:
        return "ehr.finish: response must be a list of texts, one for each item of the answer"
    return submit(items, arguments.get("citations"), via="finish")


def submit(
    items: Sequence[str], citations: Any, *, via: Literal["finish", "text", "conclusion"]
) -> Submission:
    """A submission with one list of citations for each item, empty where none was given."""
    return Submission(
        answer=list(items),
        citations=_by_item(citations, len(items)),
        via=via,
        weighed=False,
    )


def read_text(text: str, *, via: Literal["text", "conclusion"]) -> Submission:
    """The answer that a text holds: its last object with a `response`, else its lines.

    >>> read_text("It was 1.2 [E3#17]", via="text")["citations"]
    [['E3#17']]
    """
    held = _embedded(text)
    if held is not None:
        return submit(_items(held["response"]) or [], held.get("citations"), via=via)
    lines = [_CUE.sub("", _BULLET.sub("", line)).strip() for line in text.splitlines()]
    items: list[str] = []
    cited: list[list[str]] = []
    for line in lines:
        plain = _BRACKETED.sub("", line).strip().rstrip(".").strip()
        if not plain or _FENCE.match(line):
            continue
        items.append(plain)
        cited.append([str(Citation(int(number), int(row) if row else None))
                      for number, row in _CITATION.findall(line)])  # fmt: skip
    return submit(items, cited, via=via)


def _items(response: Any) -> list[str] | None:
    if isinstance(response, str):
        opened = _json_list(response)
        return opened if opened is not None else ([response.strip()] if response.strip() else [])
    if isinstance(response, bool | int | float):
        return [_plain(response)]
    if not isinstance(response, list):
        return None
    if not all(isinstance(item, str | bool | int | float) for item in response):
        return None
    return [text for item in response if (text := _plain(item))]


def _plain(item: str | float) -> str:
    if isinstance(item, bool):
        return "yes" if item else "no"
    return str(item).strip()


def _json_list(text: str) -> list[str] | None:
    """A list that a model wrote as text into a field of text."""
    if not text.lstrip().startswith("["):
        return None
    try:
        opened = json.loads(text)
    except ValueError:
        return None
    return _items(opened)


def _by_item(citations: Any, items: int) -> list[list[str]]:
    """One list of citations an item, from any of the shapes that models write."""
    if isinstance(citations, str):
        citations = _CITATION.findall(citations) and re.split(r"[,;\s]+", citations.strip())
    if not isinstance(citations, list) or not citations:
        return [[] for _ in range(items)]
    lists = [_strings(entry) for entry in citations]
    if items == 1:
        return [[one for entry in lists for one in entry]]
    return (lists + [[] for _ in range(items)])[:items]


def _strings(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [part for part in re.split(r"[,;\s]+", entry.strip()) if part]
    if isinstance(entry, list):
        return [part for one in entry for part in _strings(one)]
    return [] if entry is None else [str(entry)]


def _embedded(text: str) -> dict[str, Any] | None:
    """The last JSON object in `text` that has a `response`."""
    decoder = json.JSONDecoder()
    found: dict[str, Any] | None = None
    at = text.find("{")
    while at >= 0:
        try:
            opened, end = decoder.raw_decode(text, at)
        except ValueError:
            at = text.find("{", at + 1)
            continue
        if isinstance(opened, dict) and "response" in opened:
            found = opened
        at = text.find("{", end)
    return found
