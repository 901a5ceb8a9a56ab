"""What the engine gives Unsloth is what Unsloth takes: by its source where it is installed, else by
the names that were read from it.
"""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from clinseek.training.recipes import read_recipe
from clinseek.training.recipes.engines.unsloth import (
    UNSLOTH_ARGUMENTS,
    adapter_arguments,
    loading_arguments,
)
from clinseek.training.recipes.plan import Plan, plan_of
from clinseek.training.splits import BenchmarkSplit
from tests.training.students_made import a_dataset, a_folder_of_weights

RECORDED = {
    "FastLanguageModel.from_pretrained": {
        "model_name", "max_seq_length", "dtype", "load_in_4bit", "load_in_8bit", "load_in_16bit",
        "full_finetuning", "token", "device_map", "rope_scaling", "fix_tokenizer",
        "trust_remote_code", "use_gradient_checkpointing", "resize_model_vocab", "revision",
        "use_exact_model_name", "fast_inference", "random_state", "max_lora_rank", "text_only",
    },
    "FastLanguageModel.get_peft_model": {
        "r", "target_modules", "lora_alpha", "lora_dropout", "bias", "layers_to_transform",
        "layers_pattern", "use_gradient_checkpointing", "random_state", "max_seq_length",
        "use_rslora", "modules_to_save", "init_lora_weights", "loftq_config",
    },
    "save_pretrained_merged": {
        "save_directory", "tokenizer", "save_method", "push_to_hub", "token", "state_dict",
        "max_shard_size", "safe_serialization",
    },
}  # fmt: skip
"""Read from the source of unsloth 2026.10.9."""
_SOURCES = {
    "FastLanguageModel.from_pretrained": ("models/loader.py", "FastLanguageModel.from_pretrained"),
    "FastLanguageModel.get_peft_model": ("models/llama.py", "FastLlamaModel.get_peft_model"),
    "save_pretrained_merged": ("save.py", "unsloth_save_pretrained_merged"),
}


def taken(call: str) -> set[str]:
    """The names of the arguments that Unsloth takes."""
    found = importlib.util.find_spec("unsloth")
    if found is None or found.origin is None:
        return RECORDED[call]
    file, named = _SOURCES[call]
    held: ast.AST = ast.parse((Path(found.origin).parent / file).read_text(encoding="utf-8"))
    for name in named.split("."):
        held = next(
            node for node in ast.iter_child_nodes(held)
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name
        )  # fmt: skip
    assert isinstance(held, ast.FunctionDef)
    return {each.arg for each in (*held.args.args, *held.args.kwonlyargs)}


@pytest.mark.parametrize("call", UNSLOTH_ARGUMENTS)
def test_every_argument_that_is_given_is_taken(call: str) -> None:
    assert set(UNSLOTH_ARGUMENTS[call]) <= taken(call)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("unsloth")
    student = a_folder_of_weights(folder / "student")
    return plan_of(
        read_recipe("unsloth"), dataset=a_dataset(folder / "dataset", student), model=student,
        out=folder / "out", split=BenchmarkSplit(), gpus=0, dry=True,
    )  # fmt: skip


def test_the_names_that_are_told_are_those_that_are_given(plan: Plan) -> None:
    told = UNSLOTH_ARGUMENTS["FastLanguageModel.from_pretrained"]
    assert tuple(loading_arguments(plan)) == told
    assert tuple(adapter_arguments(plan)) == UNSLOTH_ARGUMENTS["FastLanguageModel.get_peft_model"]


def test_four_bits_and_the_longest_example_are_asked_for(plan: Plan) -> None:
    given = loading_arguments(plan)
    assert given["load_in_4bit"] is True
    assert given["max_seq_length"] == plan.train.longest
