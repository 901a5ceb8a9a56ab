"""DeepSpeed's settings for a plan, each filled with its number: nothing is left to "auto"."""

from __future__ import annotations

from typing import Any

from clinseek.errors import SettingError
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.settings import DeepSpeedRecipe

_BUCKET = 200_000_000
"""Numbers that are sent at once; DeepSpeed's default is 500 million, and takes the more memory."""


def zero_config(plan: Plan) -> dict[str, Any]:
    """ZeRO-2 or ZeRO-3 as DeepSpeed reads it from JSON."""
    recipe = plan.recipe
    if not isinstance(recipe, DeepSpeedRecipe):
        raise SettingError(f"the engine {recipe.engine} has no ZeRO")
    told: dict[str, Any] = {
        "train_batch_size": recipe.global_batch,
        "train_micro_batch_size_per_gpu": recipe.micro_batch,
        "gradient_accumulation_steps": plan.accumulation,
        "gradient_clipping": recipe.clip_norm,
        "bf16": {"enabled": plan.precision == "bf16"},
        "zero_optimization": _stage(recipe, hidden=int(plan.student.text_config["hidden_size"])),
        "steps_per_print": 1_000_000_000,
        "wall_clock_breakdown": False,
    }
    if recipe.offload_optimizer:  # DeepSpeed's own AdamW for processors, many times the faster
        told["optimizer"] = {
            "type": "AdamW",
            "params": {
                "lr": recipe.learning_rate,
                "betas": [recipe.adam_beta1, recipe.adam_beta2],
                "eps": recipe.adam_epsilon,
                "weight_decay": recipe.weight_decay,
            },
        }
    return told


def _stage(recipe: DeepSpeedRecipe, *, hidden: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "stage": recipe.zero_stage,
        "overlap_comm": recipe.device != "cpu",
        "contiguous_gradients": True,
        "reduce_bucket_size": min(_BUCKET, hidden * hidden) if recipe.zero_stage == 3 else _BUCKET,
    }
    if recipe.offload_optimizer:
        told["offload_optimizer"] = {"device": "cpu", "pin_memory": recipe.device != "cpu"}
    if recipe.zero_stage == 3:
        told["stage3_prefetch_bucket_size"] = int(0.9 * hidden * hidden)
        told["stage3_param_persistence_threshold"] = 10 * hidden
        told["stage3_gather_16bit_weights_on_model_save"] = True
        if recipe.offload_weights:
            told["offload_param"] = {"device": "cpu", "pin_memory": recipe.device != "cpu"}
    return told


def check_zero(config: dict[str, Any], *, processes: int) -> None:
    """SettingError where DeepSpeed refuses the settings; it must be installed."""
    from deepspeed.runtime.config import DeepSpeedConfig

    alone = {**config, "train_batch_size": config["train_batch_size"] // processes}
    try:
        DeepSpeedConfig(alone)  # read outside of any process group, it counts one process
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise SettingError(f"DeepSpeed refuses the settings of this recipe: {said}") from None
