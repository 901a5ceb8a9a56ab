"""What is in a prepared file: counts, cutoffs, and what answering without the record would win."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.openseek.template import FAMILIES
from clinseek.evals.rows import Row
from clinseek.toolkits.ehr.store import Store


def card_of(rows: Sequence[Row], *, store: Store, seed: int, per_template: int) -> dict[str, Any]:
    """The card of `rows`, ready for JSON.

    `majority` is the share of a template's questions that its commonest answer would win. `hash` is
    over every row.
    """
    by_family: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_family[row.task_type].append(row)
    return {
        "benchmark": "OpenSeek-QA",
        "hash": rows_hash(rows),
        "store": store.fingerprint,
        "seed": seed,
        "per_template": per_template,
        "rows": len(rows),
        "patients": len({row.subject_id for row in rows}),
        "cutoffs": len({(row.subject_id, row.cutoff) for row in rows}),
        "cutoffs_in_stay": _in_stay(rows, store),
        "abstention": round(sum(row.label == [] for row in rows) / len(rows), 4),
        "majority": majority(rows),
        "families": {
            family: _family(by_family[family]) for family in FAMILIES if by_family[family]
        },
    }


def rows_hash(rows: Sequence[Row]) -> str:
    """A hash over the items in their order; metadata do not count."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.fingerprint.encode())
    return digest.hexdigest()


def majority(rows: Sequence[Row]) -> float:
    """What the commonest answer of each template wins over all `rows`, answering without a look.

    The questions of a template and of those that ask the same in vain count as one, since no one
    can tell them apart by their words.
    """
    return round(sum(_commonest(of).total for of in _by_question(rows)) / len(rows), 4)


class _Commonest(NamedTuple):
    answer: str
    total: int


def _commonest(rows: Sequence[Row]) -> _Commonest:
    ((answer, total),) = Counter(str(row.label) for row in rows).most_common(1)
    return _Commonest(answer, total)


def _by_question(rows: Sequence[Row]) -> list[list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[str(row.metadata["question_of"])].append(row)
    return list(found.values())


def _in_stay(rows: Sequence[Row], store: Store) -> dict[str, float]:
    """The share of the rows whose cutoff lies in each quarter of a stay, and outside of any."""
    places: Counter[str] = Counter()
    by_patient: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_patient[row.bound[0]].append(row)
    for subject_id, members in by_patient.items():
        read = store.read_subject(subject_id, tables=["admissions"])
        stays = read["admissions"].to_pylist()
        places.update(_place(datetime.fromisoformat(row.bound[1]), stays) for row in members)
    return {place: round(places[place] / len(rows), 4) for place in sorted(places)}


def _place(cutoff: datetime, stays: Sequence[Mapping[str, Any]]) -> str:
    for stay in stays:
        begun, ended = stay["admittime"], stay["dischtime"]
        if None not in (begun, ended) and begun <= cutoff < ended:
            return f"quarter {1 + int(4 * ((cutoff - begun) / (ended - begun)))}"
    return "outside"


def _family(rows: Sequence[Row]) -> dict[str, Any]:
    templates: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        templates[row.task].append(row)
    return {
        "rows": len(rows),
        "templates": {name: _template(members) for name, members in templates.items()},
    }


def _template(rows: Sequence[Row]) -> Mapping[str, Any]:
    commonest = _commonest(rows)
    return {
        "rows": len(rows),
        "patients": len({row.subject_id for row in rows}),
        "answers": len({str(row.label) for row in rows}),
        "majority": round(commonest.total / len(rows), 4),
        "commonest": commonest.answer,
    }
