"""AUROC over patients with several questions each, with its standard error and p value.

The AUROC is the share of (yes, no) pairs in which the yes has the higher score, ties by half. Only
pairs within one stratum are compared. Its variance follows DeLong (Biometrics 1988, 44:837) with
patients as clusters (Obuchowski, Biometrics 1997, 53:567): each question's placement among those of
the other answer is summed by patient, so that questions of one patient may hang together in any
way. Everything runs over the columns of a matrix of scores at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, t

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]
Codes = NDArray[np.int64]


class Concordance(NamedTuple):
    """By score: `auroc`, its standard error, and the patients' influence on it (patients, scores).

    `patients` is the smaller number of patients who hold either answer.
    """

    auroc: Numbers
    influence: Numbers
    patients: int

    @property
    def error(self) -> Numbers:
        """The standard error by score."""
        clusters = len(self.influence)
        squares = np.sum(self.influence**2, axis=0)
        error: Numbers = np.sqrt(clusters / max(clusters - 1, 1) * squares)
        return error


def concordance(scores: Numbers, truth: Truths, strata: Codes, patients: Codes) -> Concordance:
    """The AUROC of each column of `scores` (questions, scores) for `truth` (questions).

    `strata` and `patients` number the stratum and the patient of each question, patients from 0.
    Strata with one answer only are left out; with none left the AUROC is 0.5.
    """
    width = scores.shape[1]
    placed: list[tuple[float, NDArray[np.int64], Numbers, Numbers]] = []
    for stratum in np.unique(strata):
        inside = np.flatnonzero(strata == stratum)
        yes, no = inside[truth[inside]], inside[~truth[inside]]
        if len(yes) and len(no):
            placed.append((float(len(yes) * len(no)), inside, *_placements(scores, yes, no)))
    influence = np.zeros((int(patients.max()) + 1, width))
    auroc = np.full(width, 0.5)
    pairs = sum(weight for weight, *_ in placed)
    if placed:
        auroc = sum(weight / pairs * above.mean(axis=0) for weight, _, above, _ in placed)
    for weight, inside, above, below in placed:
        yes, no = inside[truth[inside]], inside[~truth[inside]]
        share = weight / pairs
        within = above.mean(axis=0)
        np.add.at(influence, patients[yes], share * (above - within) / len(yes))
        np.add.at(influence, patients[no], share * (below - within) / len(no))
    held = [len(np.unique(patients[truth])), len(np.unique(patients[~truth]))]
    return Concordance(auroc, influence, min(held))


def _placements(
    scores: Numbers, yes: NDArray[np.int64], no: NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    """Of each yes, the share of nos below it; of each no, the share of yeses above it."""
    together = rankdata(np.vstack((scores[yes], scores[no])), axis=0)
    above = (together[: len(yes)] - rankdata(scores[yes], axis=0)) / len(no)
    below = 1.0 - (together[len(yes) :] - rankdata(scores[no], axis=0)) / len(yes)
    return above, below


def mean_of(each: Sequence[Concordance]) -> Concordance:
    """The mean AUROC over several answers, whose errors hang together through the patients."""
    return Concordance(
        np.mean([one.auroc for one in each], axis=0),
        np.mean([one.influence for one in each], axis=0),
        min(one.patients for one in each),
    )


def p_values(found: Concordance, *, two_sided: bool) -> Numbers:
    """The p value of each AUROC against 0.5; one-sided for above it.

    By Student's t with one degree of freedom less than the patients of the rarer answer.
    """
    error = found.error
    distance = found.auroc - 0.5
    score = np.divide(distance, error, out=np.zeros_like(error), where=error > 1e-12)
    freedom = max(found.patients - 1, 1)
    if two_sided:
        both: Numbers = np.minimum(1.0, 2 * t.sf(np.abs(score), freedom))
        return both
    above: Numbers = t.sf(score, freedom)
    return above
