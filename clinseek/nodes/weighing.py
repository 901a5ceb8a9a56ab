"""Weighing a submission against the task, the ledger and the record: what is wanting in it.

What is checked of an answer's items, in this order:

- form: the number and kind of items that the answer form asks for;
- candidates: each item is one of them (then spelled as they are);
- citations: each item cites evidence, and what it cites exists (evidence number, row);
- look-ups: an item that cites exactly one row claims to stand in that row, and must; the figures
  of an item that cites lines of one page alone must stand in them. An item that cites several
  rows, or evidence as a whole, may be computed from them (a mean, a count, a trend) and is not
  held to one row. Yes and no are judgements and are never look-ups; so is a
  candidate, unless the row names another candidate in its place. What is seen in an image stands
  in no text, and is not held to one either.
- swaps: an item that its own citations do not hold, while those of another item do, was
  given the wrong citations.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from clinseek.graphs.state import Submission
from clinseek.nodes.citing import Citation, placed, read_citation, unseen
from clinseek.nodes.holding import holds, same_name
from clinseek.nodes.toolset import NOT_EVIDENCE
from clinseek.records import AnswerForm, EvidenceEntry

_YES_NO = ("yes", "no")
_FIGURE = re.compile(r"(?<![\w.])[-+]?\.?\d+(?![A-Za-z_]*\d)")
_BARE_POINT = re.compile(r"(?<![\w.])\.(?=\d)")
_RANGE = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?)\s?[-\u2013]\s?(?=\d+(?:\.\d+)?(?![\w-]))")
_NUMBER = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:\s*\D{0,20})?")

GapKind = Literal["form", "candidates", "uncited", "no_such_evidence", "not_held", "empty"]

CellsOf = Callable[[EvidenceEntry, Citation], Sequence[Any]]
"""The cells and labels of a cited row, the cited lines of a page, or the text of the evidence."""


class Gap(NamedTuple):
    """Something wanting in a submission, as a sentence for the model and for the record."""

    kind: GapKind
    sentence: str


class Weighed(NamedTuple):
    """The answer as it may stand, its citations without those refused, and what was wanting."""

    answer: list[str]
    citations: list[list[str]]
    gaps: list[Gap]


def weigh(
    submission: Submission,
    *,
    ledger: Sequence[EvidenceEntry],
    cells_of: CellsOf,
    candidates: Sequence[str] = (),
    answer_form: AnswerForm | None = None,
) -> Weighed:
    """The submission spelled as the candidates are, with its gaps. An empty answer abstains."""
    if not submission["answer"]:
        said = "no answer was given; call ehr.finish with a response, or an empty one to abstain"
        gaps = [] if submission["via"] == "finish" else [Gap("empty", said)]
        return Weighed([], [], gaps)
    allowed = candidates or (_YES_NO if answer_form == "yes_no" else ())
    spelled, spelling = _spelled(submission["answer"], allowed)
    answer, citations = spelled, submission["citations"]
    if allowed:
        answer, citations = _each_once(spelled, citations)
    entries = {entry["number"]: entry for entry in ledger}
    kept, missing = _existing(answer, citations, entries)
    kept, unheld = _held(answer, kept, entries, cells_of, candidates)
    gaps = [*_form_gaps(answer, answer_form), *spelling, *missing, *unheld]
    return Weighed(answer, [[str(one) for one in cited] for cited in kept], gaps)


def _spelled(items: Sequence[str], allowed: Sequence[str]) -> tuple[list[str], list[Gap]]:
    if not allowed:
        return list(items), []
    spelled: list[str] = []
    gaps: list[Gap] = []
    for item in items:
        match = next((name for name in allowed if same_name(name, item)), None)
        if match is None:
            gaps.append(Gap("candidates", _not_a_candidate(item, allowed)))
        spelled.append(match or item)
    return spelled, gaps


def _each_once(
    items: Sequence[str], citations: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Every item once, with the citations of all the times that it was given."""
    cited: dict[str, list[str]] = {}
    for at, item in enumerate(items):
        cited.setdefault(item, []).extend(citations[at] if at < len(citations) else ())
    return list(cited), list(cited.values())


