"""Which patients are for training, for validation and for testing: by patient, and for good.

A patient's part is decided by a hash of its subject_id and a salt, so it depends on nothing else:
not on the other patients, the order of the rows, or the day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, Protocol

Part = Literal["train", "validation", "test"]
SALT = "clinseek-patients-1"
TEST_SHARE = 0.2
VALIDATION_SHARE = 0.02
"""Of the patients that are not for testing; the published system held back 2 %."""
_RESOLUTION = 2**64


class PatientSplit(Protocol):
    """Says to which part a patient belongs; `named` tells by what, for cards and reports."""

    @property
    def named(self) -> str:
        """The rule, with its salt and shares."""
        ...

    def part_of(self, subject_id: int) -> Part:
        """The patient's part."""
        ...


@dataclass(frozen=True)
class HashSplit:
    """A share of the patients for testing, and of the others a share for validation.

    `held_out` are further patients for testing, whatever their hash: those of a benchmark.

    >>> HashSplit().part_of(10000032) == HashSplit().part_of(10000032)
    True
    >>> HashSplit(held_out=frozenset({7})).part_of(7)
    'test'
    """

    salt: str = SALT
    test: float = TEST_SHARE
    validation: float = VALIDATION_SHARE
    held_out: Collection[int] = field(default=frozenset(), repr=False)

    @property
    def named(self) -> str:
        """The rule, with its salt and shares."""
        held_out = f", {len(self.held_out):,} patients held out by name" if self.held_out else ""
        return (
            f"sha256({self.salt!r}, subject_id): {self.test:.0%} test, {self.validation:.0%} of "
            f"the rest validation{held_out}"
        )

    def part_of(self, subject_id: int) -> Part:
        """The patient's part."""
        if subject_id in self.held_out or share_of(f"{self.salt}:test", subject_id) < self.test:
            return "test"
        if share_of(f"{self.salt}:validation", subject_id) < self.validation:
            return "validation"
        return "train"


def share_of(salt: str, subject_id: int) -> float:
    """A number in [0, 1) that is the patient's for this salt, evenly spread over patients.

    >>> 0 <= share_of("a", 1) < 1, share_of("a", 1) != share_of("b", 1)
    (True, True)
    """
    digest = hashlib.sha256(f"{salt}:{subject_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / _RESOLUTION
