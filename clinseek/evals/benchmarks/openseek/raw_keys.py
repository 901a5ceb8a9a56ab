"""From the row of a case to the raw row that it shows: by its own cells, and by what identifies it.

A case numbers many ids anew, so that they betray nothing; gold rows are named by the ids of the
raw record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from clinseek.errors import CaseError
from clinseek.evals.benchmarks.openseek.asking import Asked, CaseRow
from clinseek.evals.rows import GoldRow
from clinseek.toolkits.ehr.case import Case, KnownLabel, LabelClock

KEYS: Mapping[str, tuple[str, ...]] = {
    "admissions": ("hadm_id",),
    "diagnoses_icd": ("hadm_id", "seq_num", "icd_version"),
    "edstays": ("stay_id",),
    "emar": ("emar_id",),
    "icustays": ("stay_id",),
    "labevents": ("labevent_id",),
    "microbiologyevents": ("microevent_id",),
    "omr": ("chartdate", "seq_num", "result_name"),
    "outputevents": ("stay_id", "charttime", "itemid", "storetime"),
    "poe": ("poe_id",),
    "prescriptions": ("pharmacy_id", "drug_type", "drug", "starttime"),
    "services": ("hadm_id", "transfertime"),
    "transfers": ("transfer_id",),
    "triage": ("stay_id",),
}
"""The raw columns that identify a row of each table on which an answer may stand."""
_KEPT_IDS = frozenset({"hadm_id", "stay_id", "subject_id", "specimen_id"})


class Keyed(NamedTuple):
    """A question with its evidence as raw keys; `known_at` where it is yet to be known.

    `gold` is the evidence of an answer, `future` that of an answer to come.
    """

    asked: Asked
    gold: tuple[GoldRow, ...]
    future: tuple[GoldRow, ...] = ()
    known_at: str | None = None


def keyed(asked: Asked, *, case: Case, whole: Case, clock: LabelClock) -> Keyed:
    """The question with the raw keys of its rows. CaseError where a row is in no raw record, and
    where an answer to come stands on rows that are known already.
    """
    if asked.answer is not None:
        return Keyed(asked, tuple(_gold(asked.rows, case, clock)))
    future = tuple(_gold(asked.rows, whole, clock))
    if not future:
        return Keyed(asked, ())
    column = asked.template.waits_for
    moments = [
        label.known_at
        for gold in future
        for label in clock.known_at(table=gold.table, where=gold.key, column=column)
        if label.known_at is not None
    ]
    first = min(moments, default="")
    if first <= asked.cutoff:
        raise CaseError(
            f"{asked.template.name}, patient {asked.subject_id} at {asked.cutoff}: what should "
            f"only be known later is known from {first or 'the beginning'} on"
        )
    return Keyed(asked, (), future, max(moments))


def _gold(rows: Iterable[CaseRow], case: Case, clock: LabelClock) -> Iterator[GoldRow]:
    """The raw rows that these rows of `case` show, each once."""
    seen: set[str] = set()
    for table, row_id in rows:
        for label in _raw_rows(table, row_id, case, clock):
            key = {
                column: label.row[column]
                for column in KEYS[table]
                if label.row[column] is not None
            }  # fmt: skip
            gold = GoldRow(table=table, key=key)
            told = gold.model_dump_json()
            if told not in seen:
                seen.add(told)
                yield gold


def _raw_rows(table: str, row_id: int, case: Case, clock: LabelClock) -> list[KnownLabel]:
    columns = [name for name in case.columns(table) if name != "row_id" and _is_kept(name)]
    named = ", ".join(f'"{name}"' for name in columns)
    (cells,) = case.select(f'SELECT {named} FROM "{table}" WHERE row_id = ?', [row_id]).rows
    where: dict[str, Any] = {
        name: cell for name, cell in zip(columns, cells, strict=True) if cell is not None
    }
    found = [
        label
        for label in clock.known_at(table=table, where=where)
        if label.visible_at(case.key.cutoff)
    ]
    if not found:
        raise CaseError(f"row {row_id} of {table} in {case.path} shows no raw row")
    return found


def _is_kept(column: str) -> bool:
    """Whether a case shows the raw cell, not a number of its own."""
    return column in _KEPT_IDS or not column.endswith(("_id", "_seq"))
