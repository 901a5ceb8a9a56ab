"""What full MIMIC-IV v3.1 would cost, by measured costs a row, and one table at 1/20 of its size.

    python -m benchmarks.scale RAW [--part 20] [--without-table] [--markdown]

RAW is the MIMIC-IV demo as downloaded (`mimic-iv-demo`). It is ingested three times; a table's cost
is the median of its seconds over its rows, and its bytes in the store over its rows (tables of
fewer than 2,000 rows take the mean of the others). The rows of v3.1 are those that mimic-code's
`validate.sql` expects. Then a made-up chartevents of 1/PART of its rows is written and ingested in
a process of its own: seconds, seconds of the processor, peak of memory and bytes, beside what the
rows of the demo foretold. docs/scale.md holds a copy of what it prints.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import ingest as chart_rows
from benchmarks.table.lines import as_text
from clinseek.toolkits.ehr.store import ingest

V3_1_ROWS: Mapping[str, int] = {
    "chartevents": 432_997_491, "labevents": 158_374_764, "emar_detail": 87_371_064,
    "poe": 52_212_109, "emar": 42_808_593, "prescriptions": 20_292_611,
    "pharmacy": 17_847_567, "ingredientevents": 14_253_480, "inputevents": 10_953_713,
    "datetimeevents": 9_979_761, "poe_detail": 8_504_982, "omr": 7_753_027,
    "diagnoses_icd": 6_364_488, "outputevents": 5_359_395, "microbiologyevents": 3_988_224,
    "transfers": 2_413_581, "procedures_icd": 859_655, "procedureevents": 808_706,
    "drgcodes": 761_856, "services": 593_071, "admissions": 546_028, "patients": 364_627,
    "hcpcsevents": 186_074, "icustays": 94_458,
}  # fmt: skip
LEAST_ROWS = 2_000
TRIES = 3


class RowCost(NamedTuple):
    """What a row of a table costs: microseconds of ingest, bytes of the store."""

    microseconds: float
    stored: float


class Foretold(NamedTuple):
    """A table of v3.1 by the cost of its rows."""

    table: str
    rows: int
    seconds: float
    gigabytes: float


def foretold(costs: Mapping[str, RowCost], rows: Mapping[str, int]) -> list[Foretold]:
    """Each table by its own cost a row, or by the mean of all where none was measured.

    >>> foretold({"labevents": RowCost(2.0, 10.0)}, {"labevents": 10**8, "services": 10**6})[1]
    Foretold(table='services', rows=1000000, seconds=2.0, gigabytes=0.01)
    """
    mean = RowCost(*(statistics.mean(each) for each in zip(*costs.values(), strict=True)))
    return [
        Foretold(
            table,
            count,
            count * costs.get(table, mean).microseconds / 1e6,
            count * costs.get(table, mean).stored / 1e9,
        )
        for table, count in rows.items()
    ]


def row_costs(raw: Path) -> dict[str, RowCost]:
    """What the rows of the demo cost, table by table."""
    seconds: dict[str, list[float]] = {}
    rows: dict[str, int] = {}
    stored: dict[str, int] = {}
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder, "store")
            for table in ingest(raw, store).tables:
                if table.rows >= LEAST_ROWS and table.table in V3_1_ROWS:
                    seconds.setdefault(table.table, []).append(table.seconds)
                    rows[table.table] = table.rows
                    files = store.glob(f"tables/{table.table}/*.parquet")
                    stored[table.table] = sum(file.stat().st_size for file in files)
    return {
        table: RowCost(1e6 * statistics.median(took) / rows[table], stored[table] / rows[table])
        for table, took in seconds.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("raw", type=Path)
    parser.add_argument("--part", type=int, default=20)
    parser.add_argument("--without-table", action="store_true", help="leave the large table out")
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    costs = row_costs(given.raw)
    if given.without_table:
        _print_foretold(costs, markdown=given.markdown)
        return
    measured, shown = _large_table(V3_1_ROWS["chartevents"] // given.part)
    costs["chartevents"] = measured
    _print_foretold(costs, markdown=given.markdown)
    print(f"\n{shown}")


def _print_foretold(costs: Mapping[str, RowCost], *, markdown: bool) -> None:
    every = foretold(costs, V3_1_ROWS)
    total = Foretold(
        "all", sum(t.rows for t in every), sum(t.seconds for t in every),
        sum(t.gigabytes for t in every),
    )  # fmt: skip
    print(as_text(_HEADS, [_cells(each) for each in (*every, total)], markdown=markdown))


_HEADS = ("table", "rows of v3.1", "minutes", "GB in the store")


def _cells(each: Foretold) -> Sequence[str]:
    return (each.table, f"{each.rows:,}", f"{each.seconds / 60:.1f}", f"{each.gigabytes:.2f}")


def _large_table(rows: int) -> tuple[RowCost, str]:
    """Ingest a made-up chartevents; what its rows cost, and a line that tells it."""
    with tempfile.TemporaryDirectory() as folder:
        raw, store = Path(folder, "raw"), Path(folder, "store")
        chart_rows.write_raw(raw, rows // chart_rows.ROWS_A_PATIENT)
        seconds, busy, peak = chart_rows.run_ingest(raw, store)
        stored = sum(file.stat().st_size for file in store.glob("tables/chartevents/*.parquet"))
    shown = (
        f"chartevents of {rows:,} rows: {seconds:.0f} s on the clock, {busy:.0f} s of the "
        f"processor, {peak:,.0f} MB at its peak, {stored / 1e9:.2f} GB in the store"
    )
    return RowCost(1e6 * seconds / rows, stored / rows), shown


if __name__ == "__main__":
    main()
