"""Training, whole: what it ends with, that a kill changes nothing, that packing keeps apart."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from clinseek.errors import SettingError
from clinseek.training.recipes import Progress, TrainReport, read_recipe, train
from clinseek.training.recipes.folder import TrainingFolder
from clinseek.training.recipes.requirements import packages, told_missing
from tests.training.made import lines_of
from tests.training.students_made import a_dataset, a_student, files_of

_MISSING = told_missing(packages(read_recipe("trl")))
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=f"needs {_MISSING}: clinseek[training]")
SETTINGS = (
    "device=cpu", "method=full", "recompute=false", "steps=6", "global_batch=4", "micro_batch=2",
    "save_every=2", "validate_every=3", "learning_rate=1e-2", "warmup_steps=1",
)  # fmt: skip


class Made(NamedTuple):
    """A student, its dataset, and a training that nothing disturbed."""

    student: Path
    dataset: Path
    out: Path
    report: TrainReport
    told: list[Progress]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("training")
    student = a_student(folder / "student")
    dataset = a_dataset(folder / "dataset", student)
    told: list[Progress] = []
    report = train(
        read_recipe("trl", SETTINGS), dataset=dataset, model=student, out=folder / "out",
        on_progress=told.append,
    )  # fmt: skip
    return Made(student, dataset, folder / "out", report, told)


def trained(
    made: Made, out: Path, *changes: str, on_remark: Callable[[str], None] = lambda _: None
) -> TrainReport:
    recipe = read_recipe("trl", [*SETTINGS, *changes])
    return train(recipe, dataset=made.dataset, model=made.student, out=out, on_remark=on_remark)


def test_a_training_ends_with_a_model_a_log_a_curve_and_a_card(made: Made) -> None:
    assert sorted(each.name for each in made.out.iterdir()) == [
        ".lock", "README.md", "loss.png", "loss.svg", "model", "run.json", "sessions.jsonl",
        "train.json", "training.jsonl",
    ]  # fmt: skip
    lines = lines_of(made.out / "training.jsonl")
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4, 5, 6]
    assert [line["step"] for line in lines if "validation_loss" in line] == [3, 6]
    assert made.report.last_loss is not None
    assert made.report.first_loss is not None
    assert made.report.last_loss < made.report.first_loss


def test_progress_tells_step_loss_pace_and_what_is_left(made: Made) -> None:
    assert [at.step for at in made.told] == [1, 2, 3, 4, 5, 6]
    assert made.told[-1].seconds_left == 0
    assert made.told[0].tokens_a_second > 0
    assert made.told[0].loss == lines_of(made.out / "training.jsonl")[0]["loss"]


def test_the_saved_folder_has_the_template_and_the_tokenizer_of_the_training(made: Made) -> None:
    model = made.out / "model"
    template = (made.dataset / "tokens" / "chat_template.jinja").read_text()
    assert (model / "chat_template.jinja").read_text() == template
    assert (model / "tokenizer.json").read_bytes() == (made.student / "tokenizer.json").read_bytes()
    stops = json.loads((model / "generation_config.json").read_text())["eos_token_id"]
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    assert tokenizer.convert_ids_to_tokens(stops) == ["<|im_end|>"]
    asked = tokenizer.apply_chat_template(
        [{"role": "system", "content": "s"}, {"role": "user", "content": "Is it high?"}],
        add_generation_prompt=True, return_tensors="pt", return_dict=True,
    )  # fmt: skip
    said = AutoModelForCausalLM.from_pretrained(model).generate(**asked, max_new_tokens=2)
    assert said.shape[1] > asked["input_ids"].shape[1]


def test_the_card_tells_hashes_recipe_versions_and_that_it_is_for_research(made: Made) -> None:
    card = (made.out / "README.md").read_text()
    assert "not a medical device" in card
    assert "derived patient data" in card
    assert all(digest in card for digest in made.report.files.values())
    assert made.report.dataset_sha256 in card
    assert "| learning_rate | 0.01 |" in card
    assert f"| trl | {made.report.packages['trl']} |" in card
    assert "## Evaluation" not in card


def test_after_its_end_the_same_call_changes_nothing_but_the_card_by_an_evaluation(
    made: Made, tmp_path: Path
) -> None:
    out = tmp_path / made.out.name
    shutil.copytree(made.out, out)
    before = files_of(out)
    assert trained(made, out) == made.report
    assert files_of(out) == before
    scores = tmp_path / "scores"
    scores.mkdir()
    micro = {"value": 0.75, "low": 0.5, "high": 0.875, "n": 40}
    told = {"run": "held-out run", "scorers": {"default": {"micro": micro}}}
    (scores / "summary.json").write_text(json.dumps(told))
    recipe = read_recipe("trl", SETTINGS)
    train(recipe, dataset=made.dataset, model=made.student, out=out, evaluation=scores)
    assert "| default | 0.750 [0.500, 0.875], n = 40 |" in (out / "README.md").read_text()
    with pytest.raises(SettingError, match="no scores"):
        train(recipe, dataset=made.dataset, model=made.student, out=out, evaluation=tmp_path / "x")


_TRAINING = """
import sys
from pathlib import Path
from clinseek.training.recipes import read_recipe, train
dataset, model, out = map(Path, sys.argv[1:4])
train(read_recipe("trl", sys.argv[4:]), dataset=dataset, model=model, out=out,
      on_progress=lambda at: print(at.step, flush=True))
