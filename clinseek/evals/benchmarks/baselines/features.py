"""What a tabular model sees of a case: who, how much of everything, and the numbers of late.

Everything is read from the case at the row's cutoff, so that a baseline knows what a run knows.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from clinseek.errors import Refusal
from clinseek.evals.benchmarks.cases import cases_of
from clinseek.evals.rows import Row
from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.case import Case, Limits
from clinseek.toolkits.ehr.store import Store

Features = Mapping[str, float]

HOURS = (6, 24, 168)
_LATE = 48
_LIMITS = Limits(rows=200_000)
_NUMBERS: Mapping[str, tuple[str, str]] = {
    "labevents": ("itemid", "valuenum"),
    "chartevents": ("itemid", "valuenum"),
    "omr": ("result_name", "result_value"),
}
_VITALS = ("temperature", "heartrate", "resprate", "o2sat", "sbp", "dbp", "pain", "acuity")


def features_of_rows(
    store: Store,
    rows: Sequence[Row],
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Features]:
    """The features of every row by its qid; rows of whom nothing is known have none."""
    found: dict[str, Features] = {}
    by_patient: dict[int, list[Row]] = {}
    for row in rows:
        if row.subject_id is not None:
            by_patient.setdefault(row.subject_id, []).append(row)
    done = 0
    with scratch_folder("clinseek-features-") as folder:
        for subject_id, held in by_patient.items():
            for row, told in _of_patient(store, subject_id, held, folder):
                found[row.qid] = told
                done += 1
                progress(done, len(rows))
    return found


def window_features(case: Case) -> Features:
    """The features of one case: names to finite numbers; what is not known is not there.

    `n:TABLE:H` is how many rows of a table lie in the H hours before the cutoff (`all`: ever),
    `last:`, `low:` and `high:` are of numbers of the last two days, `age`, `male`, and `since:`
    the hours since the last admission, ED and ICU stay began.
    """
    cutoff = datetime.fromisoformat(case.key.cutoff)
    told: dict[str, float] = {}
    for row in _select(case, "patients", "SELECT * FROM patients"):
        told["male"] = float(row.get("gender") == "M")
        told["age"] = _number(row.get("age", row.get("anchor_age")))
    for table in case.tables:
        told.update(_counts(case, table, cutoff))
    for table, (item, value) in _NUMBERS.items():
        if table in case.tables:
            told.update(_numbers(case, table, item, value, cutoff))
    for table in ("triage", "vitalsign"):
        if table in case.tables:
            told.update(_last_vitals(case, table))
    return {name: value for name, value in told.items() if math.isfinite(value)}


def _of_patient(
    store: Store, subject_id: int, rows: Sequence[Row], folder: Path
) -> Iterator[tuple[Row, Features]]:
    known: dict[str, Features] = {}
    with cases_of(store, subject_id, profile="available", folder=folder) as cases:
        for row in rows:
            cutoff = row.bound[1]
            if cutoff not in known:
                with cases.at(cutoff) as case:
                    known[cutoff] = {} if case is None else window_features(case)
            yield row, known[cutoff]


def _counts(case: Case, table: str, cutoff: datetime) -> dict[str, float]:
    time = case.event_time(table)
    told = {f"n:{table}:all": float(_one(case, f'SELECT count(*) FROM "{table}"') or 0)}
    if time is None:
        return told
    for hours in HOURS:
        since = str(cutoff - timedelta(hours=hours))
        asked = f'SELECT count(*) FROM "{table}" WHERE "{time}" >= ?'
        told[f"n:{table}:{hours}"] = float(_one(case, asked, since) or 0)
    begins = {"admissions": "admittime", "icustays": "intime", "edstays": "intime"}.get(table)
    last = None if begins is None else _one(case, f'SELECT max("{begins}") FROM "{table}"')
    if last:
        told[f"since:{table}"] = (cutoff - datetime.fromisoformat(str(last))).total_seconds() / 3600
    return told


def _numbers(case: Case, table: str, item: str, value: str, cutoff: datetime) -> dict[str, float]:
    time = case.event_time(table)
    since = str(cutoff - timedelta(hours=_LATE))
    told: dict[str, float] = {}
    asked = (
        f'SELECT "{item}" AS item, "{value}" AS value FROM "{table}" '
        f'WHERE "{time}" >= ? AND "{value}" IS NOT NULL ORDER BY "{time}"'
    )
    for row in _select(case, table, asked, since):
        number = _number(row["value"])
        name = f"{table}:{row['item']}"
        told[f"last:{name}"] = number
        told[f"low:{name}"] = min(number, told.get(f"low:{name}", math.inf))
        told[f"high:{name}"] = max(number, told.get(f"high:{name}", -math.inf))
    return told


def _last_vitals(case: Case, table: str) -> dict[str, float]:
    held = [name for name in _VITALS if name in case.columns(table)]
    time = case.event_time(table)
    if not held:
        return {}
    order = "" if time is None else f'ORDER BY "{time}" DESC'
    named = ", ".join(f'"{name}"' for name in held)
    asked = f'SELECT {named} FROM "{table}" {order} LIMIT 1'
    return {
        f"last:{table}:{name}": _number(value)
        for row in _select(case, table, asked)
        for name, value in row.items()
    }


def _select(case: Case, table: str, sql: str, *parameters: Any) -> list[dict[str, Any]]:
    """The rows of a SELECT; none where the table is not in the case."""
    if table not in case.tables:
        return []
    found = case.select(sql, parameters, limits=_LIMITS)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def _one(case: Case, sql: str, *parameters: Any) -> Any:
    with contextlib.suppress(Refusal):
        for row in case.select(sql, parameters, limits=_LIMITS).rows:
            return row[0]
    return None


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
