"""The handle on an opened case: what it is a case of, and guarded reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from clinseek.toolkits.ehr.availability.profiles import Profile
from clinseek.toolkits.ehr.case.guard import DEFAULT_LIMITS, Limits, Rows, select


class CaseKey(NamedTuple):
    """What a case is a case of; two equal keys over one store give equal bytes."""

    store: str
    subject_id: int
    cutoff: str
    profile: Profile


@dataclass(frozen=True)
class Case:
    """An opened case. Every `select` has a connection of its own, so a case may be shared."""

    key: CaseKey
    path: Path
    vocabulary: Path | None
