"""`clinseek train`, killed and run again: no checkpoint is trained twice, the same bytes come out.

The student is made on the spot: two layers, some thousand weights, a tokenizer of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from drills.commands import Ended
from drills.crash.roads.road import Ground, Road, Work, digests, stamps

SETTINGS = (
    "device=cpu", "method=full", "recompute=false", "steps=12", "global_batch=4", "micro_batch=2",
    "save_every=2", "validate_every=3", "learning_rate=1e-2", "warmup_steps=1",
)  # fmt: skip
UNEQUAL = frozenset({"sessions.jsonl", ".lock"})
"""What differs from run to run: when the command ran, from which step, how fast."""


class Train(Work):
    """`clinseek train trl`: on from the newest checkpoint, to the same weights, log and curve."""

    @property
    def out(self) -> Path:
        """The folder of the training."""
        return self.folder / "out"

    def words(self) -> list[object]:
        """The same command every time."""
        student, dataset = taught(self.ground)
        changes = [word for each in SETTINGS for word in ("--set", each)]
        return ["train", "trl", "--data", dataset, "--model", student, "--out", self.out, *changes]

    def results(self, ended: Ended) -> Mapping[str, Any]:
        """Every byte of the model, its log, its curve, its card and its report."""
        del ended
        made = digests(self.out)
        return {name: held for name, held in made.items() if Path(name).name not in UNEQUAL}

    def kept(self) -> Mapping[str, Any]:
        """The newest checkpoint, how often training began, and the report where it has ended."""
        steps = [_step_of(each) for each in (self.out / "checkpoints").glob("step-*")]
        return {
            "step": max(steps, default=0),
            "begun": len(self._begun_from()),
            "report": self._report(),
        }

    def redone(self, kept: Mapping[str, Any]) -> Sequence[str]:
        """Steps that were trained again although a checkpoint held them."""
        begun = self._begun_from()[kept["begun"] :]
        again = [
            f"step {step + 1} was trained again, after the checkpoint of step {kept['step']}"
            for step in begun
            if step < kept["step"]
        ]
        if not kept["report"]:
            return again
        ended = self._report() == kept["report"] and not begun
        return again if ended else [*again, "a training that had ended was begun again"]

    def _report(self) -> dict[str, tuple[int, int]]:
        """What it is known by; nothing where the training has not ended."""
        return stamps(sorted(self.out.glob("train.json")), self.out)

    def _begun_from(self) -> list[int]:
        """After which step each process of this training began; a half line tells nothing."""
        file = self.out / "sessions.jsonl"
        steps = list[int]()
        for line in file.read_text().splitlines() if file.exists() else ():
            with suppress(ValueError):
                held = json.loads(line)
                steps += [held["from_step"]] if "from_step" in held else []
        return steps


def taught(ground: Ground) -> tuple[Path, Path]:
    """The student and the export that it learns from, made when they are first wanted."""
    student, dataset = ground.place / "student", ground.place / "lessons"
    if not dataset.exists():
        from tests.training.students_made import a_dataset, a_student

        a_dataset(dataset, a_student(student))
    return student, dataset


def _step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix("step-"))


def _no_trainer() -> str | None:
    from clinseek.training.recipes import read_recipe
    from clinseek.training.recipes.requirements import packages, told_missing

    missing = told_missing(packages(read_recipe("trl", SETTINGS)))
    return f"{missing} not installed (extra training)" if missing else None


_TRAINER = (
    "torch", "transformers.models.qwen3.modeling_qwen3", "trl.trainer.sft_trainer", "datasets",
    "matplotlib.figure", "clinseek.cli.train", "clinseek.training.recipes.engines.trl",
    "clinseek.training.recipes.training",
)  # fmt: skip

ROADS = (Road("train", Train, share=2, least="full", gap=_no_trainer, imports=_TRAINER),)
