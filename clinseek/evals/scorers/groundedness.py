"""Whether an answer stands on its evidence: what it cites exists, was shown, and says so.

The claims are those of the submission: what the model cited, and not only the citations that the
harness let stand. A claim is grounded when

- it cites something, and every evidence and row that it cites exists and may be cited;
- the model was shown each cited row (an observation may have been shortened);
- a look-up (an item that cites exactly one row) is held by that row, and says nothing of which
  neither the row, its observation nor the question has a word;
- each of its figures stands in a row or an observation that it cites, or is computed from these
  (see `figures`). Yes and no, candidates and names of a vocabulary are judgements.

What counts as held, and as citable, is decided by the code that weighs answers during a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.evals.rows import Row
from clinseek.evals.scorers.figures import strange_words, unheld_figures
from clinseek.evals.scorers.resources import Resources
from clinseek.evals.scorers.row_score import Verdict, inapplicable
from clinseek.evals.transcripts.evidence import text_of
from clinseek.evals.transcripts.observation_text import Grid, parts_of
from clinseek.evals.transcripts.submitted import (
    placed_citation,
    split_confidence,
    submission_of,
)
from clinseek.graphs.state import Submission
from clinseek.nodes.answers import submit
from clinseek.nodes.casework import cells_of, labels_of, row_of
from clinseek.nodes.citing import Citation
from clinseek.nodes.holding import same_name
from clinseek.nodes.shortening import shorten
from clinseek.nodes.toolset import NOT_EVIDENCE, names_in
from clinseek.nodes.weighing import GapKind, weigh
from clinseek.records import EvidenceEntry, Record

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case

_TOLD: dict[GapKind, str] = {
    "uncited": "cites nothing",
    "no_such_evidence": "cites what is not there",
    "not_held": "is not held by what it cites",
}


class Claim(NamedTuple):
    """One item of an answer with what is wrong with its citations; grounded where nothing is."""

    item: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Transcript:
    """The observations of a record as the model was shown them."""

    record: Record

    @cached_property
    def _full(self) -> dict[str, str]:
        return {
            str(message.get("tool_call_id")): text_of(message.get("content"))
            for message in self.record.messages
            if message.get("role") == "tool"
        }

    @cached_property
    def _rows(self) -> dict[str, dict[str, Sequence[Any]]]:
        return {}

    def shown(self, entry: EvidenceEntry) -> str:
        """The text of an observation as far as it was shown, without its number."""
        full = self._full.get(entry["call_id"], "")
        if entry["shown_chars"] < entry["chars"]:
            full = shorten(full, entry["shown_chars"])
        return full.removeprefix(f"[{entry['id']}]")

    def grid(self, entry: EvidenceEntry) -> list[Sequence[Any]]:
        """The cells of every row that an observation shows."""
        if entry["id"] not in self._rows:
            self._rows[entry["id"]] = dict(_rows_of(self.shown(entry)))
        return list(self._rows[entry["id"]].values())

    def row(self, entry: EvidenceEntry, row_id: int) -> Sequence[Any] | None:
        """The cells of a row as its text shows them; None where the text does not show it."""
        self.grid(entry)
        return self._rows[entry["id"]].get(str(row_id))


def groundedness(row: Row, record: Record, at_hand: Resources) -> Verdict:
    """The share of the answer's items that are grounded."""
    submission = submission_of(record)
    if not submission["answer"]:
        return inapplicable("nothing was answered, so nothing needs evidence")
    if not record.tools:
        return inapplicable("the record keeps no ledger of what was found")
    if NOT_EVIDENCE.issuperset(names_in(record.tools)):
        return inapplicable("the evidence came with the task: no tool gave any to cite")
    with at_hand.case_of(row, record) as case:
        claims = claims_of(row, record, submission, case=case)
    grounded = sum(not claim.faults for claim in claims)
    faults = [f"{claim.item!r} {fault}" for claim in claims for fault in claim.faults]
    told = f"{grounded} of {len(claims)} items are grounded"
    cited = sum(map(bool, submission["citations"]))
    parts = {"items": float(len(claims)), "cited": cited / len(claims)}
    shown = "; ".join(faults[:4]) + (f"; and {len(faults) - 4} more" if len(faults) > 4 else "")
    return Verdict(grounded / len(claims), f"{told}; {shown}" if faults else told, parts)


