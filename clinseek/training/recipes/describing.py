"""A plan in words and numbers, before anything is loaded or written: what --dry-run tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clinseek.training.recipes.engines.zero import zero_config
from clinseek.training.recipes.estimate import (
    longest_row,
    memory,
    told_bytes,
    trained_parameters,
    work,
)
from clinseek.training.recipes.folder import step_of
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.progress import duration
from clinseek.training.recipes.requirements import install_line, packages, told_missing
from clinseek.training.recipes.settings import DeepSpeedRecipe
from clinseek.training.recipes.speed import speed_of

_LONG_WITHOUT_FLASH = 8_192
"""Tokens of a packed row above which the mask that sdpa needs for it is told of."""


def description(plan: Plan, *, gpus: int) -> dict[str, Any]:
    """All that was resolved and reckoned, as JSON values."""
    needed, takes, goes = memory(plan), work(plan), speed_of(plan, gpus=gpus)
    held = packages(plan.recipe)
    return {
        "recipe": plan.recipe.model_dump(mode="json"),
        "dataset": _dataset(plan),
        "model": {
            "folder": str(plan.student.folder),
            "parameters": plan.student.parameters,
            "active_parameters": plan.student.active,
            "trained_parameters": trained_parameters(plan),
        },
        "training": {
            "device": plan.device,
            "precision": plan.precision,
            "processes": plan.processes,
            "rows": plan.rows,
            "accumulation": plan.accumulation,
            "steps": plan.steps,
            "epochs": round(plan.epochs, 3),
        },
        "memory": {**needed._asdict(), "device": needed.device},
        "time": {
            "tokens": round(takes.tokens),
            "operations": takes.operations,
            "seconds": takes.operations / (goes.operations * plan.processes),
            "speed": goes.how,
        },
        "packages": [{**each._asdict(), "fits": each.fits} for each in held],
        "missing": told_missing(held),
        "install": install_line(plan.recipe),
        "zero": zero_config(plan) if isinstance(plan.recipe, DeepSpeedRecipe) else None,
        "remarks": list(remarks(plan, gpus=gpus)),
    }


def _dataset(plan: Plan) -> dict[str, Any]:
    return {
        "folder": str(plan.dataset.folder),
        "sha256": plan.dataset.sha256,
        "examples": plan.train.examples,
        "patients": len(plan.train.patients),
        "tokens": plan.train.tokens,
        "trained_tokens": plan.train.trained,
        "longest": plan.train.longest,
        "validation_examples": plan.validation.examples,
        "split": plan.split,
    }


def summary(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The main numbers of a description, each with its name."""
    data, model, goes = told["dataset"], told["model"], told["training"]
    yield (
        "data",
        (
            f"{data['examples']:,} examples of {data['patients']:,} patients, {data['tokens']:,} "
            f"tokens ({data['trained_tokens']:,} trained, the longest example "
            f"{data['longest']:,}); {data['validation_examples']:,} to validate on"
        ),
    )
    yield (
        "model",
        f"{model['parameters']:,} parameters, {model['trained_parameters']:,} of them trained",
    )
    yield (
        "training",
        (
            f"{goes['steps']:,} steps of {told['recipe']['global_batch']} rows ({goes['epochs']:g} "
            f"epochs of {goes['rows']:,} rows) on {goes['processes']} x {goes['device']} in "
            f"{goes['precision']}"
        ),
    )
    yield "memory", _memory_told(told["memory"])
    yield (
        "time",
        (
            f"about {duration(told['time']['seconds'])} for {told['time']['tokens']:,} tokens "
            f"({told['time']['speed']})"
        ),
    )


def _memory_told(held: dict[str, float]) -> str:
    parts = ", ".join(
        f"{name} {told_bytes(held[name])}"
        for name in ("weights", "gradients", "optimiser", "activations", "logits")
    )
    host = f"; offloaded to the host {told_bytes(held['host'])}" if held["host"] else ""
    return f"about {told_bytes(held['device'])} a device ({parts}){host}"


def remarks(plan: Plan, *, gpus: int) -> Iterator[str]:
    """What a person should know before it begins."""
    if plan.device == "cuda" and not gpus:
        yield "no CUDA device is here: this plan is for another machine"
    if plan.validation.examples and plan.recipe.validate_every is None:
        yield "the validation examples are not used: --set validate_every=N"
    if plan.recipe.packing and plan.recipe.attention != "flash_attention_2":
        row = longest_row(plan)
        if row > _LONG_WITHOUT_FLASH:
            yield (
                f"packed rows of {row:,} tokens need a mask of {told_bytes(row * row)} without "
                "flash attention: --set attention=flash_attention_2 on a GPU that has it"
            )
    if plan.folder.finished:
        yield f"{plan.folder.path} holds this training, and it came to its end"
    elif (checkpoint := plan.folder.newest_checkpoint()) is not None:
        yield f"{plan.folder.path} holds this training; it goes on from step {step_of(checkpoint)}"
