"""Whether scores tell of answers, by permuting the answers between patients.

A patient's answers stay together and in order: they are exchanged as a whole with those of patients
who were asked as often and in the same states. So answers of one patient may depend on each other
in any way, and nothing is approximated where an answer or a score is rare. The statistic is the
rank sum behind the AUROC, within states, standardised by its own permutations; over many scores and
answers the largest counts (maxT: Westfall and Young, Resampling-Based Multiple Testing, 1993).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from clinseek.validity.probe.concordance import Codes, Numbers, Truths

FEWEST_TIMES = 9_999
"""Permutations at least, so that the smallest p value is 0.0001 or less."""
_TIMES_A_TEST = 800
_AT_ONCE = 909

Singles = NDArray[np.float32]


class Tested(NamedTuple):
    """By score: the number of the answer it tells most of, and p corrected for all of both."""

    answer: NDArray[np.int64]
    p: Numbers


def times_for(tests: int) -> int:
    """How often to permute, so that the clearest signal stays clear after correction.

    The smallest p value of `tests` outcomes, corrected (twice two tests each by Bonferroni, then
    Holm's over the outcomes), is 4 * tests / (times + 1): never more than 0.005.

    >>> times_for(1), times_for(15), times_for(50)
    (9999, 11999, 39999)
    """
    return max(FEWEST_TIMES, _TIMES_A_TEST * tests - 1)


def tell_apart(
    scores: Numbers,
    truths: Sequence[Truths],
    states: Codes,
    patients: Codes,
    *,
    seed: int,
    times: int = FEWEST_TIMES,
) -> Tested:
    """Test each column of `scores` (questions, scores) for each of `truths`, on both sides."""
    ranks = _centred_ranks(scores, states)
    held = [truth.astype(np.float32) for truth in truths]
    sums = _permuted_sums(
        [(each, ranks) for each in held], states, patients, seed=seed, times=times
    )
    spread = sums.std(axis=0)
    found = np.stack([each @ ranks for each in held])
    scale = np.where(spread > 0, spread, np.inf)
    middle = sums.mean(axis=0)
    strength = np.abs(found - middle) / scale
    largest = (np.abs(sums - middle) / scale).max(axis=(1, 2))
    best = strength.max(axis=0)
    beyond = (largest[:, None] >= best[None, :] * (1 - 1e-6)).sum(axis=0)
    return Tested(strength.argmax(axis=0), (1 + beyond) / (1 + times))


def foretells(
    scores: Sequence[Numbers],
    truths: Sequence[Truths],
    states: Codes,
    patients: Codes,
    *,
    seed: int,
    times: int = FEWEST_TIMES,
) -> float:
    """The p value of one score an answer: that they rise with their answers, taken together."""
    pairs = [
        (truth.astype(np.float32), _centred_ranks(score[:, None], states))
        for score, truth in zip(scores, truths, strict=True)
    ]
    sums = _permuted_sums(pairs, states, patients, seed=seed, times=times)[:, :, 0]
    found = np.array([(truth @ ranks)[0] for truth, ranks in pairs])
    spread = sums.std(axis=0)
    scale = np.where(spread > 0, spread, np.inf)
    middle = sums.mean(axis=0)
    together = ((found - middle) / scale).sum()
    permuted = ((sums - middle) / scale).sum(axis=1)
    return float((1 + (permuted >= together - 1e-6 * abs(together)).sum()) / (1 + times))


def _permuted_sums(
    pairs: Sequence[tuple[Singles, Singles]],
    states: Codes,
    patients: Codes,
    *,
    seed: int,
    times: int,
) -> Singles:
    """The rank sums of each (answers, ranks) under each permutation: (times, answers, scores)."""
    return np.concatenate(
        [
            np.stack([held[order] @ ranks for held, ranks in pairs], axis=1)
            for order in orders(states, patients, seed=seed, times=times)
        ]
    )


def exchangeable(states: Codes, patients: Codes) -> int:
    """How many patients can change places with another: those asked as often, in the same states.

    >>> exchangeable(np.array([0, 0, 1, 0]), np.array([0, 1, 2, 3]))
    3
    """
    return sum(len(group) for group in _alike(states, patients))


def orders(
    states: Codes, patients: Codes, *, seed: int, times: int = FEWEST_TIMES
) -> Iterator[NDArray[np.int64]]:
    """Orders of the questions (a batch of permutations, questions) that keep patients whole."""
    alike = _alike(states, patients)
    random = np.random.default_rng(seed)
    for start in range(0, times, _AT_ONCE):
        at_once = min(_AT_ONCE, times - start)
        drawn = np.tile(np.arange(len(patients)), (at_once, 1))
        for group in alike:
            order = random.permuted(np.tile(np.arange(len(group)), (at_once, 1)), axis=1)
            drawn[:, group.reshape(-1)] = group[order].reshape(at_once, -1)
        yield drawn


def _alike(states: Codes, patients: Codes) -> list[NDArray[np.int64]]:
    """Groups of patients asked alike: the places of their questions (patients, questions)."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, patient in enumerate(patients.tolist()):
        places[patient].append(place)
    groups: dict[tuple[int, ...], list[list[int]]] = defaultdict(list)
    for own in places.values():
        groups[tuple(states[own].tolist())].append(own)
    return [np.array(group) for group in groups.values() if len(group) > 1]


def _centred_ranks(scores: Numbers, states: Codes) -> Singles:
    """The ranks of each column within each state, between -0.5 and 0.5."""
    ranks = np.zeros(scores.shape, dtype=np.float32)
    for state in np.unique(states):
        inside = states == state
        within = rankdata(scores[inside], axis=0)
        ranks[inside] = (within - within.mean(axis=0)) / len(within)
    return ranks
