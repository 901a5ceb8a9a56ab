"""The trained model as a folder that any server loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clinseek.training.recipes.folder import ADAPTER, MODEL
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.tokenizer_files import copy_tokenizer, stop_at


def save_model(plan: Plan, trainer: Any) -> None:
    """Write OUT/model, and OUT/adapter where an adapter was trained; each whole or not there."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    if plan.recipe.method == "full":
        _save(plan, model)
        return
    with plan.folder.folder(ADAPTER) as draft:
        model.save_pretrained(draft)
        finish_model(plan, draft)
    if plan.recipe.merged:
        _save(plan, model.merge_and_unload())


def _save(plan: Plan, model: Any) -> None:
    wanted = saved_dtype(plan)
    if wanted is not None:
        model.to(wanted)
    model.config.use_cache = True
    with plan.folder.folder(MODEL) as draft:
        model.save_pretrained(draft)
        finish_model(plan, draft)


def saved_dtype(plan: Plan) -> Any:
    """The type of the base model's numbers, in which the trained one is saved; None if untold."""
    import torch

    config = plan.student.text_config
    named = getattr(torch, str(config.get("dtype") or config.get("torch_dtype")), None)
    return named if isinstance(named, torch.dtype) else None


def finish_model(plan: Plan, draft: Path) -> None:
    """The tokenizer with the template of the training, and where answers end."""
    (draft / "README.md").unlink(missing_ok=True)
    copy_tokenizer(plan.student.folder, draft, template=plan.dataset.template)
    stop_at(draft, plan.stops)
