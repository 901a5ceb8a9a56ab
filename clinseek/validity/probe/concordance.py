"""AUROC where a patient has several questions, with its standard error.

The AUROC is the share of (yes, no) pairs in which the yes has the higher score, ties by half. Only
pairs within one stratum are compared. Its variance follows DeLong (Biometrics 1988, 44:837) with
patients as clusters (Obuchowski, Biometrics 1997, 53:567): each question's placement among those of
the other answer is summed by patient, so that questions of one patient may hang together in any
way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]
Codes = NDArray[np.int64]


class Concordance(NamedTuple):
    """An AUROC and each patient's influence on it."""

    auroc: float
    influence: Numbers

    @property
    def error(self) -> float:
        """The standard error."""
        patients = len(self.influence)
        return float(np.sqrt(patients / max(patients - 1, 1) * np.sum(self.influence**2)))


def concordance(scores: Numbers, truth: Truths, strata: Codes, patients: Codes) -> Concordance:
    """The AUROC of one score a question for its truth.

    `strata` and `patients` number the stratum and the patient of each question, patients from 0.
    Strata with one answer only are left out; with none left the AUROC is 0.5.
    """
    placed = []
    for stratum in np.unique(strata):
        inside = np.flatnonzero(strata == stratum)
        yes, no = inside[truth[inside]], inside[~truth[inside]]
        if len(yes) and len(no):
            placed.append((yes, no, *_placements(scores, yes, no)))
    pairs = sum(len(yes) * len(no) for yes, no, _, _ in placed)
    auroc = 0.0 if placed else 0.5
    influence = np.zeros(int(patients.max()) + 1)
    for yes, no, above, below in placed:
        share, within = len(yes) * len(no) / pairs, above.mean()
        auroc += share * float(within)
        np.add.at(influence, patients[yes], share * (above - within) / len(yes))
        np.add.at(influence, patients[no], share * (below - within) / len(no))
    return Concordance(auroc, influence)


def comparable(truth: Truths, strata: Codes) -> bool:
    """Whether some stratum holds both answers, so that there is a pair to compare."""
    return any(
        truth[inside].any() and not truth[inside].all()
        for inside in (strata == stratum for stratum in np.unique(strata))
    )


def _placements(
    scores: Numbers, yes: NDArray[np.int64], no: NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    """Of each yes, the share of nos below it; of each no, the share of yeses above it."""
    together = rankdata(np.concatenate((scores[yes], scores[no])))
    above = (together[: len(yes)] - rankdata(scores[yes])) / len(no)
    below = 1.0 - (together[len(yes) :] - rankdata(scores[no])) / len(yes)
    return above, below


def mean_of(each: Sequence[Concordance]) -> Concordance:
    """The mean AUROC over several answers, whose errors hang together through the patients."""
    return Concordance(
        float(np.mean([one.auroc for one in each])),
        np.mean([one.influence for one in each], axis=0),
    )
