"""The engine `trl`: transformers loads the model, peft adds adapters, TRL trains."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clinseek.training.recipes.engines.saving import save_model
from clinseek.training.recipes.engines.trainer import trained
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.progress import OnProgress


def run(plan: Plan, on_progress: OnProgress) -> None:
    """Train by the plan and save the model; every draw hangs on the seed."""
    with quiet(), threads(plan.recipe.threads if plan.device == "cpu" else None):
        model, tokenizer = loaded(plan)
        trainer = trained(plan, model, tokenizer, on_progress, engine={})
        save_model(plan, trainer)


def loaded(plan: Plan, *, zero: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """The model with its adapters, and its tokenizer with the template of the dataset.

    `zero` are DeepSpeed's settings: with ZeRO-3 the weights are shared while they are read.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

    recipe, folder = plan.recipe, str(plan.student.folder)
    set_seed(recipe.seed)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer.chat_template = plan.dataset.template
    shared = None if zero is None else _shared_while_loading(zero)
    halves = plan.precision == "bf16" and (recipe.method != "full" or zero is not None)
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.bfloat16 if halves else torch.float32,
        attn_implementation=recipe.attention,
        local_files_only=True,
    )
    del shared  # transformers looks for it while a model is read, and no longer
    model.config.use_cache = False
    if recipe.method == "full":
        return model, tokenizer
    return adapted(plan, model), tokenizer


def _shared_while_loading(zero: dict[str, Any]) -> Any:
    from transformers.integrations import HfDeepSpeedConfig

    return HfDeepSpeedConfig(zero)


def adapted(plan: Plan, model: Any) -> Any:
    """The model with adapters of low rank, which alone are trained."""
    from peft import LoraConfig, get_peft_model

    recipe = plan.recipe
    if recipe.recompute:
        model.enable_input_require_grads()
    return get_peft_model(
        model,
        LoraConfig(
            r=recipe.lora_rank,
            lora_alpha=recipe.lora_alpha,
            lora_dropout=recipe.lora_dropout,
            target_modules=recipe.lora_targets,
            task_type="CAUSAL_LM",
        ),
    )


@contextmanager
def threads(wanted: int | None) -> Iterator[None]:
    """With so many threads of the processor; None leaves them."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(wanted or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet() -> Iterator[None]:
    """Without what the libraries say of themselves on the way; errors stay."""
    import transformers

    notices: Any = transformers.utils.logging
    level, drawn = notices.get_verbosity(), notices.is_progress_bar_enabled()
    logger = logging.getLogger("trl")
    trl_level = logger.level
    notices.set_verbosity_error()
    notices.disable_progress_bar()
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        notices.set_verbosity(level)
        logger.setLevel(trl_level)
        if drawn:
            notices.enable_progress_bar()
