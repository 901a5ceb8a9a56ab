"""One patient's record as a store holds it, as plain rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle.model import Cell, RawRecord, RawRow

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.store import Store

_NO_PARTS_OF_A_SECOND = ".000000"


def stored_record(store: Store, subject_id: int) -> RawRecord:
    """The rows of every patients' table of the store, in the store's order.

    Raises what `Store.read_subject` raises: SubjectError, StoreError.
    """
    return {
        table: _rows_of(found, table) for table, found in store.read_subject(subject_id).items()
    }


def _rows_of(found: Any, table: str) -> list[RawRow]:
    names = TABLES[table].column_names
    columns = [_cells_of(found.column(name)) for name in names]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _cells_of(column: Any) -> list[Cell]:
    import pyarrow as pa

    if not pa.types.is_temporal(column.type):
        cells: list[Cell] = column.to_pylist()
        return cells
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    return [text and text.removesuffix(_NO_PARTS_OF_A_SECOND) for text in texts]
