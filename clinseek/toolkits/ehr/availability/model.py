"""What an availability rule is: when a row enters the record, and each cell that comes later.

Every expression is SQLite over the alias `r` (the row) and the joins that the rule names. Times
are ISO text, so the later of two is the greater, and text compares as time does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

from clinseek.toolkits.ehr.availability.profiles import Profile

Join = Literal[
    "admission", "death", "orders", "pharmacy", "emar", "icustay", "edstay", "discharge",
    "radiology", "addendum", "consult", "study",
]  # fmt: skip
"""What a rule may look at beside its own row; each is at most one row (see case/joins.py)."""

Parent = Literal["poe", "emar", "discharge", "radiology"]
"""The tables whose re-numbered ids other tables refer to."""


class Reference(NamedTuple):
    """An id of another table's row: which table, and the raw column that holds the id."""

    parent: Parent
    by: str


@dataclass(frozen=True)
class Mask:
    """A cell that is empty until its own moment: `when` as SQL, `words` for people.

    `profiles` are those that mask it; None means all. `event` is the moment under that profile,
    where it is another.
    """

    when: str
    words: str
    profiles: tuple[Profile, ...] | None = None
    event: str | None = None

    def holds(self, profile: Profile) -> bool:
        """True when `profile` masks the cell."""
        return self.profiles is None or profile in self.profiles

    def sql(self, profile: Profile) -> str:
        """The moment under `profile`; NULL means never."""
        return self.event if profile == "event" and self.event is not None else self.when


@dataclass(frozen=True)
class Known:
    """When a row enters the record: SQL by profile, and the same in words.

    `strict` and `event` default to `available`.
    """

    available: str
    words: str
    strict: str | None = None
    event: str | None = None

    def sql(self, profile: Profile) -> str:
        """The expression of `profile`; NULL means never."""
        chosen = {"available": self.available, "strict": self.strict, "event": self.event}[profile]
        return chosen if chosen is not None else self.available


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The availability of one table: every one of its columns stands in exactly one place."""

    table: str
    known: Known
    event_time: str | None
    """The one column by which the table is read in time."""
    shown: tuple[str, ...]
    """Columns known with the row; a time among them still never shows a moment after the cutoff."""
    masked: Mapping[str, Mask] = field(default_factory=lambda: MappingProxyType({}))
    never: Mapping[str, str] = field(default_factory=_empty)
    """Columns that are always empty, with the reason."""
    planned: Mapping[str, str] = field(default_factory=_empty)
    """Times that may lie after the cutoff because they are plans, with the reason."""
    derived: Mapping[str, str] = field(default_factory=_empty)
    """Columns computed at the cutoff (`:cutoff`), as SQL."""
    numbered: tuple[str, ...] = ()
    """Ids replaced by the row's number in the order of known."""
    renumbered_within: Mapping[str, str] = field(default_factory=_empty)
    """Counters replaced by their rank among the visible rows that share the named column."""
    references: Mapping[str, Reference] = field(default_factory=lambda: MappingProxyType({}))
    """Ids of another table's row; empty until that row is known."""
    key: str | None = None
    """The raw column that identifies a row; None where the raw table has none."""
    joins: tuple[Join, ...] = ()
    suspect: Mapping[str, str] = field(default_factory=_empty)
    """Columns that hold their last state, kept, with what they may betray."""
    source: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the rule speaks of."""
        return frozenset(
            (
                *self.shown, *self.masked, *self.never, *self.planned, *self.derived,
                *self.numbered, *self.renumbered_within, *self.references,
            )
        )  # fmt: skip

    def mask_of(self, column: str, profile: Profile) -> Mask | None:
        """The mask on `column` under `profile`, if any."""
        mask = self.masked.get(column)
        return mask if mask is not None and mask.holds(profile) else None
