"""The log of a training: one line a logged step, the same after any number of kills.

What differs from run to run (seconds, versions) stands in sessions.jsonl instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinseek.whole_file import whole_file

_NAMES = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "gradient_norm",
    "mean_token_accuracy": "token_accuracy",
    "aux_loss": "router_loss",
    "eval_loss": "validation_loss",
    "eval_mean_token_accuracy": "validation_token_accuracy",
}
"""What a trainer logs, and how it is named here; all else stays out."""


@dataclass(frozen=True)
class TrainingLog:
    """The file `file` of JSON lines."""

    file: Path

    def add(self, step: int, epoch: float, logged: Mapping[str, Any]) -> None:
        """Add what a trainer logged at a step; nothing where it is nothing of ours."""
        told = {name: logged[held] for held, name in _NAMES.items() if held in logged}
        if not told:
            return
        line = json.dumps({"step": step, "epoch": round(epoch, 4), **told})
        with self.file.open("a", encoding="utf-8") as opened:
            opened.write(line + "\n")

    def lines(self) -> Iterator[dict[str, Any]]:
        """What was logged; a line that a kill cut off is left out."""
        if not self.file.is_file():
            return
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                held = json.loads(line)
            except ValueError:
                continue
            yield held

    def go_back_to(self, step: int) -> None:
        """Forget what was logged after `step`: it is made again."""
        kept = [json.dumps(line) for line in self.lines() if line["step"] <= step]
        with whole_file(self.file) as making:
            making.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
