"""How often the intervals hold the truth, and how often compare finds what is not there.

    python benchmarks/interval_coverage.py [--repeats 4000] [--seed 1]

Made-up scores of patients with one to six rows each (2.5 on average), alike within a patient.
`binary`: each row is right with the patient's own chance, which is Beta distributed. `f1`: the
same, but a right row scores Beta(3, 1.5), so that scores are graded and many are 0. The true mean
is known exactly. Two more designs are unequal: `large` (29 patients of 4 rows and one of 120) and
`huge` (99 of one row and one of 100). `coverage` is the share of 95 % intervals that hold it,
`bootstrap` that of the percentile intervals, `paper` that of the published pooled t, which takes
rows for patients. For the comparison two systems have the same true mean, chances that are alike in
a patient, and rows of their own; `false` is the share of comparisons with p of at most 0.05, and
`outside` that of difference intervals without 0.

The claims: coverage at least 0.90 everywhere and 0.94 to 0.96 with 1,000 patients; false at most
0.06.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from clinseek.evals.statistics import Estimate, mean_estimate, paired_test

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["binary", "f1"]
Design = Literal["usual", "large", "huge"]

PATIENTS = (30, 100, 1000)
SETTINGS: tuple[tuple[Kind, float], ...] = (
    ("binary", 0.5),
    ("binary", 0.8),
    ("binary", 0.9),
    ("f1", 0.45),
    ("f1", 0.2),
)
UNEQUAL: dict[Design, tuple[int, ...]] = {
    "large": (120, *[4] * 29),
    "huge": (100, *[1] * 99),
}
"""Rows of each patient."""
LIKENESS = 0.3
"""How alike the rows of a patient are: the correlation of right and wrong."""
GRADE = (3.0, 1.5)


@dataclass(frozen=True)
class Simulated:
    """What was found in `repeats` made-up evaluations: shares in [0, 1]."""

    kind: Kind
    mean: float
    patients: int
    design: Design
    repeats: int
    coverage: float
    bootstrap: float
    paper: float
    false: float
    outside: float


def simulate(
    kind: Kind,
    mean: float,
    patients: int,
    *,
    repeats: int,
    seed: int,
    draws: int = 399,
    design: Design = "usual",
) -> Simulated:
    """Repeat an evaluation and a comparison under no difference."""
    rng = np.random.default_rng([seed, patients, round(1000 * mean), kind == "f1"])
    held = np.zeros(5)
    for _ in range(repeats):
        sizes = UNEQUAL.get(design) or np.minimum(1 + rng.poisson(1.5, patients), 6)
        clusters = np.repeat(np.arange(patients), sizes)
        a, b = _two_systems(kind, mean, clusters, rng)
        compared = paired_test(a, b, clusters, draws=draws, seed=int(rng.integers(2**32)))
        held += (
            _holds(mean_estimate(a, clusters), mean),
            _holds(
                mean_estimate(a, clusters, method="bootstrap", draws=draws, seed=_seed(rng)), mean
            ),
            _holds(mean_estimate(a, clusters, method="paper"), mean),
            compared.p <= 0.05,
            not (compared.low or 0.0) <= 0 <= (compared.high or 0.0),
        )
    shares = held / repeats
    return Simulated(kind, mean, patients, design, repeats, *(float(share) for share in shares))


def _two_systems(
    kind: Kind, mean: float, clusters: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    graded = GRADE[0] / sum(GRADE) if kind == "f1" else 1.0
    chance = mean / graded
    strength = 1 / LIKENESS - 1
    patients = clusters[-1] + 1
    own = rng.beta(chance * strength, (1 - chance) * strength, patients)[clusters]
    systems = []
    for _ in range(2):
        right = (rng.random(clusters.size) < own).astype(np.float64)
        systems.append(right * rng.beta(*GRADE, clusters.size) if kind == "f1" else right)
    return systems[0], systems[1]


def _holds(estimate: Estimate, mean: float) -> bool:
    return (
        estimate.low is not None
        and estimate.high is not None
        and (estimate.low <= mean <= estimate.high)
    )


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))


def kept(found: Simulated) -> bool:
    """Whether the claims hold."""
    if found.false > 0.06 or found.coverage < 0.90:
        return False
    return found.patients < 1000 or 0.94 <= found.coverage <= 0.96


def main() -> None:
    """Print a line for each setting; end with 1 where a claim does not hold."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--repeats", type=int, default=4000)
    reading.add_argument("--seed", type=int, default=1)
    asked = reading.parse_args()
    print("scores        design  patients  coverage  bootstrap  paper   false  outside")
    missed = 0
    designs: list[tuple[Design, int]] = [("usual", patients) for patients in PATIENTS]
    designs += [(design, len(sizes)) for design, sizes in UNEQUAL.items()]
    for kind, mean in SETTINGS:
        for design, patients in designs:
            found = simulate(
                kind, mean, patients, repeats=asked.repeats, seed=asked.seed, design=design
            )
            missed += not kept(found)
            print(
                f"{kind:<7}{mean:>5.2f}  {design:<6}  {patients:>8,}  {found.coverage:>8.3f}  "
                f"{found.bootstrap:>9.3f}  {found.paper:>5.3f}  {found.false:>6.3f}  "
                f"{found.outside:>7.3f}" + ("" if kept(found) else "   MISSED"),
                flush=True,
            )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
