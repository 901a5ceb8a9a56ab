"""Recipes: closed settings, and a plan that is refused before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.training.recipes import RECIPES, read_recipe
from clinseek.training.recipes.engines.zero import zero_config
from clinseek.training.recipes.estimate import memory, trained_parameters, work
from clinseek.training.recipes.packing import packed_row, packs_of
from clinseek.training.recipes.plan import Plan, plan_of
from clinseek.training.recipes.report import card, report_of
from clinseek.training.recipes.requirements import Package
from clinseek.training.recipes.student import Student
from clinseek.training.recipes.training import _no_room, _out_of_memory
from clinseek.training.splits import BenchmarkSplit
from tests.training.made import a_trace
from tests.training.students_made import TRAINED, a_dataset, a_folder_of_weights


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_that_is_shipped_can_be_read(name: str) -> None:
    assert read_recipe(name).global_batch == 32


def test_the_published_recipe_has_the_published_numbers() -> None:
    held = read_recipe("clinseek-35b")
    assert (held.learning_rate, held.final_learning_rate, held.schedule) == (2e-5, 2e-6, "cosine")
    assert (held.epochs, held.global_batch, held.micro_batch, held.warmup_steps) == (3, 32, 1, 10)
    assert (held.weight_decay, held.adam_beta1, held.adam_beta2, held.clip_norm) == (
        0.1, 0.9, 0.95, 1.0,
    )  # fmt: skip
    assert (held.max_tokens, held.seed, held.validate_every, held.save_every) == (
        52_000,
        42,
        25,
        70,
    )


@pytest.mark.parametrize(
    ("recipe", "change", "said"),
    [
        ("trll", None, r"unknown recipe 'trll'; the nearest is 'trl'"),
        ("missing.toml", None, r"missing\.toml: cannot be read"),
        ("trl", "lerning_rate=1", r"unknown key 'lerning_rate'; the nearest is 'learning_rate'"),
        ("trl", "zero_stage=2", r"recipe trl: unknown key 'zero_stage'"),
        ("trl", "learning_rate=fast", r"learning_rate = 'fast': Input should be a valid number"),
        ("trl", "learning_rate", r"write KEY=VALUE"),
        ("trl", "method=qlora", r"'qlora' is for unsloth, not for trl"),
        ("trl", "micro_batch=5", r"global_batch = 32 is no multiple of micro_batch = 5"),
        ("trl", "log_every=7", r"what is logged would differ after a resume"),
        ("trl", "engine=megatron", r"engine = 'megatron'; the engines are trl, unsloth, deepspeed"),
        ("deepspeed", "zero_stage=1", r"zero_stage = 1: Input should be 2 or 3"),
        ("deepspeed", "method=lora", r"set merged = false"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    recipe: str, change: str | None, said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        read_recipe(recipe, [change] if change else [])


def test_a_recipe_of_ones_own_is_a_toml_file_and_none_takes_a_setting_away(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('engine = "trl"\nmethod = "full"\nsteps = 7\n')
    assert read_recipe(str(file)).steps == 7
    assert read_recipe(str(file), ["steps=none", "epochs=1.5"]).steps is None
    file.write_text("engine = ")
    with pytest.raises(SettingError, match="is no TOML"):
        read_recipe(str(file))


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(40, 120))
def test_packed_rows_hold_every_example_once_and_none_is_too_long(
    lengths: list[int], most: int
) -> None:
    packs = packs_of(lengths, most)
    assert sorted(each for pack in packs for each in pack) == list(range(len(lengths)))
    assert all(sum(lengths[each] for each in pack) <= most for pack in packs)
    assert len(packs) <= max(1, 2 * sum(lengths) // most + 1)  # no two rows are half empty


def test_the_first_token_of_a_packed_example_is_no_label_of_the_one_before() -> None:
    row = packed_row([([5, 6], [5, 6]), ([7, 8], [-100, 8])])
    assert row.labels == [-100, 6, -100, 8]


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_folder_of_weights(tmp_path_factory.mktemp("student") / "student")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, student: Path) -> Path:
    return a_dataset(tmp_path_factory.mktemp("dataset") / "dataset", student)


def planned(student: Path, dataset: Path, *changes: str, name: str = "trl", gpus: int = 0) -> Plan:
    return plan_of(
        read_recipe(name, changes), dataset=dataset, model=student, out=dataset / "none",
        split=BenchmarkSplit(), gpus=gpus, dry=True,
    )  # fmt: skip


def test_steps_follow_from_examples_epochs_and_batch(student: Path, dataset: Path) -> None:
    plan = planned(student, dataset, "global_batch=5", "epochs=2")
    assert (plan.rows, plan.steps, plan.accumulation) == (12, 6, 5)
    packed = planned(student, dataset, "global_batch=1", "epochs=1", "packing=true",
                     "packed_tokens=2500")  # fmt: skip
    assert packed.rows == packed.steps == 6


@pytest.mark.parametrize(("name", "gpus", "expected"), [
    ("trl", 0, ("cpu", "fp32", 1)),
    ("trl", 2, ("cuda", "bf16", 1)),
    ("deepspeed", 4, ("cuda", "bf16", 4)),
    ("deepspeed", 0, ("cuda", "bf16", 1)),
])  # fmt: skip
def test_device_precision_and_processes_are_resolved(
    student: Path, dataset: Path, name: str, gpus: int, expected: tuple[str, str, int]
) -> None:
    plan = planned(student, dataset, name=name, gpus=gpus)
    assert (plan.device, plan.precision, plan.processes) == expected


def test_the_card_counts_examples_whose_patient_is_not_known_and_promises_nothing_of_them(
    student: Path, tmp_path: Path
) -> None:
    traces = [a_trace(subject_id=None, id="u"), a_trace(subject_id=TRAINED[0], id="t")]
    plan = planned(student, a_dataset(tmp_path / "dataset", student, traces))
    assert (plan.train.unknown, len(plan.train.patients)) == (1, 1)
    told = card(report_of(plan, []), name="out", evaluation=None)
    assert "**Of 1 examples the patient is not known**" in told
    assert "No patient of it is for testing" not in told


def test_memory_is_sixteen_bytes_a_trained_parameter_and_is_shared_by_zero(
    student: Path, dataset: Path
) -> None:
    whole = memory(planned(student, dataset, "method=full"))
    assert whole.weights + whole.gradients + whole.optimiser == 16 * 256
    alone = memory(planned(student, dataset, name="deepspeed", gpus=1))
    shared = memory(planned(student, dataset, name="deepspeed", gpus=4))
    assert alone.weights + alone.gradients + alone.optimiser == 16 * 256
    assert shared.weights == alone.weights / 4
    two = memory(planned(student, dataset, "zero_stage=2", name="deepspeed", gpus=4))
    assert (two.weights, two.optimiser) == (alone.weights, alone.optimiser / 4)
    away = memory(planned(student, dataset, "offload_optimizer=true", name="deepspeed", gpus=4))
    assert (away.optimiser, away.host) == (0, alone.optimiser)
    four_bits = memory(planned(student, dataset, "lora_rank=1", name="unsloth"))
    assert four_bits.weights < whole.weights


def test_adapters_and_recomputation_change_what_is_reckoned(student: Path, dataset: Path) -> None:
    plan = planned(student, dataset, "lora_rank=4")
    assert trained_parameters(plan) == 4 * (16 + 16)
    kept = memory(planned(student, dataset, "recompute=false")).activations
    assert memory(plan).activations < kept
    assert work(plan).operations > work(planned(student, dataset, "recompute=false")).operations


def test_of_a_mixture_of_experts_those_that_are_asked_count() -> None:
    held = Student(
        Path(), {"num_experts": 8, "num_experts_per_tok": 2},
        {"embed": (10, 4), "layers.0.mlp.experts.0.up_proj.weight": (8, 20)},
    )  # fmt: skip
    assert (held.parameters, held.active) == (200, 40 + 40)


def test_zero_is_filled_with_numbers(student: Path, dataset: Path) -> None:
    plan = planned(student, dataset, "offload_optimizer=true", "offload_weights=true",
                   name="deepspeed", gpus=4)  # fmt: skip
    told = zero_config(plan)
    assert "auto" not in str(told)
    assert told["train_batch_size"] == (
        told["train_micro_batch_size_per_gpu"] * told["gradient_accumulation_steps"] * 4
    )
    assert told["zero_optimization"]["stage"] == 3
    assert told["zero_optimization"]["stage3_gather_16bit_weights_on_model_save"] is True
    assert told["zero_optimization"]["offload_param"]["device"] == "cpu"
    assert told["optimizer"]["params"]["betas"] == [0.9, 0.999]


@pytest.mark.parametrize(
    ("wanted", "found", "fits"),
    [(">=1.16", "1.16.0", True), (">=1.16", "1.15.0", False), (">=2.6", None, False),
     (">=2.6", "2.13.0+cpu", True)],
)  # fmt: skip
def test_versions_are_compared_as_versions(wanted: str, found: str | None, fits: bool) -> None:
    assert Package("x", wanted, found).fits is fits


def test_packing_is_refused_where_layers_carry_on_from_one_example_to_the_next(
    tmp_path: Path,
) -> None:
    student = a_folder_of_weights(
        tmp_path / "student", layer_types=["linear_attention", "full_attention"]
    )
    dataset = a_dataset(tmp_path / "dataset", student)
    assert planned(student, dataset).rows == 12
    with pytest.raises(SettingError, match=r"layers of linear_attention.*--set packing=false"):
        planned(student, dataset, "packing=true")


def test_a_model_of_which_a_file_is_missing_is_refused(tmp_path: Path) -> None:
    student = a_folder_of_weights(tmp_path / "student")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (student / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(SettingError, match=r"model-2.safetensors is missing"):
        Student.of_folder(student)


@pytest.mark.parametrize(
    ("error", "told"),
    [(RuntimeError("CUDA out of memory. Tried to allocate"), True), (MemoryError(), True),
     (RuntimeError("shapes do not fit"), False)],
)  # fmt: skip
def test_a_device_that_is_too_small_is_told_in_a_sentence(error: Exception, told: bool) -> None:
    said = _out_of_memory(error)
    assert (said is not None) is told
    assert said is None or "micro_batch=1" in str(said)


@pytest.mark.parametrize(
    ("said", "told"),
    [("Error while serializing: I/O error: No space left on device (os error 28)", True),
     ("[enforce fail at inline_container.cc:672] . unexpected pos 5952 vs 5844", True),
     ("[enforce fail at inline_container.cc:145] . PytorchStreamReader failed", False)],
)  # fmt: skip
def test_a_disk_that_is_full_is_told_with_what_to_do(said: str, told: bool) -> None:
    sentence = str(_no_room(RuntimeError(said), Path("out")))
    assert ("the disk is full" in sentence) is told
    assert ("run the same command again" in sentence) is told
