"""The structure probe: do presence, NULLs, counts and gaps of a case foretell its outcomes?

In a cohort whose outcomes were drawn apart from the record nothing can, so whatever does is a leak.
Two tests a question: a model (gradient-boosted trees, five folds that never part a patient) for
signals that many cells share, and each cell by itself, which finds and names a single broken one.
Pairs are compared only within a fold and within what the record rightly tells (`Instance.state`).
An outcome's p value is twice the smaller of the two (Bonferroni), then Holm's over the outcomes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clinseek.validity.outcomes import Answer
from clinseek.validity.probe.concordance import (
    Codes,
    Concordance,
    Numbers,
    concordance,
    mean_of,
    p_values,
)
from clinseek.validity.probe.signals import Cell, Structure, holm

FOLDS = 5
FEWEST = 10
"""Patients who must hold an answer, and patients who must not, for it to be looked at."""
DIFFERING = 5
"""Patients whose cell must be another than most, for it to be looked at."""
MOST_ANSWERS = 6
"""Categories or codes that are looked at, the most frequent ones."""
NAMED = 5
"""Cells that are named for an outcome."""


class Questions(NamedTuple):
    """All questions of one outcome under one profile, one row of `numbers` each."""

    names: tuple[str, ...]
    numbers: NDArray[np.float32]
    truths: Sequence[Answer]
    patients: Sequence[int]
    states: Sequence[str]


def probe_structure(outcome: str, profile: str, questions: Questions, *, seed: int) -> Structure:
    """Fit and test one outcome under one profile; `p_corrected` is still to come (`corrected`)."""
    asked = len(questions.truths)
    _, patients = np.unique(np.asarray(questions.patients), return_inverse=True)
    answers = _answers(questions.truths, patients)
    if not answers:
        return Structure(
            outcome, profile, asked, untold=f"fewer than {FEWEST} patients for one of two answers"
        )
    numbers, names = _varying(questions, patients)
    if not names:
        return Structure(outcome, profile, asked, untold="no cell differs between patients")
    _, states = np.unique(np.asarray(questions.states), return_inverse=True)
    truths = list(answers.values())
    model = _by_model(numbers, truths, states, patients, seed=seed)
    single = mean_of([concordance(numbers, truth, states, patients) for truth in truths])
    of_cells = holm(p_values(single, two_sided=True).tolist())
    of_model = float(p_values(model, two_sided=False)[0])
    auroc, spread = float(model.auroc[0]), 1.96 * float(model.error[0])
    return Structure(
        outcome,
        profile,
        asked,
        auroc=auroc,
        low=max(0.0, auroc - spread),
        high=min(1.0, auroc + spread),
        p=min(1.0, 2 * min(of_model, *of_cells)),
        cells=_named(names, single.auroc, of_cells),
    )


def _answers(truths: Sequence[Answer], patients: Codes) -> dict[str, NDArray[np.bool_]]:
    """By answer (category, member of a set), who holds it; for yes/no only `yes`."""
    held = Counter(
        member
        for truth in truths
        for member in (truth if isinstance(truth, frozenset) else (truth,))
    )
    names = ["yes"] if set(held) <= {"yes", "no"} else [name for name, _ in held.most_common()]
    found: dict[str, NDArray[np.bool_]] = {}
    for name in names:
        holds = np.array([name in t if isinstance(t, frozenset) else name == t for t in truths])
        with_it, without = (len(np.unique(patients[each])) for each in (holds, ~holds))
        if min(with_it, without) >= FEWEST and len(found) < MOST_ANSWERS:
            found[name] = holds
    return found


def _varying(questions: Questions, patients: Codes) -> tuple[Numbers, list[tuple[str, int]]]:
    """The cells that differ in enough patients, alike ones once: (name, how many are alike)."""
    numbers = questions.numbers.astype(np.float64)
    kept: dict[bytes, int] = {}
    alike: Counter[bytes] = Counter()
    for column in range(numbers.shape[1]):
        values, places = np.unique(numbers[:, column], return_inverse=True)
        if len(values) == 1:
            continue
        most = np.argmax(np.bincount(places))
        if len(np.unique(patients[places != most])) < DIFFERING:
            continue
        order = places.astype(np.int32).tobytes()
        kept.setdefault(order, column)
        alike[order] += 1
    names = [(questions.names[column], alike[order]) for order, column in kept.items()]
    return numbers[:, list(kept.values())], names


def _by_model(
    numbers: Numbers,
    truths: Sequence[NDArray[np.bool_]],
    states: Codes,
    patients: Codes,
    *,
    seed: int,
) -> Concordance:
    """The AUROC of trees over patients they were not fitted on, the mean over the answers."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import GroupKFold

    folds = np.zeros(len(patients), dtype=np.int64)
    scores = np.zeros((len(truths), len(patients)))
    splits = GroupKFold(FOLDS).split(numbers, groups=_shuffled(patients, seed))
    for fold, (fitted, tested) in enumerate(splits):
        folds[tested] = fold
        for place, truth in enumerate(truths):
            if truth[fitted].all() or not truth[fitted].any():
                continue
            trees = HistGradientBoostingClassifier(
                max_iter=50, max_leaf_nodes=8, early_stopping=False, random_state=seed
            )
            trees.fit(numbers[fitted], truth[fitted])
            scores[place, tested] = trees.decision_function(numbers[tested])
    strata = folds * (int(states.max()) + 1) + states
    return mean_of(
        [
            concordance(scores[place][:, None], truth, strata, patients)
            for place, truth in enumerate(truths)
        ]
    )


def _shuffled(patients: Codes, seed: int) -> Codes:
    """The patients under other numbers, so that folds do not follow the order of subject_id."""
    numbers = np.random.default_rng(seed).permutation(int(patients.max()) + 1)
    shuffled: Codes = numbers[patients]
    return shuffled


def _named(names: list[tuple[str, int]], auroc: Numbers, p: list[float]) -> tuple[Cell, ...]:
    clearest = sorted(range(len(names)), key=lambda at: (p[at], -abs(auroc[at] - 0.5)))
    return tuple(
        Cell(
            names[at][0] + (f" (and {names[at][1] - 1} alike)" if names[at][1] > 1 else ""),
            float(auroc[at]),
            p[at],
        )
        for at in clearest[:NAMED]
        if p[at] < 0.05
    )
