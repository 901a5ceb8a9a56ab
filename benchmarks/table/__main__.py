"""Every line of the performance table, and how costs grow.

    python -m benchmarks.table [--store STORE --raw RAW] [--only NAME ...] [--markdown | --json]

Each cost stands beside its target and beside what this machine needs, measured on the spot, for
the part of the work that nobody can save (copying rows in SQLite, gunzip, one HTTP round trip);
the ratio says what is left to win. Below, costs at 1, 4 and 16 times as many rows, patients and
rounds, with the fitted exponent: 1 is linear, 0 does not grow, more than 1.1 is told.

Without --store a synthetic cohort of 100 patients is drawn first. RAW is the folder that STORE was
made of. Quiet machines tell the truth: stop other work first. `make bench` runs all of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.table.costs import COSTS, Place
from benchmarks.table.growing import GROWING
from benchmarks.table.lines import (
    GROWTH_HEADS,
    HEADS,
    Growth,
    Line,
    as_json,
    as_text,
    cells_of,
    growth_cells,
)
from clinseek.toolkits.ehr.store import Store, ingest

PATIENTS, SEED = 100, 1


def main() -> None:
    """Measure and print; exit 1 where a cost grows more than linearly."""
    given = _arguments()
    names = given.only or [*COSTS, *GROWING]
    with _place(given.store, given.raw, runs=given.runs) as place:
        lines = list(_lines(names, place))
        growths = list(_growths(names, place))
    if given.json:
        print(json.dumps(as_json(lines, growths), indent=2))
    else:
        print(f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}\n")
        tables = (
            as_text(HEADS, list(map(cells_of, lines)), markdown=given.markdown),
            as_text(GROWTH_HEADS, list(map(growth_cells, growths)), markdown=given.markdown),
        )
        print("\n\n".join(tables))
    if not all(growth.held for growth in growths):
        sys.exit(1)


def _lines(names: Iterable[str], place: Place) -> Iterator[Line]:
    for name in names:
        if name in COSTS and _can(name):
            print(f"measuring {name}", file=sys.stderr)
            yield from COSTS[name](place)


def _growths(names: Iterable[str], place: Place) -> Iterator[Growth]:
    for name in names:
        if name in GROWING and _can(name):
            print(f"measuring growth over {name}", file=sys.stderr)
            yield from GROWING[name](place)


def _can(name: str) -> bool:
    """Whether what a line needs is installed; says what is left out."""
    if name not in ("rendering", "turns"):
        return True
    try:
        import jinja2  # noqa: F401
        import tokenizers  # noqa: F401
    except ImportError:
        print(f"left out: {name} (needs the extra 'training')", file=sys.stderr)
        return False
    return True


@contextmanager
def _place(store: Path | None, raw: Path | None, *, runs: int) -> Iterator[Place]:
    """The store that was named, or a cohort that is drawn for it."""
    if store is not None and raw is not None:
        yield Place(store, raw, _largest(store), runs)
        return
    from clinseek.toolkits.ehr.synthetic import synthesise

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        synthesise(made / "raw", patients=PATIENTS, seed=SEED)
        ingest(made / "raw", made / "store")
        yield Place(made / "store", made / "raw", _largest(made / "store"), runs)


def _largest(store: Path) -> int:
    """The patient with the most rows."""
    opened = Store.open(store)
    return max(
        opened.subjects(),
        key=lambda subject: sum(rows.num_rows for rows in opened.read_subject(subject).values()),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path)
    parser.add_argument("--raw", type=Path, help="the raw folder that STORE was made of")
    parser.add_argument("--only", nargs="+", choices=[*COSTS, *GROWING])
    parser.add_argument("--runs", type=int, default=9, help="fresh processes a case is opened in")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if (given.store is None) != (given.raw is None):
        parser.error("--store and --raw go together: ingest is measured on what STORE was made of")
    return given


if __name__ == "__main__":
    main()
