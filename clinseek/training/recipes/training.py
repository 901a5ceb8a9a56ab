"""`train`: by a recipe, from a dataset, to a folder that goes on where a kill left it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clinseek.evals.export.whole_file import whole_file
from clinseek.training.recipes.folder import LOG, MODEL, REPORT
from clinseek.training.recipes.log import TrainingLog
from clinseek.training.recipes.plan import Plan, plan_of
from clinseek.training.recipes.progress import OnProgress
from clinseek.training.recipes.settings import AnyRecipe
from clinseek.training.splits import BenchmarkSplit, PatientSplit


def train(
    recipe: AnyRecipe,
    *,
    dataset: Path,
    model: Path,
    out: Path,
    split: PatientSplit | None = None,
    on_progress: OnProgress = lambda _: None,
) -> dict[str, Any]:
    """Train `model` on the tokens of `dataset`; the trained model is OUT/model. The report.

    The same call goes on where a killed one was, and ends in the same files; after the end it does
    nothing. `split` says who is for testing (by default as the benchmarks made here): a patient of
    whom stops it. SettingError for each thing that cannot be.
    """
    plan = plan_of(
        recipe, dataset=dataset, model=model, out=out, split=split or BenchmarkSplit(), gpus=gpus()
    )
    with plan.folder.alone():
        plan.folder.open(plan.identity)
        if not plan.folder.finished:
            _run(plan, on_progress)
        return dict(json.loads((out / REPORT).read_bytes()))


def _run(plan: Plan, on_progress: OnProgress) -> None:
    engine = importlib.import_module(f"clinseek.training.recipes.engines.{plan.recipe.engine}")
    engine.run(plan, on_progress)
    with whole_file(plan.folder.path / REPORT) as made:
        made.write_text(json.dumps(_report(plan), indent=2) + "\n", encoding="utf-8")
    plan.folder.drop_checkpoints()


def _report(plan: Plan) -> Mapping[str, Any]:
    logged = list(TrainingLog(plan.folder.path / LOG).lines())
    losses = [line["loss"] for line in logged if "loss" in line]
    return {
        "recipe": plan.recipe.model_dump(mode="json"),
        "steps": plan.steps,
        "examples": plan.train.examples,
        "first_loss": losses[0] if losses else None,
        "last_loss": losses[-1] if losses else None,
        "model": MODEL,
    }


def gpus() -> int:
    """How many CUDA devices there are here; none without torch."""
    try:
        import torch
    except ModuleNotFoundError:
        return 0
    return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0
