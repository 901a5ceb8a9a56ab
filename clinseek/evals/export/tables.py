"""Lines of runs as CSV or Parquet, written as they come."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from clinseek.evals.export.run_lines import Line
from clinseek.whole_file import whole_file

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 500
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula in some spreadsheet, the wide forms of East Asian ones too."""


def write_csv(file: Path, lines: Iterable[Line], columns: Mapping[str, type]) -> int:
    """Write lines as CSV (UTF-8, empty for none); how many. A file that was there is replaced.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    count = 0
    with whole_file(file) as making, making.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns)
        writer.writeheader()
        for line in lines:
            writer.writerow({name: inert(cell) for name, cell in line.items()})
            count += 1
    return count


def inert(cell: object) -> object:
    """A cell as a spreadsheet only shows it; numbers, also those written as text, stay.

    >>> inert("=1+1"), inert("-5.9"), inert("- none"), inert(-5.9)
    ("'=1+1", '-5.9', "'- none", -5.9)
    """
    if not isinstance(cell, str) or not cell.startswith(_RUNS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def write_parquet(file: Path, lines: Iterable[Line], columns: Mapping[str, type]) -> int:
    """Write lines as Parquet with the types of `columns`; how many."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(columns)
    count = 0
    with whole_file(file) as making, pq.ParquetWriter(making, schema) as writer:
        for batch in _batches(lines):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    left = iter(lines)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _schema(columns: Mapping[str, type]) -> pa.Schema:
    import pyarrow as pa

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
