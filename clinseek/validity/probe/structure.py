"""The structure probe: do presence, NULLs, counts and gaps of a case foretell its outcomes?

In a cohort whose outcomes were drawn apart from the record nothing can, so whatever does is a leak.
Two tests an outcome: a model (gradient-boosted trees, fitted on one half of the patients and tested
on the other) for signals that many cells share, and each cell by itself on all patients, which
finds and names a single broken one. Each cell is tested twice, in all questions and in the first
one of each patient: patients are exchanged with those asked as often, and how often they are asked
(how many stays are to come) is itself something of the future that a cell may tell. One split, not
many folds: the scores of folds fitted on one another have no honest variance (Bengio and
Grandvalet, JMLR 2004, 5:1089). Both are tested by permutation, only within what the record rightly
tells (`Instance.state`). A cell's p value is twice the smaller of its two, an outcome's twice the
smaller of model and clearest cell (Bonferroni), then Holm's over the outcomes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clinseek.validity.outcomes import Answer
from clinseek.validity.probe.concordance import (
    Codes,
    Numbers,
    Truths,
    comparable,
    concordance,
    mean_of,
)
from clinseek.validity.probe.permutation import (
    FEWEST_TIMES,
    Tested,
    exchangeable,
    foretells,
    tell_apart,
)
from clinseek.validity.probe.signals import Cell, Structure

FEWEST = 10
"""Patients who must hold an answer, and patients who must not, for it to be looked at."""
DIFFERING = 10
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


class _Known(NamedTuple):
    """The cells that differ, and by question its truths (one array an answer), state, patient."""

    numbers: Numbers
    truths: list[Truths]
    states: Codes
    patients: Codes


class _Model(NamedTuple):
    """The AUROC of the model, its standard error and its p value."""

    auroc: float
    error: float
    p: float


def probe_structure(
    outcome: str, profile: str, questions: Questions, *, seed: int, times: int = FEWEST_TIMES
) -> Structure:
    """Fit and test one outcome under one profile; `p_corrected` is still to come (`corrected`).

    `times` is the number of permutations (see `permutation.times_for`).
    """
    _, patients = np.unique(np.asarray(questions.patients), return_inverse=True)
    _, states = np.unique(np.asarray(questions.states), return_inverse=True)
    asked = Structure(
        outcome,
        profile,
        len(questions.truths),
        patients=len(np.unique(patients)),
        exchangeable=exchangeable(states, patients),
    )
    held = _answers(questions.truths, patients)
    if not held:
        return replace(asked, untold=f"fewer than {FEWEST} patients for one of two answers")
    answers = {name: truth for name, truth in held.items() if comparable(truth, states)}
    if not answers or not asked.exchangeable:
        return replace(asked, untold="no two patients in the same state to compare")
    numbers, names = _varying(questions, patients)
    if not names:
        return replace(asked, untold="no cell differs between patients")
    known = _Known(numbers, list(answers.values()), states, patients)
    single = _by_cell(known, seed=seed, times=times)
    alone = float(single.p.min())
    cells = tuple(_named(known, names, list(answers), single))
    model = _by_model(known, seed=seed, times=times)
    if model is None:
        return replace(asked, p=alone, cells=cells)
    return replace(
        asked,
        auroc=model.auroc,
        low=max(0.0, model.auroc - 1.96 * model.error),
        high=min(1.0, model.auroc + 1.96 * model.error),
        p=min(1.0, 2 * min(model.p, alone)),
        cells=cells,
    )


def _answers(truths: Sequence[Answer], patients: Codes) -> dict[str, Truths]:
    """By answer (category, member of a set), who holds it; for yes/no only `yes`."""
    held = Counter(
        member
        for truth in truths
        for member in (truth if isinstance(truth, frozenset) else (truth,))
    )
    names = ["yes"] if set(held) <= {"yes", "no"} else [name for name, _ in held.most_common()]
    found: dict[str, Truths] = {}
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


def _by_cell(known: _Known, *, seed: int, times: int) -> Tested:
    """Each cell in all questions and in the first of each patient: p of both, and the answer."""
    every = tell_apart(
        known.numbers, known.truths, known.states, known.patients, seed=seed, times=times
    )
    _, first = np.unique(known.patients, return_index=True)
    if len(first) == len(known.patients):
        return every
    early = tell_apart(
        known.numbers[first],
        [truth[first] for truth in known.truths],
        known.states[first],
        known.patients[first],
        seed=seed,
        times=times,
    )
    return Tested(
        np.where(early.p < every.p, early.answer, every.answer),
        np.minimum(1.0, 2 * np.minimum(early.p, every.p)),
    )


def _by_model(known: _Known, *, seed: int, times: int) -> _Model | None:
    """Trees fitted on one half of the patients, on the other half; the mean over the answers.

    None where no answer can be fitted on the one half and compared on the other.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    half = np.random.default_rng(seed).permutation(int(known.patients.max()) + 1)[known.patients]
    fitted = half < np.median(np.unique(half))
    _, patients = np.unique(known.patients[~fitted], return_inverse=True)
    states = known.states[~fitted]
    scores: list[Numbers] = []
    truths: list[Truths] = []
    for truth in known.truths:
        if truth[fitted].all() or not truth[fitted].any() or not comparable(truth[~fitted], states):
            continue
        trees = HistGradientBoostingClassifier(
            max_iter=50,
            max_leaf_nodes=8,
            min_samples_leaf=FEWEST // 2,  # so that a rare answer can fill a leaf of its own
            early_stopping=False,
            random_state=seed,
        )
        trees.fit(known.numbers[fitted], truth[fitted])
        scores.append(trees.decision_function(known.numbers[~fitted]))
        truths.append(truth[~fitted])
    if not scores:
        return None
    found = mean_of(
        [
            concordance(score, truth, states, patients)
            for score, truth in zip(scores, truths, strict=True)
        ]
    )
    p = foretells(scores, truths, states, patients, seed=seed, times=times)
    return _Model(found.auroc, found.error, p)


def _named(
    known: _Known, names: list[tuple[str, int]], answers: list[str], single: Tested
) -> Iterator[Cell]:
    """The cells with the clearest signal, with the answer each tells most of."""
    for at in np.argsort(single.p, kind="stable")[:NAMED].tolist():
        if single.p[at] >= 0.05:
            return
        name, alike = names[at]
        place = int(single.answer[at])
        alone = concordance(known.numbers[:, at], known.truths[place], known.states, known.patients)
        yield Cell(name, alike - 1, answers[place], alone.auroc, float(single.p[at]))