def _not_a_candidate(item: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(item, allowed, n=3, cutoff=0.4)
    shown = near or list(allowed[:5])
    return f"{item!r} is none of the candidates; the nearest are: {', '.join(shown)}"


def _form_gaps(answer: Sequence[str], form: AnswerForm | None) -> list[Gap]:
    if form in ("yes_no", "number", "choice") and len(answer) != 1:
        return [Gap("form", f"the answer must be one item, not {len(answer)}")]
    if form == "number" and not _NUMBER.fullmatch(answer[0].strip()):
        return [Gap("form", f"the answer must be a number, not {answer[0]!r}")]
    return []


def _existing(
    answer: Sequence[str],
    citations: Sequence[Sequence[str]],
    entries: Mapping[int, EvidenceEntry],
) -> tuple[list[list[Citation]], list[Gap]]:
    kept: list[list[Citation]] = []
    gaps: list[Gap] = []
    for at, item in enumerate(answer):
        good: list[Citation] = []
        for text in citations[at] if at < len(citations) else ():
            found = _in_ledger(text, entries)
            if isinstance(found, str):
                gaps.append(Gap("no_such_evidence", f"{item!r} cites {text}: {found}"))
            elif found not in good:
                good.append(found)
        if not good and not (at < len(citations) and citations[at]):
            gaps.append(Gap("uncited", f"{item!r} cites no evidence; name rows as E3#17"))
        kept.append(good)
    return kept, gaps


def _in_ledger(text: str, entries: Mapping[int, EvidenceEntry]) -> Citation | str:
    """The citation that `text` is; a sentence where there is no such thing to cite."""
    read = read_citation(text)
    if read is None:
        return "a citation is written E3#17 or E3, of lines of a page 【4†L12-L15】"
    citation = read if isinstance(read, Citation) else placed(read, entries)
    if isinstance(citation, str):
        return citation
    entry = entries.get(citation.evidence)
    if entry is None:
        last = f"E{max(entries)}" if entries else "none"
        return f"there is no such evidence (the last is {last})"
    if entry["refused"] or entry["tool"] in NOT_EVIDENCE:
        return f"E{citation.evidence} ({entry['tool']}) holds nothing of the record"
    fault = unseen(citation, entries)
    if fault is None and citation.row is not None and not _has(entry, citation.row):
        part = "part" if "image" in entry else "row"
        return f"E{citation.evidence} has no {part} {citation.row}"
    return fault or citation


def _has(entry: EvidenceEntry, row: int) -> bool:
    """Whether an observation has this row, or its image this part."""
    if "image" in entry:
        return 1 <= row <= len(entry["image"]["boxes"])
    return row in entry["row_ids"]


def _held(
    answer: Sequence[str],
    citations: Sequence[Sequence[Citation]],
    entries: Mapping[int, EvidenceEntry],
    cells_of: CellsOf,
    candidates: Sequence[str],
) -> tuple[list[list[Citation]], list[Gap]]:
    """The citations without those that do not hold their item, and a gap for each such item."""
    cells = {
        citation: cells_of(entries[citation.evidence], citation)
        for cited in citations
        for citation in cited
    }

    def own(item: str, at: int) -> bool:
        return any(_stands_in(item, cells[citation]) for citation in citations[at])

    kept: list[list[Citation]] = []
    gaps: list[Gap] = []
    for at, item in enumerate(answer):
        cited = list(citations[at])
        seen = any("image" in entries[citation.evidence] for citation in cited)
        if not cited or seen or item in _YES_NO or own(item, at):
            kept.append(cited)
            continue
        elsewhere = [
            str(citation)
            for other, rows in enumerate(citations)
            for citation in rows
            if other != at and citation not in cited and _stands_in(item, cells[citation])
        ]
        lookup = len(cited) == 1 and _claims_to_stand_there(item, cited[0])
        rival = _rival(item, candidates, [cell for one in cited for cell in cells[one]])
        if elsewhere:
            reason = f"stands in {elsewhere[0]} instead; the citations are swapped"
        elif lookup and (rival or not candidates):
            where = "that row says" if cited[0].lines is None else "those lines say"
            reason = f"{where} {rival or _shown(cells[cited[0]])}"
        else:
            kept.append(cited)
            continue
        names = ", ".join(map(str, cited))
        gaps.append(Gap("not_held", f"{item!r} is not in what it cites ({names}): {reason}"))
        kept.append([])
    return kept, gaps


def _claims_to_stand_there(item: str, citation: Citation) -> bool:
    """Whether an item with this one citation is a look-up: words about a page may be our own.

    A digit within a name (vitamin B12) is no figure.
    """
    if citation.lines is not None:
        return _FIGURE.search(item) is not None
    return citation.row is not None


def _stands_in(item: str, cells: Sequence[Any]) -> bool:
    return holds(_plainly(item), [_plainly(cell) for cell in cells])


def _plainly(cell: Any) -> Any:
    """A text with its figures as they are compared: 0.5 for .5, and both ends of a range.

    >>> _plainly(".5 mg for 2-3 days"), _plainly("on 2150-03-05")
    ('0.5 mg for 2 to 3 days', 'on 2150-03-05')
    """
    if not isinstance(cell, str):
        return cell
    return _RANGE.sub(r"\1 to ", _BARE_POINT.sub("0.", cell))


def _rival(item: str, candidates: Sequence[str], cells: Sequence[Any]) -> str | None:
    """The candidate that the cells name in the place of `item`, if any."""
    return next(
        (name for name in candidates if not same_name(name, item) and holds(name, cells)), None
    )


def _shown(cells: Sequence[Any]) -> str:
    line = ", ".join(str(cell) for cell in cells if cell is not None)
    return line if len(line) <= 200 else line[:199] + "…"
