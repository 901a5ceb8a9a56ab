"""A training resolved to the last number before anything is loaded; what cannot be is refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from clinseek.errors import SettingError
from clinseek.training.exporting.tokenised import FOLDER, TEMPLATE
from clinseek.training.recipes.dataset import TokenDataset, TokenPart, check_apart
from clinseek.training.recipes.folder import TrainingFolder
from clinseek.training.recipes.packing import packs_of
from clinseek.training.recipes.settings import AnyRecipe, DeepSpeedRecipe
from clinseek.training.recipes.student import Student
from clinseek.training.rendering.tokenizer import Tokenizer
from clinseek.training.splits import PatientSplit

_KEEP_APART = {"full_attention", "sliding_attention", "chunked_attention"}
"""Layers that see no more of a packed row than the positions allow."""
Device = Literal["cpu", "cuda"]
Precision = Literal["bf16", "fp32"]


@dataclass(frozen=True)
class Plan:
    """All that a training hangs on. `processes` is over how many it is shared."""

    recipe: AnyRecipe
    dataset: TokenDataset
    student: Student
    folder: TrainingFolder
    train: TokenPart
    validation: TokenPart
    split: str
    device: Device
    precision: Precision
    processes: int
    stops: frozenset[int]
    """The tokens at which a served answer ends; one of them is trained in every example."""

    @property
    def accumulation(self) -> int:
        """Forward passes of one process before a step."""
        return self.recipe.global_batch // (self.recipe.micro_batch * self.processes)

    @cached_property
    def rows(self) -> int:
        """Rows of an epoch: examples, or what they are packed into."""
        return self.rows_of(self.train)

    def rows_of(self, part: TokenPart) -> int:
        """Rows of a part."""
        if not self.recipe.packing:
            return part.examples
        return len(packs_of(part.lengths, self.packed_tokens))

    @property
    def packed_tokens(self) -> int:
        """How long a packed row may be."""
        return max(self.recipe.packed_tokens or 0, self.train.longest, self.validation.longest)

    @cached_property
    def steps(self) -> int:
        """Optimiser steps of the whole training."""
        if self.recipe.steps is not None:
            return self.recipe.steps
        batches = math.ceil(self.rows / (self.recipe.micro_batch * self.processes))
        return max(1, math.ceil(self.recipe.epochs * math.ceil(batches / self.accumulation)))

    @property
    def epochs(self) -> float:
        """How often each example is seen."""
        return self.steps * self.recipe.global_batch / self.rows

    @property
    def tokenizer(self) -> Tokenizer:
        """The student's tokenizer, with the template of the dataset."""
        return Tokenizer.of_folder(
            self.student.folder, template=self.dataset.folder / FOLDER / TEMPLATE
        )

    @property
    def identity(self) -> dict[str, Any]:
        """What a training folder belongs to."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "dataset": self.dataset.sha256,
            "model": self.student.sha256,
            "device": self.device,
            "processes": self.processes,
        }


def plan_of(
    recipe: AnyRecipe,
    *,
    dataset: Path,
    model: Path,
    out: Path,
    split: PatientSplit,
    gpus: int,
    dry: bool = False,
) -> Plan:
    """The plan of a training; `gpus` is how many CUDA devices there are here.

    SettingError for each thing that cannot be. A `dry` plan may be for a machine with a GPU.
    """
    held = TokenDataset.of_folder(dataset)
    student = Student.of_folder(model)
    _check_tokenizer(held, student)
    held.check_whole()
    tokenizer = Tokenizer.of_folder(model, template=dataset / FOLDER / TEMPLATE)
    stops = student.stops(tokenizer)
    train = held.part("train", split=split, stops=stops)
    validation = held.part("validation", split=split, stops=stops)
    check_apart(train, validation)
    _check_stops([train, validation], tokenizer, stops)
    _check_ids([train, validation], student)
    _check_lengths(recipe, [train, validation], student)
    _check_packing(recipe, student)
    device = _device(recipe, gpus, dry=dry)
    made = Plan(
        recipe=recipe,
        dataset=held,
        student=student,
        folder=TrainingFolder(out),
        train=train,
        validation=validation,
        split=split.named,
        device=device,
        precision=_precision(recipe, device),
        processes=_processes(recipe, device, gpus),
        stops=stops,
    )
    _check_batch(made)
    made.folder.check(made.identity)
    return made


def _check_tokenizer(dataset: TokenDataset, student: Student) -> None:
    if dataset.tokenizer_hash != student.tokenizer_hash:
        raise SettingError(
            f"{dataset.folder}: its tokens were made with another tokenizer than that of "
            f"{student.folder} (tokenizer.json differs); export the traces with --tokenizer "
            f"{student.folder}"
        )


def _check_stops(parts: Sequence[TokenPart], tokenizer: Tokenizer, stops: frozenset[int]) -> None:
    if not stops:
        raise SettingError(
            f"{tokenizer.folder}: neither tokenizer nor generation_config.json names an end token "
            "(eos_token): the student would never stop"
        )
    for part in parts:
        if part.unstopped is not None:
            ends = ", ".join(repr(tokenizer.text([stop])) for stop in sorted(stops))
            raise SettingError(
                f"{part.file}: in example {part.unstopped} no token at which the model stops "
                f"({ends}) is trained: the student would never stop; name the end of a turn as "
                "eos_token in tokenizer_config.json, or take a template whose turns end in it"
            )


def _check_ids(parts: Sequence[TokenPart], student: Student) -> None:
    highest = max(part.highest for part in parts)
    if highest >= student.vocabulary:
        raise SettingError(
            f"{student.folder}: the model knows {student.vocabulary:,} tokens, and the dataset "
            f"holds the token {highest}: its tokenizer and its weights do not go together"
        )


def _check_lengths(recipe: AnyRecipe, parts: Sequence[TokenPart], student: Student) -> None:
    most = {
        "max_tokens": recipe.max_tokens,
        f"what {student.folder} takes": student.text_config.get("max_position_embeddings"),
    }
    for named, limit in most.items():
        for part in parts:
            if limit is not None and part.longest > int(limit):
                raise SettingError(
                    f"{part.file}: example {part.longest_id} has {part.longest:,} tokens, more "
                    f"than {named} = {int(limit):,}, and nothing is cut: export the traces with "
                    f"--max-tokens {int(limit)}"
                )


def _check_packing(recipe: AnyRecipe, student: Student) -> None:
    """Packed examples are kept apart by attention; other layers would carry on from one to next."""
    if not recipe.packing:
        return
    kinds = {str(kind) for kind in student.text_config.get("layer_types") or ()}
    if others := sorted(kinds - _KEEP_APART):
        raise SettingError(
            f"{student.folder}: has layers of {', '.join(others)}, which carry what they read from "
            "one packed example to the next: --set packing=false"
        )


def _device(recipe: AnyRecipe, gpus: int, *, dry: bool) -> Device:
    if recipe.device == "auto":
        return "cuda" if gpus else "cpu"
    if recipe.device == "cuda" and not gpus and not dry:
        raise SettingError(
            "device = 'cuda', and there is no CUDA device here; train where there is one, or on "
            "the processor with --set device=cpu"
        )
    return recipe.device


def _precision(recipe: AnyRecipe, device: Device) -> Precision:
    if recipe.precision == "auto":
        return "bf16" if device == "cuda" else "fp32"
    return recipe.precision


def _processes(recipe: AnyRecipe, device: Device, gpus: int) -> int:
    if not isinstance(recipe, DeepSpeedRecipe):
        return 1
    if recipe.processes is not None:
        return recipe.processes
    return max(1, gpus) if device == "cuda" else 1


def _check_batch(plan: Plan) -> None:
    recipe, at_once = plan.recipe, plan.recipe.micro_batch * plan.processes
    if recipe.global_batch % at_once:
        raise SettingError(
            f"global_batch = {recipe.global_batch} is no multiple of {at_once} (micro_batch = "
            f"{recipe.micro_batch} on {plan.processes} processes)"
        )
