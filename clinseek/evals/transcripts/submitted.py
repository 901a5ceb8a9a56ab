"""What a run handed in: its answer, the citations, and how sure it is."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from clinseek.graphs.state import Submission
from clinseek.nodes.answers import read_finish, submit
from clinseek.nodes.citing import Citation, placed, read_citation
from clinseek.records import EvidenceEntry, Record

PUBLISHED = "published"
"""The role of records that were read from a published file."""

_SURE = re.compile(
    r"[\s,;:(\[-]*\b(?:confidence|probability|p|prob)?\s*(?:of|is|=|:)?\s*"
    r"(?P<number>\d+(?:\.\d+)?|\.\d+)\s*(?P<percent>%)?\s*[)\].]*\s*$",
    re.IGNORECASE,
)


def finish_arguments(messages: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The arguments of the last call whose name contains "finish"; None where there is none.

    Read as JSON, else as a Python literal; an empty object where they are neither.
    """
    for message in reversed(messages):
        calls: Any = message.get("tool_calls")
        for call in reversed(calls if isinstance(calls, list) else []):
            function: Any = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict) and "finish" in str(function.get("name", "")):
                return _read(function.get("arguments"))
    return None


def published_answer(record: Record) -> list[Any]:
    """The answer as the published scorer reads it: `response` of the last finish call.

    A text is a list of one; what cannot be read is empty. A run that did not end by its finish
    call stands with the answer that the harness read, as the published harness does; in a
    published file that answer is a finish call already, whatever ended the run.
    """
    arguments = finish_arguments(record.messages)
    theirs = record.versions["role"] == PUBLISHED
    if arguments is None or (record.stop_reason != "finish" and not theirs):
        return list(record.answer)
    response = arguments.get("response")
    if isinstance(response, str):
        return [response]
    return list(response) if isinstance(response, (list, tuple, set)) else []


def submission_of(record: Record) -> Submission:
    """What the run handed in: by its last finish call, or as the harness read it."""
    arguments = finish_arguments(record.messages)
    if arguments is not None and record.stop_reason == "finish":
        read = read_finish(arguments)
        if not isinstance(read, str):
            return read
    return submit(record.answer, record.citations, via="finish")


def citations_of(record: Record) -> list[Citation]:
    """Every citation of a run's submission that can be read and points at its ledger."""
    entries = {entry["number"]: entry for entry in record.evidence}
    texts = [text for cited in submission_of(record)["citations"] for text in cited]
    read = [placed_citation(text, entries) for text in texts]
    return [one for one in read if one is not None and one.evidence in entries]


def placed_citation(text: str, entries: Mapping[int, EvidenceEntry]) -> Citation | None:
    """A citation of the ledger `entries`, by number; None for a text that is none, or of none."""
    read = read_citation(text)
    found = read if read is None or isinstance(read, Citation) else placed(read, entries)
    return None if isinstance(found, str) else found


def confidence_of(record: Record) -> float | None:
    """The confidence in the answer, in [0, 1], where the run gave one.

    From `confidence` or `probability` among the arguments of the finish call, or from a number
    behind the word of a yes/no answer: "yes (0.83)", "no, 70 %".
    """
    arguments = finish_arguments(record.messages) or {}
    for name in ("confidence", "probability"):
        given = arguments.get(name)
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            return _as_share(given, percent=given > 1)
    return split_confidence(record.answer[0])[1] if len(record.answer) == 1 else None


def split_confidence(answer: str) -> tuple[str, float | None]:
    """A yes/no answer without the confidence behind it, and that confidence.

    >>> split_confidence("yes (0.83)"), split_confidence("No, 70 %"), split_confidence("yes")
    (('yes', 0.83), ('No', 0.7), ('yes', None))
    """
    found = _SURE.search(answer)
    word = answer[: found.start()] if found else answer
    if found is None or word.strip().lower() not in ("yes", "no", "true", "false"):
        return answer, None
    share = _as_share(float(found["number"]), percent=bool(found["percent"]))
    return (word.strip(), share) if share is not None else (answer, None)


def _as_share(number: float, *, percent: bool) -> float | None:
    if not 0 <= number <= 100:  # of any size: a whole number may be too large to be a float
        return None
    share = number / 100 if percent else float(number)
    return share if share <= 1 else None


def _read(arguments: Any) -> dict[str, Any]:
    if isinstance(arguments, dict):
        return arguments
    for read in (json.loads, ast.literal_eval):
        try:
            held = read(str(arguments))
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
        return held if isinstance(held, dict) else {}
    return {}
