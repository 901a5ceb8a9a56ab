"""`clinseek bench prepare synthetic`: the store and the rows, in one folder."""

from __future__ import annotations

import random
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from clinseek.errors import CutoffError, SettingError
from clinseek.evals.benchmarks.synthetic.asked import (
    Asked,
    decision_rows,
    look_up_rows,
    risk_rows,
    tables_needed,
)
from clinseek.evals.benchmarks.synthetic.film_questions import (
    DrawnStudy,
    film_questions,
    read_drawn,
)
from clinseek.evals.curated import package
from clinseek.evals.rows import GoldRow, Row, write_rows
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from clinseek.toolkits.ehr.synthetic.films import DRAWN
from clinseek.validity.outcomes import RawRows
from clinseek.validity.probe.patient import KeptRecord

_MOST_CANDIDATES = 100
_LOOK_UPS_A_PATIENT = 1
_TYPES = {"risk": "risk_prediction", "decision": "decision_making", "lookup": "look_up"}
_WITH_FILMS = {"multimodal": "multimodal"}
FILMS = "files"
"""The folder of the films and their reports, as MIMIC-CXR names it."""


class SyntheticProgress(NamedTuple):
    """How far it is: the cohort first, then the store, then patients whose rows are made."""

    stage: str
    done: int
    total: int
    seconds: float


class PreparedSynthetic(NamedTuple):
    """Where the benchmark lies: its store, and the rows of each file by its name."""

    store: Path
    rows: Mapping[str, int]
    files: Mapping[str, Path]


def prepare_synthetic(
    out: str | Path,
    *,
    patients: int = 40,
    per_task: int = 10,
    seed: int = 7,
    images: bool = False,
    progress: Callable[[SyntheticProgress], None] = lambda _progress: None,
) -> PreparedSynthetic:
    """Make `out/store` and `out/{risk,decision,lookup}.jsonl`; the same seed gives the same rows.

    Risk rows have both labels, as even as the cohort gives them. Each row carries its packaged
    evidence, rendered from the case at its own cutoff. With `images` the cohort has chest films:
    they lie in `out/files`, the store has their table, and `out/multimodal.jsonl` asks about them;
    its paths are relative to `out`. SettingError where `out` holds a benchmark already, or cannot
    be written, and for images without Pillow.
    """
    folder, began = Path(out), time.monotonic()
    store = folder / "store"
    for what, place in (("a store", store), ("films", folder / FILMS)):
        if place.exists():
            raise SettingError(f"{folder} holds {what} already; name a new folder with --out")

    def told(stage: str, done: int, total: int) -> None:
        progress(SyntheticProgress(stage, done, total, time.monotonic() - began))

    told("cohort", 0, patients)
    studies = _make_store(folder, store, patients=patients, seed=seed, images=images, told=told)
    rows = synthetic_rows(
        store, studies if images else None, per_task=per_task, seed=seed, told=told
    )
    files = {name: folder / f"{name}.jsonl" for name in rows}
    for name, file in files.items():
        write_rows(file, rows[name])
    return PreparedSynthetic(store, {name: len(rows[name]) for name in rows}, files)


def synthetic_rows(
    store: Path,
    studies: Sequence[DrawnStudy] | None = None,
    *,
    per_task: int,
    seed: int,
    told: Callable[[str, int, int], None] = lambda *_: None,
) -> dict[str, list[Row]]:
    """The rows of each file over a store of the synthetic cohort; `told` hears of each patient.

    With the `studies` whose films the cohort has, those of `multimodal.jsonl` too.
    """
    opened = Store.open(store)
    raw = {subject_id: _raw(opened, subject_id) for subject_id in sorted(opened.subjects())}
    made = _asked(opened, raw, per_task=per_task, seed=seed)
    rows = _rows(opened, made, _candidates(opened, raw), _TYPES, seed=seed, told=told)
    if studies is None:
        return rows
    asked = {"multimodal": film_questions(studies, raw, per_task=per_task, seed=seed)}
    return rows | _rows(opened, asked, {}, _WITH_FILMS, seed=seed, told=told)


