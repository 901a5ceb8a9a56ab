"""The trained model as a folder that any server loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clinseek.training.recipes.folder import ADAPTER, MODEL
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.tokenizer_files import copy_tokenizer


def save_model(plan: Plan, trainer: Any) -> None:
    """Write OUT/model, and OUT/adapter where an adapter was trained; each whole or not there."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    if plan.recipe.method == "full":
        _save(plan, model)
        return
    with plan.folder.folder(ADAPTER) as draft:
        model.save_pretrained(draft)
        (draft / "README.md").unlink(missing_ok=True)
        _finish(plan, draft)
    if plan.recipe.merged:
        _save(plan, model.merge_and_unload())


def _save(plan: Plan, model: Any) -> None:
    import torch

    kept = str(plan.student.text_config.get("dtype") or plan.student.text_config.get("torch_dtype"))
    wanted = getattr(torch, kept, None)
    if isinstance(wanted, torch.dtype):
        model.to(wanted)
    model.config.use_cache = True
    _stop_at_end_of_turn(plan, model)
    with plan.folder.folder(MODEL) as draft:
        model.save_pretrained(draft)
        _finish(plan, draft)


def _stop_at_end_of_turn(plan: Plan, model: Any) -> None:
    """What generates stops at every token that the student was trained to stop at."""
    if plan.stops:
        model.generation_config.eos_token_id = sorted(plan.stops)


def _finish(plan: Plan, draft: Path) -> None:
    copy_tokenizer(plan.student.folder, draft, template=plan.dataset.template)
