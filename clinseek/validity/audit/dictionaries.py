"""What the audit needs of a store's dictionaries."""

from __future__ import annotations

from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.store.folder import table_path
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle import Cell

LABS = "Labs"
"""The category of d_items whose charted values repeat the laboratory's."""


def dictionary_rows(store: Store, name: str) -> list[tuple[Cell, ...]]:
    """The rows of one dictionary, in schema order; none where the store lacks it."""
    import pyarrow.parquet as pq

    if name not in store.tables:
        return []
    held = pq.read_table(table_path(store.path, TABLES[name]))
    return list(zip(*(column.to_pylist() for column in held.columns), strict=True))


def bedside_items(store: Store) -> frozenset[int]:
    """Items of chartevents that d_items knows and does not call laboratory values."""
    columns = TABLES["d_items"].column_names
    item, category = columns.index("itemid"), columns.index("category")
    return frozenset(
        itemid
        for row in dictionary_rows(store, "d_items")
        if isinstance(itemid := row[item], int) and row[category] not in (None, LABS)
    )
