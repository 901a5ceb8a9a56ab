"""`make mutants`: every weakened rule, and whether the audit's comparison notices it.

Exit 0 when every survivor is a known equivalent and these are at most one in twenty; else 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from .drill import cohort, is_noticed, patients_of, places_for
from .equivalent import EQUIVALENT
from .weakened import all_mutants

MOST_EQUIVALENT = 0.05


def main() -> int:
    """Run the drill; what survives is printed."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--sample", type=int, metavar="N", help="only N mutants, by lot")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="how each mutant was noticed")
    given = parser.parse_args()
    begun = time.monotonic()
    mutants = all_mutants()
    if given.sample is not None:
        mutants = random.Random(given.seed).sample(mutants, given.sample)
    survivors = []
    with tempfile.TemporaryDirectory(prefix="clinseek-mutants-") as folder:
        patients = patients_of([cohort(Path(folder))])
        places = {table: places_for(table, patients) for table in {each.table for each in mutants}}
        for number, mutant in enumerate(mutants, start=1):
            noticed = is_noticed(mutant, places[mutant.table], Path(folder))
            if given.show and noticed:
                say(f"{mutant.name}: noticed: {noticed}")
            if noticed is None:
                survivors.append(mutant.name)
                say(f"{mutant.name}: SURVIVED: {EQUIVALENT.get(mutant.name, 'not explained')}")
            if number % 50 == 0:
                took = time.monotonic() - begun
                left = took / number * (len(mutants) - number)
                print(f"{number} of {len(mutants)}, {left:.0f} s left", file=sys.stderr)  # noqa: T201
    unexplained = [name for name in survivors if name not in EQUIVALENT]
    say(
        f"{len(mutants)} mutants, {len(mutants) - len(survivors)} noticed, {len(survivors)} "
        f"survived, of them {len(unexplained)} unexplained; {time.monotonic() - begun:.0f} s"
    )
    too_many = given.sample is None and len(survivors) > MOST_EQUIVALENT * len(mutants)
    return 1 if unexplained or too_many else 0


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
