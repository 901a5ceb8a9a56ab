"""The rows against the raw csv files: is every gold row there, and was it known when it should be?

The moments come from the second reading of the record, which shares nothing with the rules that
fill a case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clinseek.evals.rows import GoldRow, Row
from clinseek.validity.oracle import RawRecord, Reading, raw_records, read_record

_BESIDE = frozenset({"admissions", "icustays", "edstays", "poe", "pharmacy", "patients"})
"""Tables by which others are dated."""


def disagreements(rows: Sequence[Row], raw: Sequence[Path]) -> list[str]:
    """Where the csv files under `raw` say otherwise, a sentence a row; none where they agree.

    Every gold row must be in the files and known at the cutoff; every row on which an answer to
    come stands must be in them, and the answer not known at the cutoff. Raises RawRecordError for
    files that cannot be read.
    """
    tables = _BESIDE | {gold.table for row in rows for gold in (*_gold(row), *_future(row))}
    by_patient: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_patient[row.bound[0]].append(row)
    records = raw_records(raw, by_patient, tables)
    found: list[str] = []
    for subject_id, members in by_patient.items():
        record = records[subject_id]
        reading = read_record(record, "available", bedside_items=frozenset())
        for row in members:
            found += [f"{row.qid}: {said}" for said in _of_row(row, record, reading)]
    return found


def _of_row(row: Row, record: RawRecord, reading: Reading) -> Iterator[str]:
    cutoff = row.bound[1]
    for gold in _gold(row):
        moments = [reading.known[gold.table][at] for at in _places(gold, record)]
        if not any(moment is not None and moment <= cutoff for moment in moments):
            yield f"{gold.table} {gold.key} is not known at {cutoff}"
    column = row.metadata.get("future_cell")
    for gold in _future(row):
        places = _places(gold, record)
        if not places:
            yield f"{gold.table} {gold.key} is nowhere"
        for at in places:
            opens = (
                reading.opens(gold.table, at, column) if column else reading.known[gold.table][at]
            )
            if opens is not None and opens <= cutoff:
                yield f"{gold.table} {gold.key} is known at {cutoff} already"


def _gold(row: Row) -> list[GoldRow]:
    return row.gold_rows or []


def _future(row: Row) -> list[GoldRow]:
    return [GoldRow.model_validate(each) for each in row.metadata.get("future_rows", ())]


def _places(gold: GoldRow, record: RawRecord) -> list[int]:
    rows: Sequence[Mapping[str, Any]] = record.get(gold.table, ())
    return [
        at
        for at, raw in enumerate(rows)
        if all(raw.get(column) == cell for column, cell in gold.key.items())
    ]
