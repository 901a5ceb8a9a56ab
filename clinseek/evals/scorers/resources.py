"""What a scorer may use beside the row and the record: vocabularies, a judge, a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from clinseek.evals.scorers.vocabulary import Vocabulary, shipped_vocabulary
from clinseek.records import Record

if TYPE_CHECKING:
    from clinseek.evals.rows import Row
    from clinseek.evals.scorers.gold_names import GoldNames
    from clinseek.evals.scorers.judging import Judge
    from clinseek.toolkits.ehr.case import Case


def _no_vocabulary(_: str) -> Vocabulary | None:
    return None


@dataclass(frozen=True)
class Resources:
    """Nothing is at hand by default, and scorers that need something say so.

    `vocabulary` gives a shipped vocabulary by name. `judge` decides where rules cannot. With a
    `store` cases are opened again where rows must be read (slow: some 100 ms a run). With
    `gold_names` multimodal answers are read as published.
    """

    vocabulary: Callable[[str], Vocabulary | None] = _no_vocabulary
    judge: Judge | None = None
    store: Path | None = None
    gold_names: GoldNames | None = None

    @contextmanager
    def case_of(self, row: Row, record: Record) -> Iterator[Case | None]:
        """The case of a run, opened again; None without a store, and of a row without a patient."""
        if self.store is None or row.subject_id is None:
            yield None
            return
        from clinseek.toolkits.ehr.case import open_case

        profile = record.versions["profile"] or "available"
        subject_id, cutoff = row.bound
        case = open_case(self.store, subject_id, cutoff=cutoff, profile=profile)
        try:
            yield case
        finally:
            case.close()


NOTHING = Resources()


def of_store(store: Path, *, judge: Judge | None = None, cases: bool = False) -> Resources:
    """The vocabularies of a store; with `cases` the patients' records too."""
    file = store / "vocabulary.sqlite"

    @lru_cache(maxsize=16)
    def vocabulary(name: str) -> Vocabulary | None:
        return shipped_vocabulary(file, name)

    return Resources(vocabulary=vocabulary, judge=judge, store=store if cases else None)
