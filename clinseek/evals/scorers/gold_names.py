"""The published way to read multimodal answers: as the gold name of their task that is nearest.

It draws wrong answers towards right ones, so it is asked for by name and told with the scores: for
comparing with published figures, which were made so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Embed = Callable[[Sequence[str]], NDArray[np.float32]]
    """Texts in, one unit vector a text out."""

LEAST_COSINE = 0.55


class GoldNames:
    """The gold names of each task of `rows`, and which of them a text means.

    `model` names what compares. Each text is compared once.
    """

    def __init__(self, rows: Iterable[Row], embed: Embed, *, model: str) -> None:
        self.model = model
        self._embed = embed
        self._names: dict[str, list[str]] = {}
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._meant: dict[tuple[str, str], str | None] = {}
        for row in rows:
            self._names.setdefault(row.task, []).extend(names_of_label(row.label))

    def meant(self, task: str, texts: Iterable[str]) -> dict[str, str]:
        """The nearest gold name of each text, where its cosine is 0.55 or more."""
        wanted = list(dict.fromkeys(texts))
        new = [text for text in wanted if (task, text) not in self._meant]
        if new and self._names.get(task):
            self._compare(task, new)
        return {text: name for text in wanted if (name := self._meant.get((task, text)))}

    def _compare(self, task: str, texts: Sequence[str]) -> None:
        names = self._names[task] = sorted(set(self._names[task]))
        if task not in self._vectors:
            self._vectors[task] = self._embed(names)
        cosines = self._embed(texts) @ self._vectors[task].T
        for text, row in zip(texts, cosines, strict=True):
            at = int(row.argmax())
            self._meant[task, text] = names[at] if row[at] >= LEAST_COSINE else None


def gold_names(rows: Iterable[Row]) -> GoldNames:
    """Gold names compared by the embedding model that is installed or named.

    ModelError, with what to install, where there is none.
    """
    from clinseek.toolkits.ehr.candidates.semantic.embedder import load_embedder
    from clinseek.toolkits.ehr.candidates.semantic.model_choice import embedder_folder

    embedder = load_embedder(embedder_folder())
    return GoldNames(rows, embedder.embed, model=f"{embedder.folder} ({embedder.digest[:12]})")