"""


def test_a_training_that_is_killed_goes_on_and_ends_in_the_same_bytes(
    made: Made, tmp_path: Path
) -> None:
    out = tmp_path / made.out.name
    command = [sys.executable, "-c", _TRAINING, str(made.dataset), str(made.student), str(out)]
    with subprocess.Popen(
        [*command, *SETTINGS], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as killed:  # fmt: skip
        assert killed.stdout is not None
        steps = [next(killed.stdout).strip() for _ in range(5)]
        killed.send_signal(signal.SIGKILL)
    assert steps == ["1", "2", "3", "4", "5"]
    assert not (out / "train.json").exists()
    half = out / "checkpoints" / ".making" / "checkpoint-6"  # as a kill within a save leaves it
    half.mkdir(parents=True, exist_ok=True)
    (half / "model.safetensors").write_bytes(b"half")
    trained(made, out)
    assert files_of(out) == files_of(made.out)
    sessions = lines_of(out / "sessions.jsonl")
    assert [line["from_step"] for line in sessions if "from_step" in line] == [0, 4]


@pytest.fixture(scope="module")
def stopped(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that ended behind its last step, before its model was saved; to be copied."""
    out = tmp_path_factory.mktemp("stopped") / made.out.name
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TrainingFolder, "folder", _fails)
        with pytest.raises(InterruptedError):
            trained(made, out)
    held = sorted(each.name for each in (out / "checkpoints").glob("step-*"))
    assert held == ["step-4", "step-6"]
    return out


def test_a_kill_after_the_last_step_trains_no_step_twice(
    made: Made, stopped: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(stopped, tmp_path / made.out.name)
    trained(made, out)
    assert files_of(out) == files_of(made.out)
    sessions = lines_of(out / "sessions.jsonl")
    assert [line["from_step"] for line in sessions if "from_step" in line] == [0, 6]


def test_where_the_newest_checkpoint_is_cut_short_an_older_one_gives_the_same_files(
    made: Made, stopped: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(stopped, tmp_path / made.out.name)
    optimizer = out / "checkpoints" / "step-6" / "optimizer.pt"
    optimizer.write_bytes(optimizer.read_bytes()[:-100])
    told: list[str] = []
    trained(made, out, on_remark=told.append)
    (line,) = told
    assert "step-6: is not whole (optimizer.pt has " in line
    assert "going on from step-4" in line
    assert files_of(out) == files_of(made.out)


def _fails(*_: object) -> None:
    raise InterruptedError


def test_packed_rows_train_as_single_ones_do(made: Made, tmp_path: Path) -> None:
    """Over the same examples a step: attention, positions and labels keep them apart."""
    every = ("steps=2", "validate_every=none", "micro_batch=1")
    trained(made, tmp_path / "single", *every, "global_batch=12")
    trained(made, tmp_path / "packed", *every, "global_batch=4", "packing=true",
            "packed_tokens=3300")  # fmt: skip
    assert json.loads((tmp_path / "packed" / "train.json").read_text())["rows"] == 4
    single, packed = (
        [line["loss"] for line in lines_of(tmp_path / name / "training.jsonl")]
        for name in ("single", "packed")
    )
    assert packed == pytest.approx(single, rel=1e-5)


def test_adapters_are_trained_alone_saved_and_merged(made: Made, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    out = tmp_path / "out"
    report = trained(made, out, "method=lora", "lora_rank=4", "steps=2", "recompute=true",
                     "lora_dropout=0.1")  # fmt: skip
    assert report.folders == ["model", "adapter"]
    adapter = load_file(out / "adapter" / "adapter_model.safetensors")
    from clinseek.training.recipes.student import Student

    assert sum(each.size for each in adapter.values()) == (
        Student.of_folder(made.student).lora_parameters(4)
    )
    before = load_file(made.student / "model.safetensors")
    after = load_file(out / "model" / "model.safetensors")
    assert before.keys() == after.keys()
    changed = {name for name in before if (before[name] != after[name]).any()}
    assert changed
    assert all(name.endswith("_proj.weight") for name in changed)


def test_a_folder_of_another_training_is_left_as_it_is(made: Made) -> None:
    before = files_of(made.out)
    with pytest.raises(SettingError, match=r"another training \(recipe: steps = 6 there, 7 here\)"):
        trained(made, made.out, "steps=7")
    other = a_student(made.out.parent / "other", seed=1)
    with pytest.raises(SettingError, match="its model is another"):
        train(read_recipe("trl", SETTINGS), dataset=made.dataset, model=other, out=made.out)
    assert files_of(made.out) == before


def test_a_folder_in_which_another_process_trains_is_refused(made: Made) -> None:
    with TrainingFolder(made.out).alone(), pytest.raises(SettingError, match="another process"):
        trained(made, made.out)
