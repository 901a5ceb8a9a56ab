"""Baselines that guess: each learns from rows of other patients and answers for the held-out ones.

None of them is a clinical model. They say what a benchmark gives to whoever looks at labels alone
(majority, frequency), and to whoever counts and averages the record (the tabular ones).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.baselines.features import Features
from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.scorers.answer_sets import normal_names, set_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

BaselineName = Literal["majority", "frequency", "logistic", "boosting"]

_LONGEST_ANSWER = 20
_MOST_FEATURES = 300
_RAREST = 0.05
_FEWEST_OF_A_KIND = 3


class Guess(NamedTuple):
    """An answer, and the chance of "yes" where the baseline tells one."""

    answer: tuple[str, ...]
    chance: float | None = None


Predictor = Callable[[Sequence[Row], Sequence[Row], Mapping[str, Features]], list[Guess] | None]
"""(rows to learn from, rows to answer, features by qid) -> a guess a row; None: not for this."""


def majority(known: Sequence[Row], asked: Sequence[Row], _: Mapping[str, Features]) -> list[Guess]:
    """The whole answer that is right most often, the first of equals in the alphabet's order.

    It tells no chance: one number for all rows of a fold ranks nothing.
    """
    answers = Counter(tuple(sorted(names_of_label(row.label))) for row in known)
    best = min(answers, key=lambda answer: (-answers[answer], answer))
    return [Guess(best)] * len(asked)


def frequency(
    known: Sequence[Row], asked: Sequence[Row], _: Mapping[str, Features]
) -> list[Guess] | None:
    """The names that stand most often in answers; how many of them, by the best F1 on known rows.

    None for questions of yes or no, where it would be the majority.
    """
    if _polar(known):
        return None
    seen = Counter(name for row in known for name in dict.fromkeys(names_of_label(row.label)))
    ranked = sorted(seen, key=lambda name: (-seen[name], name))[:_LONGEST_ANSWER]
    golds = [normal_names(names_of_label(row.label)) for row in known]

    def worth(length: int) -> float:
        chosen = normal_names(ranked[:length])
        return sum(set_scores(chosen, gold).f1 for gold in golds)

    best = max(range(1, len(ranked) + 1), key=lambda length: (worth(length), -length))
    return [Guess(tuple(ranked[:best]))] * len(asked)


def logistic(
    known: Sequence[Row], asked: Sequence[Row], features: Mapping[str, Features]
) -> list[Guess] | None:
    """Logistic regression (L2) on standardised features, medians for what is not known."""
    if not _learnable(known):
        return None
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.05, max_iter=2000),
    )
    return _fitted(model, known, asked, features)


def boosting(
    known: Sequence[Row], asked: Sequence[Row], features: Mapping[str, Features]
) -> list[Guess] | None:
    """Gradient boosted trees on the same features; what is not known is a branch of its own."""
    if not _learnable(known):
        return None
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=80, max_leaf_nodes=8, min_samples_leaf=5, learning_rate=0.06, random_state=0
    )
    return _fitted(model, known, asked, features)


PREDICTORS: Mapping[BaselineName, Predictor] = {
    "majority": majority,
    "frequency": frequency,
    "logistic": logistic,
    "boosting": boosting,
}


def check_learners() -> None:
    """SettingError where what the tabular baselines need is not installed."""
    from importlib.util import find_spec

    if find_spec("sklearn") is None:
        raise SettingError("baselines need scikit-learn; pip install 'clinseek[probe]'")


def _fitted(
    model: object,
    known: Sequence[Row],
    asked: Sequence[Row],
    features: Mapping[str, Features],
) -> list[Guess]:
    names = _chosen(known, features)
    truth = np.array([row.label == "yes" for row in known])
    model.fit(_matrix(known, features, names), truth)  # type: ignore[attr-defined]
    chances = model.predict_proba(_matrix(asked, features, names))[:, 1]  # type: ignore[attr-defined]
    return [Guess(("yes" if chance >= 0.5 else "no",), float(chance)) for chance in chances]


def _chosen(known: Sequence[Row], features: Mapping[str, Features]) -> list[str]:
    """The features that are known of enough rows, the most frequent first, always in one order."""
    held = Counter(name for row in known for name in features.get(row.qid, {}))
    often = [name for name in held if held[name] >= max(2, _RAREST * len(known))]
    return sorted(often, key=lambda name: (-held[name], name))[:_MOST_FEATURES] or ["nothing"]


def _matrix(
    rows: Sequence[Row], features: Mapping[str, Features], names: Sequence[str]
) -> NDArray[np.float64]:
    return np.array(
        [[features.get(row.qid, {}).get(name, np.nan) for name in names] for row in rows],
        dtype=float,
    ).reshape(len(rows), len(names))


def _polar(rows: Sequence[Row]) -> bool:
    return all(row.answer_form == "yes_no" for row in rows)


def _learnable(known: Sequence[Row]) -> bool:
    if not _polar(known):
        return False
    yes = sum(row.label == "yes" for row in known)
    return min(yes, len(known) - yes) >= _FEWEST_OF_A_KIND
