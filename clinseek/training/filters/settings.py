"""Which filters run, in which order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from clinseek.training.filters import single, together
from clinseek.training.filters.together import Balance
from clinseek.training.filters.verdict import Filter, SetFilter
from clinseek.training.splits import PatientSplit

SEES_NOTHING_AHEAD = ("available", "strict")


class FilterSettings(BaseModel):
    """What is asked of a trace. None and False: that filter is not run.

    `test_patients` refuse: nothing is kept where any trace is of a patient of the test split;
    drop: such traces go. `repaired` keep: a trace whose calls the harness mended stays, mended,
    with `repairs` saying what.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    test_patients: Literal["refuse", "drop"] = "refuse"
    unknown_patients: Literal["drop", "keep"] = "drop"
    complete: bool = True
    score: float | None = 1.0
    grounded: float | None = 1.0
    profiles: tuple[str, ...] = SEES_NOTHING_AHEAD
    repaired: Literal["drop", "keep"] = "drop"
    condensed: Literal["drop", "keep"] = "keep"
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    duplicates: bool = True
    best_of_epochs: bool = False
    balance: Balance = "none"


def filters_of(settings: FilterSettings, split: PatientSplit) -> list[Filter]:
    """The filters over single traces, in their order."""
    chosen = [single.test_patients(split, unknown=settings.unknown_patients == "keep")]
    if settings.complete:
        chosen.append(single.complete())
    chosen.append(single.readable())
    if settings.score is not None:
        chosen.append(single.correct(settings.score))
    if settings.grounded is not None:
        chosen.append(single.grounded(settings.grounded))
    chosen.append(single.no_leak(settings.profiles))
    if settings.repaired == "drop":
        chosen.append(single.unrepaired())
    if settings.condensed == "drop":
        chosen.append(single.uncondensed())
    if settings.max_tokens is not None:
        chosen.append(single.short_enough(settings.max_tokens))
    return chosen


def set_filters_of(settings: FilterSettings) -> list[SetFilter]:
    """The filters over all traces, in their order."""
    chosen = [together.duplicates()] if settings.duplicates else []
    if settings.best_of_epochs:
        chosen.append(together.best_of_epochs())
    if settings.balance != "none":
        chosen.append(together.balanced(settings.balance))
    return chosen
