"""What filtering took and left, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydantic import BaseModel

from clinseek.training.filters.verdict import Dropped

EXAMPLES = 3
_BINS = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 52_000, 100_000, 200_000)


class Example(BaseModel):
    """One trace that a filter threw out, and why."""

    trace: str
    source: str
    qid: str
    epoch: int
    reason: str
    words: str


class StepReport(BaseModel):
    """One filter: how many traces came to it and how many were left, with some that were not."""

    name: str
    says: str
    before: int
    after: int
    reasons: dict[str, int]
    examples: list[Example]


class FilterReport(BaseModel):
    """The whole of it. `tokens` is a histogram: (up to, read, kept), the last one without end.

    `length` says how tokens were counted. `marked` counts kept traces that hold repaired calls
    or observations that gave way, and those that name no patient.
    """

    read: int
    kept: int
    steps: list[StepReport]
    tasks: dict[str, int]
    patients: int
    tokens: list[tuple[int | None, int, int]]
    total_tokens: int
    length: str
    marked: dict[str, int]
    remarks: list[str]


class Tally:
    """Counts what one filter drops; the first few are kept as examples."""

    def __init__(self, name: str, says: str) -> None:
        self._name, self._says = name, says
        self._before = 0
        self._reasons: Counter[str] = Counter()
        self._examples: list[Example] = []

    def passed(self, number: int = 1) -> None:
        """Traces came to this filter."""
        self._before += number

    def dropped(self, verdict: Dropped, *, trace: str, source: str, qid: str, epoch: int) -> None:
        """One of them was thrown out."""
        self._reasons[verdict.reason] += 1
        if self._reasons[verdict.reason] <= EXAMPLES:
            self._examples.append(
                Example(
                    trace=trace, source=source, qid=qid, epoch=epoch,
                    reason=verdict.reason, words=verdict.words,
                )
            )  # fmt: skip

    @property
    def gone(self) -> int:
        """How many were thrown out."""
        return self._reasons.total()

    @property
    def name(self) -> str:
        """The filter."""
        return self._name

    def report(self) -> StepReport:
        """The counts."""
        return StepReport(
            name=self._name,
            says=self._says,
            before=self._before,
            after=self._before - self.gone,
            reasons=dict(self._reasons.most_common()),
            examples=self._examples,
        )


def histogram(read: Iterable[int], kept: Iterable[int]) -> list[tuple[int | None, int, int]]:
    """How many of each length were read and kept: (up to, read, kept), the last without end.

    >>> histogram([900, 5_000, 900_000], [5_000])[-1]
    (None, 1, 0)
    """
    counts = [_binned(read), _binned(kept)]
    return [(edge, counts[0][edge], counts[1][edge]) for edge in (*_BINS, None)]


def _binned(lengths: Iterable[int]) -> Counter[int | None]:
    return Counter(next((edge for edge in _BINS if length <= edge), None) for length in lengths)
