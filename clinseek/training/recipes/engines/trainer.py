"""TRL's SFTTrainer over tokens and labels as they were exported: the same for every engine.

Nothing is tokenised, masked or cut here. Checkpoints are written to a draft and renamed, so that a
kill in the middle of one leaves the one before.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clinseek.training.recipes.folder import LOG, TrainingFolder, step_of
from clinseek.training.recipes.log import TrainingLog
from clinseek.training.recipes.packing import packed_table
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.progress import OnProgress, Progress
from clinseek.training.rendering.masking import IGNORED
from clinseek.training.splits import Part


@dataclass(frozen=True)
class Collator:
    """Rows of a batch as tensors, padded on the right.

    Packed rows have positions that begin again with each example, and no attention mask: from
    positions alone transformers keeps the examples of a row apart.
    """

    pad_id: int

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The batch."""
        import torch

        width = max(len(row["input_ids"]) for row in rows)
        ids, labels, third = [], [], []
        packed = "seq_lengths" in rows[0]
        for row in rows:
            missing = width - len(row["input_ids"])
            ids.append([*row["input_ids"], *[self.pad_id] * missing])
            labels.append([*row["labels"], *[IGNORED] * missing])
            if packed:
                positions = [at for length in row["seq_lengths"] for at in range(length)]
                third.append([*positions, *[0] * missing])
            else:
                third.append([1] * len(row["input_ids"]) + [0] * missing)
        return {
            "input_ids": torch.tensor(ids),
            "labels": torch.tensor(labels),
            "position_ids" if packed else "attention_mask": torch.tensor(third),
        }


