"""The figures of one source: a store read patient by patient, under two profiles, by the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.store.folder import table_path
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.dictionaries import bedside_items
from clinseek.validity.oracle import RawRecord, read_record, stored_record
from clinseek.validity.page.early import Early, early_by_table
from clinseek.validity.page.held_titles import HeldTitles, held_titles
from clinseek.validity.page.raw_clocks import RawClocks, raw_clocks
from clinseek.validity.page.waiting import Waiting, waiting_rows
from clinseek.validity.processes import workers

_PATIENTS_A_SHARE = 10

Progress = Callable[[int, int], None]
"""Told how many patients are done, of how many."""


@dataclass
class Figures:
    """What is counted over patients: nothing of it hangs on their order."""

    early: dict[str, Early] = field(default_factory=dict)
    waiting: Waiting = field(default_factory=Waiting)
    clocks: RawClocks = field(default_factory=RawClocks)
    titles: HeldTitles = field(default_factory=Counter)

    @property
    def tables(self) -> list[str]:
        """The patients' tables of the source, in schema order."""
        return [name for name in TABLES if name in self.waiting.by_table]

    @property
    def rows(self) -> int:
        """Rows of all of them."""
        return sum(self.early[table].rows.total for table in self.tables)

    def add(self, other: Figures) -> None:
        """Count in other patients."""
        for table, early in other.early.items():
            self.early.setdefault(table, Early()).add(early)
        self.waiting.add(other.waiting)
        self.clocks.add(other.clocks)
        self.titles.update(other.titles)


class Dictionaries(NamedTuple):
    """What has to be known of a store beside a patient's own rows.

    `bedside_items` as `read_record` takes them, `icu_units` as `raw_clocks` does.
    """

    bedside_items: frozenset[int]
    icu_units: frozenset[str]


def measure(store: Store, *, jobs: int = 1, progress: Progress | None = None) -> Figures:
    """The figures of all patients of `store`, read by `jobs` processes.

    Raises what reading a store raises: StoreError.
    """
    subjects, dictionaries = store.subjects(), _dictionaries(store)
    shares = [
        _Share(store.path, tuple(subjects[first : first + _PATIENTS_A_SHARE]), dictionaries)
        for first in range(0, len(subjects), _PATIENTS_A_SHARE)
    ]
    figures = Figures(titles=held_titles(store))
    with workers(min(jobs, len(shares))) as each_of:
        for done, part in enumerate(each_of(_measure_share, shares), start=1):
            figures.add(part)
            if progress is not None:
                progress(min(done * _PATIENTS_A_SHARE, len(subjects)), len(subjects))
    return figures


def figures_of(record: RawRecord, dictionaries: Dictionaries) -> Figures:
    """The figures of one patient."""
    items = dictionaries.bedside_items
    available = read_record(record, "available", bedside_items=items)
    event = read_record(record, "event", bedside_items=items)
    return Figures(
        early=early_by_table(record, available),
        waiting=waiting_rows(record, available, event),
        clocks=raw_clocks(record, available, icu_units=dictionaries.icu_units),
    )


class _Share(NamedTuple):
    store: Path
    subjects: tuple[int, ...]
    dictionaries: Dictionaries


def _measure_share(share: _Share) -> Figures:
    store = Store.open(share.store)
    figures = Figures()
    for subject_id in share.subjects:
        figures.add(figures_of(stored_record(store, subject_id), share.dictionaries))
    return figures


def _dictionaries(store: Store) -> Dictionaries:
    return Dictionaries(bedside_items(store), _icu_units(store))


def _icu_units(store: Store) -> frozenset[str]:
    """The care units that any ICU stay of the store names."""
    import pyarrow.parquet as pq

    if "icustays" not in store.tables:
        return frozenset()
    columns = ["first_careunit", "last_careunit"]
    stays = pq.read_table(table_path(store.path, TABLES["icustays"]), columns=columns)
    return frozenset(unit for column in stays.columns for unit in column.to_pylist())
