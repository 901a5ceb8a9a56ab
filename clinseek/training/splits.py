"""Which patients are for training, for validation and for testing: by patient, and for good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from clinseek.evals.benchmarks.splits import Split, split_of, uniform

Part = Split
VALIDATION_SHARE = 0.02
"""Of the patients that are not for testing; the published system held back 2 %."""
_SALT = "clinseek training"


class PatientSplit(Protocol):
    """Says to which part a patient belongs; `named` tells by what, for cards and reports."""

    @property
    def named(self) -> str:
        """The rule."""
        ...

    def part_of(self, subject_id: int) -> Part:
        """The patient's part."""
        ...


@dataclass(frozen=True)
class BenchmarkSplit:
    """The split of the benchmarks that are made here; `held_out` are further test patients.

    >>> BenchmarkSplit(held_out={7}).part_of(7)
    'test'
    """

    held_out: Collection[int] = field(default=frozenset(), repr=False)

    @property
    def named(self) -> str:
        """The rule."""
        return f"by patient, as the benchmarks made here{_and_others(self.held_out)}"

    def part_of(self, subject_id: int) -> Part:
        """The patient's part."""
        return "test" if subject_id in self.held_out else split_of(subject_id)


@dataclass(frozen=True)
class HeldOutSplit:
    """For testing are the patients of named benchmarks alone; of the others a share by hash is
    for validation.

    >>> HeldOutSplit({7}, validation=0.0).part_of(8)
    'train'
    """

    held_out: Collection[int] = field(repr=False)
    validation: float = VALIDATION_SHARE

    @property
    def named(self) -> str:
        """The rule."""
        share = f"{self.validation:.0%} of the patients for validation, by hash"
        return f"{share}{_and_others(self.held_out)}"

    def part_of(self, subject_id: int) -> Part:
        """The patient's part."""
        if subject_id in self.held_out:
            return "test"
        drawn = uniform(_SALT, str(subject_id))
        return "validation" if drawn < self.validation else "train"


def _and_others(held_out: Collection[int]) -> str:
    return f"; {len(held_out):,} test patients by name" if held_out else ""
