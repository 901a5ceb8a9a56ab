"""What a recipe says: closed settings with units, one class an engine, unknown keys refused.

A key has the same name in all recipes where it means the same.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Engine = Literal["trl", "unsloth", "deepspeed"]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, lt=1)]


class Recipe(BaseModel):
    """What all engines take. Lengths are in tokens, rates are AdamW's.

    `steps` None: `epochs` decides. `global_batch` counts rows of a step over all processes:
    examples, or with `packing` rows into which several were packed. `final_learning_rate` is where
    the cosine ends.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Engine
    method: Literal["full", "lora", "qlora"] = "lora"
    lora_rank: Count = 16
    lora_alpha: Annotated[float, Field(gt=0)] = 32
    lora_dropout: Share = 0.0
    lora_targets: str | list[str] = "all-linear"
    merged: bool = True
    """With an adapter: OUT/model is the whole model with the adapter in it."""

    epochs: Annotated[float, Field(gt=0)] = 3
    steps: Count | None = None
    learning_rate: Rate = 2e-5
    final_learning_rate: Annotated[float, Field(ge=0, lt=1)] = 0.0
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_steps: Annotated[int, Field(ge=0)] = 10
    global_batch: Count = 32
    micro_batch: Count = 1
    packing: bool = False
    packed_tokens: Count | None = None
    """How long a packed row may be; None: as long as the longest example."""
    max_tokens: Count | None = None
    """The longest example that is taken: a longer one stops the training, nothing is ever cut."""
    weight_decay: Share = 0.0
    adam_beta1: Share = 0.9
    adam_beta2: Share = 0.999
    adam_epsilon: Annotated[float, Field(gt=0)] = 1e-8
    clip_norm: Annotated[float, Field(ge=0)] = 1.0
    router_loss: Annotated[float, Field(ge=0)] | None = None
    """Weight of the load balancing of a mixture of experts; None: as the model's config says."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    recompute: bool = False
    """Activations are computed again on the way back instead of kept."""
    threads: Count = 1
    """Of the processor, without a GPU; with 1 the same bytes come out each time."""

    seed: Annotated[int, Field(ge=0)] = 42
    log_every: Count = 1
    validate_every: Count | None = None
    save_every: Count = 50
    keep_checkpoints: Count = 2

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.global_batch % self.micro_batch:
            raise ValueError(
                f"global_batch = {self.global_batch} is no multiple of micro_batch = "
                f"{self.micro_batch}"
            )
        if self.save_every % self.log_every:
            raise ValueError(
                f"save_every = {self.save_every} is no multiple of log_every = {self.log_every}: "
                "what is logged would differ after a resume"
            )
        if self.final_learning_rate and self.schedule != "cosine":
            raise ValueError("final_learning_rate goes with schedule = 'cosine'")
        if self.final_learning_rate > self.learning_rate:
            raise ValueError("final_learning_rate is higher than learning_rate")
        if self.method == "qlora" and self.engine != "unsloth":
            raise ValueError(f"method = 'qlora' is for unsloth, not for {self.engine}")
        return self


class TrlRecipe(Recipe):
    """One process, by TRL: on a processor or one GPU."""

    engine: Literal["trl"]


class UnslothRecipe(Recipe):
    """One GPU, by Unsloth, in an environment of its own. `qlora` holds the weights in four bits."""

    engine: Literal["unsloth"]
    method: Literal["full", "lora", "qlora"] = "qlora"


class DeepSpeedRecipe(Recipe):
    """Several GPUs, by TRL over DeepSpeed's ZeRO; `processes` None: one a GPU, or one."""

    engine: Literal["deepspeed"]
    zero_stage: Literal[2, 3] = 3
    offload_optimizer: bool = False
    offload_weights: bool = False
    processes: Count | None = None

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if self.offload_weights and self.zero_stage != 3:
            raise ValueError("offload_weights needs zero_stage = 3")
        if self.method != "full" and self.merged:
            raise ValueError(
                "an adapter is not merged over several processes: set merged = false, and "
                "OUT/adapter is what is trained"
            )
        return self


AnyRecipe = TrlRecipe | UnslothRecipe | DeepSpeedRecipe
BY_ENGINE: dict[str, type[AnyRecipe]] = {
    "trl": TrlRecipe,
    "unsloth": UnslothRecipe,
    "deepspeed": DeepSpeedRecipe,
}
