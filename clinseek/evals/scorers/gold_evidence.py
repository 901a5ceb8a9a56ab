"""Whether a run found and cited the rows on which the right answer stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from clinseek.evals.rows import GoldRow, Row
from clinseek.evals.scorers.answer_sets import set_scores
from clinseek.evals.scorers.resources import Resources
from clinseek.evals.scorers.row_score import Verdict, inapplicable, unscored
from clinseek.evals.transcripts.submitted import citations_of
from clinseek.records import Record

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case

CaseRow = tuple[str, int]
"""(table, row_id in the case)."""

_KEPT_IDS = frozenset({"hadm_id", "stay_id", "subject_id", "specimen_id"})
"""Ids that a case does not number anew."""
_NUMBERED = ("_id", "_seq")
"""How columns end that a case numbers anew, so that gaps betray nothing."""


def evidence(row: Row, record: Record, at_hand: Resources) -> Verdict:
    """F1 of the cited rows against the gold rows; `recall_seen` is of all rows that were read."""
    if not row.gold_rows:
        return inapplicable("the row names no gold rows")
    with at_hand.case_of(row, record) as case:
        if case is None or at_hand.store is None:
            return unscored("gold rows are found through the patient's record; name its store")
        profile = record.versions["profile"] or "available"
        gold = set(_in_case(row, row.gold_rows, case, store=str(at_hand.store), profile=profile))
    if not gold:
        return unscored("none of the gold rows is in the record at this cutoff")
    cited, seen = rows_cited(record), rows_seen(record)
    named = {f"{table}#{at}" for table, at in cited}
    scores = set_scores(named, {f"{table}#{at}" for table, at in gold})
    recall_seen = len(gold & seen) / len(gold)
    told = (
        f"{len(gold & cited)} of {len(gold)} gold rows cited, {len(gold & seen)} read; "
        f"{len(cited - gold)} other rows cited"
    )
    parts = {"precision": scores.precision, "recall": scores.recall, "recall_seen": recall_seen}
    return Verdict(scores.f1, told, parts)


def rows_cited(record: Record) -> set[CaseRow]:
    """The rows that the submission cites, as far as they exist."""
    entries = {entry["number"]: entry for entry in record.evidence}
    return {
        (entry["table"], citation.row)
        for citation in citations_of(record)
        if (entry := entries[citation.evidence])["table"] is not None
        and citation.row is not None
        and citation.row in entry["row_ids"]
    }


def rows_seen(record: Record) -> set[CaseRow]:
    """Every row that a call of the run returned."""
    return {
        (entry["table"], row_id)
        for entry in record.evidence
        if entry["table"] is not None
        for row_id in entry["row_ids"]
    }


def _in_case(
    row: Row, gold_rows: list[GoldRow], case: Case, *, store: str, profile: str
) -> Iterator[CaseRow]:
    """The rows of the case that gold rows name by their raw keys."""
    from clinseek.toolkits.ehr.case import label_clock

    with label_clock(store, row.bound[0], profile=profile) as clock:
        for gold in gold_rows:
            if gold.table not in case.tables:
                continue
            for raw in clock.known_at(table=gold.table, where=gold.key):
                yield from ((gold.table, at) for at in _rows_like(case, gold.table, raw.row))


def _rows_like(case: Case, table: str, raw: Mapping[str, Any]) -> list[int]:
    """The case's rows with the cells of a raw row; a cell that was not known yet is empty."""
    told = {
        column: raw[column]
        for column in case.columns(table)
        if column in raw and (column in _KEPT_IDS or not column.endswith(_NUMBERED))
    }
    where = " AND ".join(f'("{column}" IS ? OR "{column}" IS NULL)' for column in told)
    found = case.select(f'SELECT row_id FROM "{table}" WHERE {where}', list(told.values()))
    return [row_id for (row_id,) in found.rows]
