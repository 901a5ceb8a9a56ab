"""How small a difference a benchmark can show, from who its rows are of alone.

Two systems on the same rows, paired. What decides is how far their scores lie apart from row to row
(`SPREAD`, a standard deviation) and how alike the rows of one patient are in that (`ALIKE`, an
intraclass correlation); runs tell both afterwards (`clinseek compare`, *detectable*).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import numpy as np

from clinseek.evals.statistics.clusters import effective_clusters, freedom_of
from clinseek.evals.statistics.means import t_quantile
from clinseek.evals.statistics.paired import POWER

SPREAD, ALIKE = 0.5, 0.1
LEVEL = 0.95


def smallest_difference(
    patients: Iterable[int], *, spread: float = SPREAD, alike: float = ALIKE
) -> float | None:
    """The smallest true difference found four times in five at 5 %; `patients` has one a row.

    None for fewer than two patients. In the unit of the scores, 1 at most.

    >>> round(smallest_difference(range(40)), 2), round(smallest_difference([1, 2] * 20), 2)
    (0.23, 1.0)
    """
    of_patient = np.array(list(Counter(patients).values()), dtype=np.float64)
    if of_patient.size < 2:
        return None
    rows = float(of_patient.sum())
    inflated = 1 + alike * (float(np.square(of_patient).sum()) / rows - 1)
    error = spread * math.sqrt(inflated / rows)
    freedom = freedom_of(effective_clusters(of_patient))
    quantiles = t_quantile(LEVEL, freedom) + t_quantile(2 * POWER - 1, freedom)
    return min(1.0, quantiles * error)
