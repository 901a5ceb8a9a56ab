"""The engine `unsloth`: it loads the model in four bits and mends TRL's trainer for it.

Unsloth must be imported before transformers and TRL. It takes its arguments by the names in
`UNSLOTH_ARGUMENTS`.
"""

from __future__ import annotations

import os
from typing import Any

from clinseek.training.recipes.engines.saving import finish_model
from clinseek.training.recipes.folder import ADAPTER, MODEL
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.progress import OnProgress

_AT_HOME = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "UNSLOTH_DISABLE_STATISTICS": "1",
}
"""Read when Unsloth is imported: it asks for nothing, and tells nobody of itself."""
_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
UNSLOTH_ARGUMENTS = {
    "FastLanguageModel.from_pretrained": (
        "model_name", "max_seq_length", "dtype", "load_in_4bit", "full_finetuning",
    ),
    "FastLanguageModel.get_peft_model": (
        "r", "target_modules", "lora_alpha", "lora_dropout", "bias",
        "use_gradient_checkpointing", "random_state",
    ),
    "save_pretrained_merged": ("save_directory", "tokenizer", "save_method"),
}  # fmt: skip
"""What this engine calls of Unsloth, with the names of the arguments that it gives."""


def run(plan: Plan, on_progress: OnProgress) -> None:
    """Train by the plan and save adapter and merged model."""
    os.environ.update(_AT_HOME)
    from unsloth import FastLanguageModel  # first of all: it changes the others

    from clinseek.training.recipes.engines.trainer import trained
    from clinseek.training.recipes.engines.trl import quiet, threads

    with quiet(), threads(plan.recipe.threads if plan.device == "cpu" else None):
        model, tokenizer = FastLanguageModel.from_pretrained(**loading_arguments(plan))
        tokenizer.chat_template = plan.dataset.template
        if plan.recipe.method != "full":
            model = FastLanguageModel.get_peft_model(model, **adapter_arguments(plan))
        trainer = trained(plan, model, tokenizer, on_progress, engine={})
        _save(plan, trainer.model, tokenizer)


def loading_arguments(plan: Plan) -> dict[str, Any]:
    """What FastLanguageModel.from_pretrained is given."""
    longest = max(plan.packed_tokens, plan.train.longest)
    return {
        "model_name": str(plan.student.folder),
        "max_seq_length": longest,
        "dtype": None,
        "load_in_4bit": plan.recipe.method == "qlora",
        "full_finetuning": plan.recipe.method == "full",
    }


def adapter_arguments(plan: Plan) -> dict[str, Any]:
    """What FastLanguageModel.get_peft_model is given."""
    recipe = plan.recipe
    every = recipe.lora_targets == "all-linear"
    return {
        "r": recipe.lora_rank,
        "target_modules": _LINEAR if every else recipe.lora_targets,
        "lora_alpha": recipe.lora_alpha,
        "lora_dropout": recipe.lora_dropout,
        "bias": "none",
        "use_gradient_checkpointing": "unsloth" if recipe.recompute else False,
        "random_state": recipe.seed,
    }


def _save(plan: Plan, model: Any, tokenizer: Any) -> None:
    if plan.recipe.method == "full":
        with plan.folder.folder(MODEL) as draft:
            model.save_pretrained(draft)
            finish_model(plan, draft)
        return
    with plan.folder.folder(ADAPTER) as draft:
        model.save_pretrained(draft)
        finish_model(plan, draft)
    if plan.recipe.merged:
        with plan.folder.folder(MODEL) as draft:
            model.save_pretrained_merged(
                save_directory=str(draft), tokenizer=tokenizer, save_method="merged_16bit"
            )
            finish_model(plan, draft)
