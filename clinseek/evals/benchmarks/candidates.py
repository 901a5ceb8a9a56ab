"""What may be answered to the questions of a task, from the whole store and never from the gold.

Only where it is asked for (`published`) are long lists cut down around the right answer, as the
published benchmark does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from clinseek.evals.benchmarks.splits import uniform
from clinseek.evals.benchmarks.tasks import Task
from clinseek.evals.benchmarks.tasks.code_book import CodeBook
from clinseek.toolkits.ehr.candidates.build import FEWEST_PATIENTS
from clinseek.toolkits.ehr.store import Store

CandidateRule = Literal["frozen", "published"]
MOST_CANDIDATES = 100
_OF_ROWS = frozenset({"microbiologyevents", "prescriptions", "radiology", "services", "transfers"})
"""Vocabularies drawn from patients' rows, which may lack a name that one patient alone has."""


class Pools(NamedTuple):
    """By task: every name that may be answered, and those that bound which labels there are."""

    names: Mapping[str, tuple[str, ...]]
    bounds: Mapping[str, frozenset[str]]


def pools_of(tasks: Iterable[Task], store: Store, book: CodeBook) -> Pools:
    """The pools of the tasks; one that the store cannot fill is empty and bounds nothing."""
    names: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, frozenset[str]] = {}
    for task in tasks:
        found = _names_of(task, store, book)
        names[task.name] = task.pool.names or tuple(sorted(found))
        of_dictionary = task.pool.vocabulary is not None and task.pool.vocabulary not in _OF_ROWS
        if found and not of_dictionary and not task.is_yes_or_no:
            bounds[task.name] = found
    return Pools(names, bounds)


def _names_of(task: Task, store: Store, book: CodeBook) -> frozenset[str]:
    if task.pool.names:
        return frozenset(task.pool.names)
    if task.pool.vocabulary is not None:
        return book.names(task.pool.vocabulary)
    if task.pool.column is None or store.manifest.subjects < FEWEST_PATIENTS:
        return frozenset()
    return _shared(store.path, *task.pool.column)


def _shared(store: Path, table: str, column: str) -> frozenset[str]:
    """The names in a column that at least two patients have."""
    import duckdb

    files = str(store / "tables" / table / "*.parquet")
    with duckdb.connect(":memory:", config={"threads": 1}) as reader:
        rows = reader.execute(
            f'SELECT trim("{column}") AS name FROM read_parquet(?) '
            "WHERE name <> '' GROUP BY name HAVING min(subject_id) < max(subject_id)",
            [files],
        ).fetchall()
    return frozenset(str(name) for (name,) in rows)


def offered(
    names: tuple[str, ...], label: tuple[str, ...], *, rule: CandidateRule, seed: int, qid: str
) -> list[str] | None:
    """The candidates of one row: the whole pool where it is short, else none to choose from.

    Under `published` a long pool is cut to the label and names drawn beside it, a hundred in all.

    >>> offered(("no", "yes"), ("no",), rule="frozen", seed=1, qid="a")
    ['no', 'yes']
    >>> long = tuple(f"drug {n}" for n in range(300))
    >>> offered(long, ("drug 7",), rule="frozen", seed=1, qid="a") is None
    True
    >>> around = offered(long, ("drug 7",), rule="published", seed=1, qid="a")
    >>> len(around), "drug 7" in around
    (100, True)
    """
    if not names:
        return None
    if len(names) <= MOST_CANDIDATES:
        return list(names)
    if rule == "frozen":
        return None
    others = sorted(set(names) - set(label), key=lambda name: uniform(str(seed), qid, name))
    return sorted({*label, *others[: max(0, MOST_CANDIDATES - len(label))]})
