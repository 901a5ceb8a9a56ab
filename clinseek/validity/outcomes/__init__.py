"""The headline outcomes, declared once: who is asked about, when, and what the answer is."""

from clinseek.validity.outcomes.declared import OUTCOMES, outcome_named
from clinseek.validity.outcomes.model import (
    Anchor,
    Answer,
    Asked,
    Instance,
    Kind,
    Outcome,
    RawRow,
    RawRows,
    instances,
)

__all__ = [
    "OUTCOMES",
    "Anchor",
    "Answer",
    "Asked",
    "Instance",
    "Kind",
    "Outcome",
    "RawRow",
    "RawRows",
    "instances",
    "outcome_named",
]
