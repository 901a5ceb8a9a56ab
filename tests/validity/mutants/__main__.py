"""`make mutants`: every weakened rule, and whether the audit's checks notice it.

It is told apart by what each was noticed: a case that differs proves more than SQL that no longer
runs, and a column that a written list names otherwise proves the list.

Exit 0 when every survivor is a known equivalent and these are at most one in twenty; else 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from .drill import Ground, How, Noticed, cohort, is_noticed, noticed_in, patients_of
from .equivalent import EQUIVALENT
from .tied_rows import told_by_order
from .weakened import Kind, Mutant, all_mutants

MOST_EQUIVALENT = 0.05
_UNWEAKENED = 80
"""Places of each table at which the rules are tried as they are."""

_HOW: dict[How, str] = {
    "compared": "the case is not what the second reading says",
    "empty": "nothing is shown, although something is known",
    "order": "the order of rows tells of the future, or of the raw file",
    "listed": "the written list names another column to read the table in time by",
    "broken": "only because the SQL no longer runs",
}
_WHAT: dict[Kind, str] = {
    "rule": "a field of a rule",
    "join": "a join of a rule left out",
    "event_time": "the column to read a table in time by",
    "beside": "a clause of what rules look at beside a row",
    "order": "the order of rows known at one moment",
}


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
    with tempfile.TemporaryDirectory(prefix="clinseek-mutants-") as folder:
        ground = Ground(patients_of([cohort(Path(folder))]), Path(folder))
        wrong = _unweakened(ground, mutants)
        found = list(_drilled(mutants, ground, show=given.show, begun=begun))
    survivors = [mutant.name for mutant, noticed in found if noticed is None]
    unexplained = [name for name in survivors if name not in EQUIVALENT]
    _say_counts(found)
    say(
        f"{len(mutants)} mutants, {len(mutants) - len(survivors)} noticed, {len(survivors)} "
        f"survived ({100 * len(survivors) / len(mutants):.1f} %), of them {len(unexplained)} "
        f"unexplained; {time.monotonic() - begun:.0f} s"
    )
    too_many = given.sample is None and len(survivors) > MOST_EQUIVALENT * len(mutants)
    return 1 if wrong or unexplained or too_many else 0


def _unweakened(ground: Ground, mutants: Sequence[Mutant]) -> bool:
    """Whether the rules as they are differ anywhere; then what is noticed would prove nothing."""
    tables = sorted({table for mutant in mutants for table in mutant.tables})
    told = {table: noticed_in(table, ground, most=_UNWEAKENED) for table in tables}
    for table, noticed in told.items():
        if noticed is not None:
            say(f"{table}: WITHOUT ANY WEAKENING: {noticed.told}")
    by_order = told_by_order(ground.ties, ground.folder)
    if by_order is not None:
        say(f"WITHOUT ANY WEAKENING: {by_order}")
    return by_order is not None or any(told.values())


def _drilled(
    mutants: Sequence[Mutant], ground: Ground, *, show: bool, begun: float
) -> Iterator[tuple[Mutant, Noticed | None]]:
    started = time.monotonic()
    for number, mutant in enumerate(mutants, start=1):
        noticed = is_noticed(mutant, ground)
        if noticed is None:
            say(f"{mutant.name}: SURVIVED: {EQUIVALENT.get(mutant.name, 'not explained')}")
        elif show:
            say(f"{mutant.name}: noticed: {noticed.told}")
        if number % 50 == 0:
            left = (time.monotonic() - started) / number * (len(mutants) - number)
            told = f"{number} of {len(mutants)}, {time.monotonic() - begun:.0f} s, {left:.0f} left"
            print(told, file=sys.stderr)  # noqa: T201
        yield mutant, noticed


def _say_counts(found: Sequence[tuple[Mutant, Noticed | None]]) -> None:
    """How many were noticed by what, by what was weakened: not each way proves as much."""
    for kind, what in _WHAT.items():
        of_kind = [noticed for mutant, noticed in found if mutant.kind == kind]
        if not of_kind:
            continue
        survived = of_kind.count(None)
        say(f"{what}: {len(of_kind)} mutants, {survived} survived")
        ways = Counter(noticed.how for noticed in of_kind if noticed is not None)
        for how, count in ways.most_common():
            say(f"  {count:>4} noticed: {_HOW[how]}")


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
