"""Where everything of a loop lies."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Places(NamedTuple):
    """The folder `out`: what all seeds share, and `seed-N` with what is of one."""

    out: Path

    @property
    def settings(self) -> Path:
        """What the folder belongs to."""
        return self.out / "loop.json"

    @property
    def cohort(self) -> Path:
        """The raw csv of the whole cohort."""
        return self.out / "cohort"

    @property
    def raw(self) -> Path:
        """The tables of it that the store is made of."""
        return self.out / "raw"

    @property
    def store(self) -> Path:
        """The store."""
        return self.out / "store"

    @property
    def train_rows(self) -> Path:
        """Questions about patients of the training split."""
        return self.out / "train.jsonl"

    @property
    def held_out_rows(self) -> Path:
        """Questions about patients of the test split."""
        return self.out / "held-out.jsonl"

    @property
    def teacher(self) -> Path:
        """The teacher's runs, which are learnt from."""
        return self.out / "teacher"

    @property
    def teacher_held_out(self) -> Path:
        """The teacher's runs on held-out questions, which are compared with."""
        return self.out / "teacher-held-out"

    @property
    def majority(self) -> Path:
        """The runs of who always gives the answer that was the more frequent in training."""
        return self.out / "majority"

    @property
    def kept(self) -> Path:
        """The traces that passed every filter."""
        return self.out / "kept"

    @property
    def refined(self) -> Path:
        """The traces as they were refined and replayed."""
        return self.out / "refined"

    @property
    def tokenizer(self) -> Path:
        """The student's tokenizer."""
        return self.out / "tokenizer"

    @property
    def dataset(self) -> Path:
        """The export with tokens."""
        return self.out / "dataset"

    @property
    def serving(self) -> Path:
        """The server's log."""
        return self.out / "serving"

    def untrained(self, seed: int) -> Path:
        """The student before training."""
        return self.out / f"seed-{seed}" / "untrained"

    def trained(self, seed: int) -> Path:
        """What `clinseek train` writes."""
        return self.out / f"seed-{seed}" / "trained"

    def student(self, seed: int) -> Path:
        """The trained student, as it is served."""
        return self.trained(seed) / "model"

    def asked(self, seed: int) -> Path:
        """The student's runs on held-out questions."""
        return self.out / f"seed-{seed}" / "asked"

    def asked_untrained(self, seed: int) -> Path:
        """The same of the student before training."""
        return self.out / f"seed-{seed}" / "asked-untrained"
