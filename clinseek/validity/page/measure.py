"""The figures of one source: a store read patient by patient, under two profiles, by the oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.store.folder import table_path
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.dictionaries import bedside_items
from clinseek.validity.oracle import RawRecord, read_record, stored_record
from clinseek.validity.page.early import Early, early_by_table
from clinseek.validity.page.raw_clocks import RawClocks, raw_clocks
from clinseek.validity.page.waiting import Waiting, waiting_rows

Patient = Callable[[int, int], None]
"""Told before each patient: how many are done, of how many."""


@dataclass
class Figures:
    """Everything that the page says of one source, but what can be read off."""

    patients: int
    fingerprint: str
    early: dict[str, Early] = field(default_factory=dict)
    waiting: Waiting = field(default_factory=Waiting)
    clocks: RawClocks = field(default_factory=RawClocks)

    @property
    def tables(self) -> list[str]:
        """The patients' tables of the source, in schema order."""
        return [name for name in TABLES if name in self.waiting.by_table]

    @property
    def rows(self) -> int:
        """Rows of all of them."""
        return sum(self.early[table].rows.total for table in self.tables)


def measure(store: Store, *, progress: Patient | None = None) -> Figures:
    """The figures of all patients of `store`. Raises what reading a store raises: StoreError."""
    subjects = store.subjects()
    figures = Figures(patients=len(subjects), fingerprint=store.fingerprint)
    at_the_bedside, icu_units = bedside_items(store), _icu_units(store)
    for done, subject_id in enumerate(subjects):
        if progress is not None:
            progress(done, len(subjects))
        record = stored_record(store, subject_id)
        add_patient(figures, record, bedside=at_the_bedside, icu_units=icu_units)
    return figures


def add_patient(
    figures: Figures, record: RawRecord, *, bedside: frozenset[int], icu_units: frozenset[str]
) -> None:
    """Count in one patient. `bedside` as in `read_record`; `icu_units` as in `raw_clocks`."""
    available = read_record(record, "available", bedside_items=bedside)
    event = read_record(record, "event", bedside_items=bedside)
    for table, early in early_by_table(record, available).items():
        figures.early.setdefault(table, Early()).add(early)
    figures.waiting.add(waiting_rows(record, available, event))
    figures.clocks.add(raw_clocks(record, available, icu_units=icu_units))


def _icu_units(store: Store) -> frozenset[str]:
    """The care units that any ICU stay of the store names."""
    import pyarrow.parquet as pq

    if "icustays" not in store.tables:
        return frozenset()
    columns = ["first_careunit", "last_careunit"]
    stays = pq.read_table(table_path(store.path, TABLES["icustays"]), columns=columns)
    return frozenset(unit for column in stays.columns for unit in column.to_pylist())