def _make_store(
    folder: Path,
    store: Path,
    *,
    patients: int,
    seed: int,
    images: bool,
    told: Callable[[str, int, int], None],
) -> list[DrawnStudy]:
    """The store, and the studies whose films now lie beside it."""
    raw = folder / ".raw"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(raw, ignore_errors=True)
        synthesise(
            raw, patients=patients, seed=seed, images=images,
            progress=lambda at: told("cohort", at.patients, at.total),
        )  # fmt: skip
        told("store", 0, 1)
        ingest([raw], store, codes=raw / "codes")
        if not images:
            return []
        (raw / "cxr" / FILMS).rename(folder / FILMS)
        return read_drawn(raw / "cxr" / DRAWN)
    except OSError as error:
        raise SettingError(f"--out {folder}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(raw, ignore_errors=True)


def _asked(
    store: Store, raw: Mapping[int, RawRows], *, per_task: int, seed: int
) -> dict[str, list[Asked]]:
    """The questions of each file: so many a task, drawn by the seed."""
    labels = _labels(store)
    found: dict[str, list[Asked]] = {"risk": [], "decision": []}
    for subject_id, rows in raw.items():
        found["risk"] += risk_rows(subject_id, rows)
        found["decision"] += decision_rows(subject_id, rows, labels=labels)
    rng = random.Random(seed)
    return {name: _drawn(asked, per_task, rng) for name, asked in found.items()}


def _drawn(asked: Iterable[Asked], per_task: int, rng: random.Random) -> list[Asked]:
    """`per_task` of each task, its labels as even as they can be where they are yes and no."""
    by_task: dict[str, dict[str, list[Asked]]] = defaultdict(lambda: defaultdict(list))
    for one in asked:
        kind = str(one.label) if one.answer_form == "yes_no" else ""
        by_task[one.task][kind].append(one)
    drawn: list[Asked] = []
    for kinds in by_task.values():
        for members in kinds.values():
            rng.shuffle(members)
        taken = [one for turn in _in_turn(list(kinds.values())) for one in turn][:per_task]
        drawn += sorted(taken, key=lambda one: (one.subject_id, one.cutoff))
    return drawn


def _in_turn(lists: Sequence[list[Asked]]) -> Iterator[list[Asked]]:
    """One of each list after another, until all are empty."""
    for at in range(max(map(len, lists), default=0)):
        yield [members[at] for members in lists if at < len(members)]


def _rows(
    store: Store,
    asked: Mapping[str, Sequence[Asked]],
    candidates: Mapping[str, list[str] | None],
    types: Mapping[str, str],
    *,
    seed: int,
    told: Callable[[str, int, int], None],
) -> dict[str, list[Row]]:
    """The rows of each file, a patient at a time, so that few cases are open."""
    by_patient: dict[int, list[tuple[str, Asked]]] = defaultdict(list)
    for name, members in asked.items():
        for one in members:
            by_patient[one.subject_id].append((name, one))
    rng = random.Random(seed)
    rows: dict[str, list[Row]] = {name: [] for name in types}
    look_ups = _LOOK_UPS_A_PATIENT if "lookup" in types else 0
    for done, subject_id in enumerate(sorted(by_patient)):
        told("rows", done, len(by_patient))
        for name, one, evidence in _with_evidence(store, by_patient[subject_id], rng, look_ups):
            number, allowed = len(rows[name]) + 1, candidates.get(one.task)
            rows[name].append(_row(f"{name}_{number:04}", types[name], one, evidence, allowed))
    return rows


def _with_evidence(
    store: Store, asked: Sequence[tuple[str, Asked]], rng: random.Random, look_ups: int
) -> Iterator[tuple[str, Asked, str]]:
    """One patient's questions with their packages; a cutoff at which nothing is known is left."""
    record = KeptRecord(store, asked[0][1].subject_id)
    with ExitStack() as open_cases:
        cases: dict[str, Case] = {}
        for _, one in asked:
            if one.cutoff in cases:
                continue
            try:
                case = open_case(record, one.subject_id, cutoff=one.cutoff)
            except CutoffError:
                continue
            cases[one.cutoff] = open_cases.enter_context(closing(case))
        kept = [(name, one) for name, one in asked if one.cutoff in cases]
        at = [one for _, one in kept][:look_ups]
        kept += [("lookup", one) for one in look_up_rows(at, cases, rng)]
        for name, one in kept:
            yield name, one, package(cases[one.cutoff])


def _row(name: str, task_type: str, one: Asked, evidence: str, candidates: list[str] | None) -> Row:
    if one.candidates is not None:
        candidates = list(one.candidates)
    return Row(
        qid=f"synthetic_{name}",
        subject_id=one.subject_id,
        hadm_id=one.hadm_id,
        stay_id=one.stay_id,
        cutoff=one.cutoff,
        task=one.task,
        task_type=task_type,
        question=one.question,
        candidates=["yes", "no"] if one.answer_form == "yes_no" else candidates,
        answer_form=one.answer_form,
        label=one.label,
        curated_evidence=evidence,
        vocabulary=one.vocabulary,
        gold_rows=[GoldRow(table=t, key=dict(key)) for t, key in one.gold_rows] or None,
        unit=one.unit,
        images=list(one.images),
        group=one.group,
        tolerance=one.tolerance,
        metadata={"source": "synthetic cohort"},
    )


def _candidates(store: Store, raw: Mapping[int, RawRows]) -> dict[str, list[str] | None]:
    """The candidates of each task: every name of its kind in the store, never around the answer."""
    labels = sorted(set(_labels(store).values()))
    units, places = set(), set()
    for rows in raw.values():
        units |= {row["careunit"] for row in rows["transfers"] if row["eventtype"] == "transfer"}
        places |= {row["discharge_location"] for row in rows["admissions"]}
    found = {
        "labevents": labels,
        "transfers": sorted(unit for unit in units if unit),
        "discharge_location": sorted(place for place in places if place),
    }
    return {
        task: names if 0 < len(names) <= _MOST_CANDIDATES else None for task, names in found.items()
    }


def _labels(store: Store) -> dict[int, str]:
    items: list[dict[str, Any]] = pq.read_table(
        store.path / "dictionaries" / "d_labitems.parquet"
    ).to_pylist()
    return {item["itemid"]: item["label"] for item in items if item["label"]}


def _raw(store: Store, subject_id: int) -> RawRows:
    read = store.read_subject(subject_id)
    return {table: read[table].to_pylist() for table in sorted(tables_needed())}
