"""One process of a DeepSpeed training: `python -m ... LAUNCH`, started by the engine."""

from __future__ import annotations

import ctypes
import json
import signal
import sys
from pathlib import Path
from typing import Any

from clinseek.training.recipes.engines.deepspeed import PROGRESS
from clinseek.training.recipes.engines.saving import finish_model, saved_dtype
from clinseek.training.recipes.engines.trainer import trained
from clinseek.training.recipes.engines.trl import loaded, quiet, threads
from clinseek.training.recipes.engines.zero import check_zero
from clinseek.training.recipes.folder import ADAPTER, MODEL
from clinseek.training.recipes.plan import Plan, plan_of
from clinseek.training.recipes.progress import Progress
from clinseek.training.recipes.reading import recipe_of
from clinseek.training.splits import HeldOutSplit

_PARENT_DIED = 1
"""PR_SET_PDEATHSIG of Linux."""


def main(launch: Path) -> None:
    """Train as `launch` says; the patients of the dataset were checked by the engine."""
    _end_with_parent()
    told = json.loads(launch.read_text(encoding="utf-8"))
    plan = plan_of(
        recipe_of(told["recipe"], at=str(launch)),
        dataset=Path(told["dataset"]),
        model=Path(told["model"]),
        out=Path(told["out"]),
        split=HeldOutSplit(frozenset()),
        gpus=told["processes"],
    )
    check_zero(told["zero"], processes=plan.processes)
    with quiet(), threads(plan.recipe.threads if plan.device == "cpu" else None):
        _train(plan, told["zero"])


def _train(plan: Plan, zero: dict[str, Any]) -> None:
    def on_progress(at: Progress) -> None:
        sys.stdout.write(f"{PROGRESS}{json.dumps(at)}\n")
        sys.stdout.flush()

    model, tokenizer = loaded(plan, zero=zero)
    trainer = trained(plan, model, tokenizer, on_progress, engine={"deepspeed": zero})
    _save(plan, trainer)


def _save(plan: Plan, trainer: Any) -> None:
    """The weights are gathered by all processes, and written by the first."""
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    if not trainer.is_world_process_zero():
        return
    model = trainer.accelerator.unwrap_model(trainer.model_wrapped)
    if model.config.get_text_config().tie_word_embeddings:  # written once, as they are held
        for name in model._tied_weights_keys or ():
            state.pop(name, None)
    wanted = saved_dtype(plan)
    if wanted is not None:
        state = {name: held.to(wanted) for name, held in state.items()}
    with plan.folder.folder(MODEL if plan.recipe.method == "full" else ADAPTER) as draft:
        model.save_pretrained(draft, state_dict=state)
        finish_model(plan, draft)


def _end_with_parent() -> None:
    """A process whose starter is killed would train on, unseen."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DIED, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
