"""What the structure of a case tells of an outcome, and what that is worth. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

SIGNIFICANT = 0.01
"""The corrected p value below which a signal counts."""
FEW = 50
"""Below so many patients who can change places, a test finds strong signals only."""


class Cell(NamedTuple):
    """A cell of the structure that carries a signal.

    `alike` more cells hold the same; `answer` is what it tells most of, `auroc` how well (below 0.5
    where it is smaller for that answer), and `p` is corrected for all cells and answers.
    """

    name: str
    alike: int
    answer: str
    auroc: float
    p: float


@dataclass(frozen=True)
class Structure:
    """What the structure foretells of one outcome under one profile.

    `auroc` is the model's, on patients it was not fitted on, with its 95 % interval; None where
    there was nothing to fit or to compare. `p` and `p_corrected` (over the outcomes of the profile)
    are of model and cells together. `untold` says why there are none; `cells` are those with
    corrected p below 0.05, the clearest first. Of the `patients`, `exchangeable` are those with
    whom the permutations had somebody to change places.
    """

    outcome: str
    profile: str
    asked: int
    patients: int = 0
    exchangeable: int = 0
    auroc: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_corrected: float | None = None
    cells: tuple[Cell, ...] = ()
    untold: str | None = None

    @property
    def significant(self) -> bool:
        """True when there is a signal after correction."""
        return self.p_corrected is not None and self.p_corrected < SIGNIFICANT

    @property
    def weak(self) -> bool:
        """True when the permutations had few patients to exchange."""
        return self.p is not None and self.exchangeable < FEW


def corrected(found: Sequence[Structure]) -> list[Structure]:
    """The same with each p corrected for the number of outcomes under its profile (Holm)."""
    told: dict[int, float] = {}
    for profile in dict.fromkeys(each.profile for each in found):
        places = [
            at for at, each in enumerate(found) if each.profile == profile and each.p is not None
        ]
        told.update(zip(places, holm([found[at].p or 0.0 for at in places]), strict=True))
    return [replace(each, p_corrected=told.get(at)) for at, each in enumerate(found)]


def holm(p: Sequence[float]) -> list[float]:
    """Holm's corrected p values (Scandinavian Journal of Statistics 1979, 6:65), in order.

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    corrected = [0.0] * len(p)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda each: p[each])):
        highest = max(highest, min(1.0, p[place] * (len(p) - rank)))
        corrected[place] = highest
    return corrected
