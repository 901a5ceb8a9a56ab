"""What a rebuild found: rows and patients of each source and split, what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.multimodal.choosing import Chosen
from clinseek.evals.benchmarks.multimodal.items import Item
from clinseek.evals.benchmarks.multimodal.placing import Assets
from clinseek.evals.benchmarks.multimodal.sources import SPLITS, Source, Split
from clinseek.evals.benchmarks.splits import SPLITS as OUR_SPLITS
from clinseek.evals.benchmarks.splits import split_of

IMAGE_MISSING = "an image is missing below --cxr"
VISIBLE = "the record shows the label at the cutoff"
_FEW = 3


class Part(NamedTuple):
    """One source and split: how many questions or instances were read, and what came of them."""

    source: Source
    split: Split
    read: int
    rows: int
    patients: int


@dataclass
class RebuildReport:
    """`left_out` counts by reason, `differences` names the qids that manifest and sources tell
    apart, `missing` the paths of images and reports that were nowhere.
    """

    read: Mapping[tuple[Source, Split], int]
    items: Sequence[Item] = ()
    left_out: Counter[str] = field(default_factory=Counter)
    differences: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)

    def note(self, items: Sequence[Item], chosen: Chosen, assets: Assets) -> None:
        """Note what came of it."""
        self.items = items
        self.left_out = +chosen.left_out
        self.missing = {"images": assets.missing_images, "reports": assets.missing_reports}

    @property
    def parts(self) -> list[Part]:
        """Every source and split of which something was read or made."""
        asked = {(item.source, item.split) for item in self.items} | set(self.read)
        return [self._part(source, split) for source, split in sorted(asked, key=_order)]

    @property
    def patients_by_split(self) -> dict[str, int]:
        """Patients by the split that this project draws for training, validation and test."""
        patients = {item.subject_id for item in self.items}
        counts = Counter(split_of(subject_id) for subject_id in patients)
        return {split: counts[split] for split in OUR_SPLITS}

    @property
    def patients_of_several_splits(self) -> int:
        """Patients with rows in more than one split of the sources."""
        splits: dict[int, set[Split]] = {}
        for item in self.items:
            splits.setdefault(item.subject_id, set()).add(item.split)
        return sum(len(found) > 1 for found in splits.values())

    @property
    def faults(self) -> list[str]:
        """What is missing, and where manifest and sources do not say the same, a sentence each."""
        missing = [
            f"{len(paths):,} {kind} are missing: {', '.join(paths[:_FEW])}"
            for kind, paths in self.missing.items()
            if paths
        ]
        differ = [
            f"manifest and source differ: {len(qids):,} rows, {difference} ({qids[0]})"
            for difference, qids in self.differences.items()
        ]
        return missing + differ

    def reasons(self) -> str:
        """What was left out, in a line."""
        told = [f"{count:,} left out: {reason}" for reason, count in self.left_out.most_common()]
        return "; ".join(told) or "the sources hold nothing of these splits"

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "parts": [part._asdict() for part in self.parts],
            "left_out": dict(self.left_out.most_common()),
            "patients_by_split_of_this_project": self.patients_by_split,
            "patients_of_several_splits": self.patients_of_several_splits,
            "differs_from_the_sources": self.differences,
            "missing": self.missing,
        }

    def _part(self, source: Source, split: Split) -> Part:
        of_it = [item for item in self.items if (item.source, item.split) == (source, split)]
        patients = {item.subject_id for item in of_it}
        return Part(source, split, self.read.get((source, split), 0), len(of_it), len(patients))


def _order(part: tuple[Source, Split]) -> tuple[str, int]:
    return part[0], SPLITS.index(part[1])
