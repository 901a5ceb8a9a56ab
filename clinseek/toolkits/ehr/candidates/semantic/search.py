"""Finding titles by meaning: the cosine of every title with a question, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from clinseek.settings import home
from clinseek.toolkits.ehr.candidates.match import Match
from clinseek.toolkits.ehr.candidates.semantic.embedder import load_embedder
from clinseek.toolkits.ehr.candidates.semantic.model_choice import embedder_folder
from clinseek.toolkits.ehr.candidates.semantic.vectors import Embeds, Progress, VectorFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clinseek.toolkits.ehr.candidates.titles import Titles

DIGITS = 3
"""Cosines are rounded before they rank: the same order on every processor."""
_STEP = 10.0**-DIGITS


class SemanticIndex(NamedTuple):
    """The vectors of one candidate table and the model that made them."""

    vectors: NDArray[np.float32]
    embedder: Embeds
    rebuilt: bool


def vector_file(titles: Titles) -> VectorFile:
    """Where the vectors of these titles by the chosen model lie, made or not.

    ModelError where the model is absent or cannot be loaded.
    """
    return VectorFile(home() / "embeddings", titles, model=load_embedder(embedder_folder()))


def load_semantic_index(titles: Titles, progress: Progress | None = None) -> SemanticIndex:
    """The index of one candidate table, made first where there is none (about 150 titles a second).

    ModelError where the model is absent or the vectors cannot be written.
    """
    file = vector_file(titles)
    vectors = file.load(progress)
    return SemanticIndex(vectors.rows, file.model, vectors.rebuilt)


def semantic_matches(
    index: SemanticIndex, queries: Sequence[str], *, limit: int = 5, threshold: float = 0.5
) -> list[list[Match]]:
    """For each query the `limit` titles nearest in meaning, cosine at least `threshold`.

    Scores are cosines rounded to three decimals; equal ones stand in the order of their titles.
    All queries are embedded in one batch and compared in one multiplication.
    """
    import numpy as np

    if not queries or limit < 1:
        return [[] for _ in queries]
    asked = index.embedder.embed([query.strip() for query in queries])
    if len(queries) == 1:
        return [_best(index.vectors @ asked[0], limit=limit, threshold=threshold)]
    scores = np.ascontiguousarray((index.vectors @ asked.T).T)
    return [_best(row, limit=limit, threshold=threshold) for row in scores]


def _best(scores: NDArray[np.float32], *, limit: int, threshold: float) -> list[Match]:
    import numpy as np

    kept = min(limit, len(scores))
    if not kept:
        return []
    least = float(np.partition(scores, len(scores) - kept)[len(scores) - kept])
    near = np.flatnonzero(scores >= max(least, threshold) - _STEP)
    rounded = np.round(scores[near].astype(np.float64), DIGITS)
    order = np.lexsort((near, -rounded))[:kept]
    return [
        Match(int(near[place]), float(rounded[place]))
        for place in order
        if rounded[place] >= threshold
    ]