def claims_of(
    row: Row, record: Record, submission: Submission, *, case: Case | None = None
) -> list[Claim]:
    """Each item of a submission with the faults of its citations.

    With a `case` rows are read from the record of the patient, else from the observations.
    """
    transcript = Transcript(record)
    entries = {entry["number"]: entry for entry in record.evidence}

    def pointed_at(entry: EvidenceEntry, citation: Citation) -> Sequence[Any]:
        row_id = citation.row
        if row_id is None or entry["table"] is None:
            return [transcript.shown(entry)]
        held = row_of(case, entry["table"], row_id) if case is not None else None
        if case is not None and held is not None:
            return [*cells_of(held), *labels_of(case, entry["table"], held)]
        return transcript.row(entry, row_id) or ()

    claims = []
    for at, item in enumerate(submission["answer"]):
        alone = submit([item], [list(submission["citations"][at])], via="finish")
        weighed = weigh(
            alone,
            ledger=record.evidence,
            cells_of=pointed_at,
            candidates=row.candidates or (),
            answer_form=row.answer_form,
        )
        faults = [_TOLD[gap.kind] for gap in weighed.gaps if gap.kind in _TOLD]
        hidden = [
            text for text in submission["citations"][at] if _is_hidden(text, entries, transcript)
        ]
        if hidden:
            faults.append(f"cites {', '.join(hidden)}, which the model was not shown")
        if not faults and not _is_judgement(item, row):
            cited = _cited(submission["citations"][at], entries)
            faults += _unheld(item, row, [(e, c, pointed_at(e, c)) for e, c in cited], transcript)
        claims.append(Claim(item, tuple(dict.fromkeys(faults))))
    return claims


def _is_judgement(item: str, row: Row) -> bool:
    """Yes and no, and names that were given to choose from, are no figures of a record."""
    if split_confidence(item)[0].casefold() in ("yes", "no") or row.vocabulary is not None:
        return True
    return any(same_name(name, item) for name in row.candidates or ())


def _cited(
    texts: Sequence[str], entries: Mapping[int, EvidenceEntry]
) -> list[tuple[EvidenceEntry, Citation]]:
    read = [placed_citation(text, entries) for text in texts]
    return [(entries[one.evidence], one) for one in read if one and one.evidence in entries]


def _unheld(
    item: str,
    row: Row,
    cited: Sequence[tuple[EvidenceEntry, Citation, Sequence[Any]]],
    transcript: Transcript,
) -> list[str]:
    """What an item says that its citations neither hold nor yield."""
    if any("image" in entry for entry, _, _ in cited):
        return []
    rows = [cells for _, citation, cells in cited if citation.row is not None]
    whole = [transcript.grid(entry) for entry, citation, _ in cited if citation.row is None]
    strange = unheld_figures(item, [cells for _, _, cells in cited], [rows, *whole])
    if not strange and len(cited) == len(rows) == 1:
        shown = transcript.shown(cited[0][0])
        strange = strange_words(item, [*map(str, rows[0]), shown, row.question])
    return [f"says {', '.join(strange)}, which is not held by what it cites"] if strange else []


def _is_hidden(text: str, entries: Mapping[int, EvidenceEntry], transcript: Transcript) -> bool:
    """Whether a row was among those found, but fell to the shortening of its observation."""
    citation = placed_citation(text, entries)
    entry = entries.get(citation.evidence) if citation else None
    if citation is None or entry is None or citation.row is None:
        return False
    if citation.row not in entry["row_ids"] or entry["shown_chars"] >= entry["chars"]:
        return False
    return transcript.row(entry, citation.row) is None


def _rows_of(text: str) -> list[tuple[str, Sequence[Any]]]:
    return [
        (cells[0], cells_of(dict(zip(part.columns[1:], cells[1:], strict=True))))
        for part in parts_of(text)
        if isinstance(part, Grid) and part.is_cited
        for cells in part.rows
    ]