def trained(
    plan: Plan, model: Any, tokenizer: Any, on_progress: OnProgress, *, engine: Mapping[str, Any]
) -> Any:
    """Train to the end of the plan, from the last checkpoint where there is one; the trainer.

    `engine` are arguments of SFTConfig that the engine adds.
    """
    from transformers import PrinterCallback

    checkpoint = plan.folder.last_checkpoint()
    log = TrainingLog(plan.folder.path / LOG)
    log.go_back_to(step_of(checkpoint) if checkpoint else 0)
    trainer = _trainer_class()(
        folder=plan.folder,
        keep=plan.recipe.keep_checkpoints,
        model=model,
        args=_arguments(plan, engine),
        train_dataset=_dataset(plan, "train"),
        eval_dataset=_dataset(plan, "validation") if _validates(plan) else None,
        processing_class=tokenizer,
        data_collator=Collator(_pad_id(tokenizer)),
        callbacks=[_following(log, on_progress)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return trainer


def _validates(plan: Plan) -> bool:
    return plan.recipe.validate_every is not None and plan.validation.examples > 0


def _dataset(plan: Plan, part: Part) -> Any:
    from datasets import Dataset

    held = plan.train if part == "train" else plan.validation
    table = held.table()
    return Dataset(packed_table(table, plan.packed_tokens) if plan.recipe.packing else table)


def _pad_id(tokenizer: Any) -> int:
    """Any token will do: it is neither seen nor trained."""
    return int(tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0)


def _arguments(plan: Plan, engine: Mapping[str, Any]) -> Any:
    import dataclasses

    from trl import SFTConfig

    recipe = plan.recipe
    known = {each.name for each in dataclasses.fields(SFTConfig)}
    recompute = "activation_checkpointing"
    if recompute not in known:  # before transformers 5.2x
        recompute = "gradient_checkpointing"
    given = {
        "output_dir": str(plan.folder.checkpoints),
        "max_length": None,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "max_steps": plan.steps,
        "per_device_train_batch_size": recipe.micro_batch,
        "per_device_eval_batch_size": recipe.micro_batch,
        "gradient_accumulation_steps": plan.accumulation,
        "learning_rate": recipe.learning_rate,
        **_schedule(plan),
        "warmup_steps": recipe.warmup_steps,
        "weight_decay": recipe.weight_decay,
        "adam_beta1": recipe.adam_beta1,
        "adam_beta2": recipe.adam_beta2,
        "adam_epsilon": recipe.adam_epsilon,
        "max_grad_norm": recipe.clip_norm,
        "router_aux_loss_coef": recipe.router_loss,
        "use_cpu": plan.device == "cpu",
        "bf16": plan.precision == "bf16",
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "logging_strategy": "steps",
        "logging_steps": recipe.log_every,
        "save_strategy": "steps",
        "save_steps": recipe.save_every,
        "eval_strategy": "steps" if _validates(plan) else "no",
        "eval_steps": recipe.validate_every,
        "include_num_input_tokens_seen": "non_padding",
        "dataloader_pin_memory": plan.device == "cuda",
        "disable_tqdm": True,
        "report_to": "none",
        recompute: recipe.recompute,
        f"{recompute}_kwargs": {"use_reentrant": False} if recipe.recompute else None,
        **engine,
    }
    return SFTConfig(**{name: value for name, value in given.items() if name in known})


def _schedule(plan: Plan) -> dict[str, Any]:
    recipe = plan.recipe
    if recipe.schedule == "cosine" and recipe.final_learning_rate:
        return {
            "lr_scheduler_type": "cosine_with_min_lr",
            "lr_scheduler_kwargs": {"min_lr": recipe.final_learning_rate},
        }
    named = {"constant": "constant_with_warmup"}
    return {"lr_scheduler_type": named.get(recipe.schedule, recipe.schedule)}


def _trainer_class() -> type:
    """TRL's trainer, whose checkpoints are whole or not there, and which tells nobody of itself."""
    from transformers import Trainer
    from trl import SFTTrainer

    class WholeCheckpoints(SFTTrainer):  # type: ignore[misc]
        def __init__(self, *, folder: TrainingFolder, keep: int, **given: Any) -> None:
            self._folder, self._keep = folder, keep
            super().__init__(**given)

        def _send_telemetry(self) -> None:
            """Nothing leaves this machine."""

        def _get_output_dir(self, trial: Any) -> str:
            del trial
            return str(self._folder.draft)

        def _save_checkpoint(self, model: Any, trial: Any) -> None:
            Trainer._save_checkpoint(self, model, trial)  # past TRL's, which writes a card
            self.accelerator.wait_for_everyone()
            if self.is_world_process_zero():
                step = self.state.global_step
                made = self._folder.draft / f"checkpoint-{step}"
                self._folder.keep_checkpoint(made, step, keep=self._keep)
            self.accelerator.wait_for_everyone()

    return WholeCheckpoints


def _following(log: TrainingLog, on_progress: OnProgress) -> Any:
    """What writes the log and tells of the progress."""
    from transformers import TrainerCallback

    class Following(TrainerCallback):  # type: ignore[misc]
        loss: float | None = None
        began = 0.0
        first_step = first_tokens = 0

        def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            self.began = time.monotonic()
            self.first_step, self.first_tokens = state.global_step, state.num_input_tokens_seen

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
            if not control.should_log:
                self._tell(state)

        def on_log(self, _args: Any, state: Any, _control: Any, logs: Any = None, **_: Any) -> None:
            if not state.is_world_process_zero or not logs:
                return
            log.add(state.global_step, state.epoch or 0.0, logs)
            if "loss" in logs:
                self.loss = logs["loss"]
                self._tell(state)

        def _tell(self, state: Any) -> None:
            if not state.is_world_process_zero:
                return
            spent = max(time.monotonic() - self.began, 1e-9)
            done = state.global_step - self.first_step
            tokens = state.num_input_tokens_seen - self.first_tokens
            left = spent / done * (state.max_steps - state.global_step)
            on_progress(
                Progress(state.global_step, state.max_steps, self.loss, tokens / spent, left)
            )

    return Following()
