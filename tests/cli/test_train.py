"""`clinseek train`: a dry run that writes nothing, and one sentence for what cannot be."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from clinseek.cli.main import INTERRUPTED, USER_ERROR, _as_ctrl_c
from clinseek.training.recipes import requirements
from clinseek.training.recipes.engines import trl
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.progress import OnProgress, Progress
from tests.cli.conftest import CommandLine
from tests.training.made import EveryoneIn, a_trace
from tests.training.students_made import (
    TESTED,
    a_dataset,
    a_folder_of_weights,
    rewrite_tokens,
)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_folder_of_weights(tmp_path_factory.mktemp("student") / "student")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, student: Path) -> Path:
    return a_dataset(tmp_path_factory.mktemp("dataset") / "dataset", student)


@pytest.fixture(autouse=True)
def _everything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is: what is missing has its own test."""
    monkeypatch.setattr(requirements, "found", lambda name: "9999")


def test_a_dry_run_resolves_all_shows_examples_and_writes_nothing(
    clinseek: CommandLine, student: Path, dataset: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = clinseek("train", "trl", "--data", dataset, "--model", student, "--out", out,
                    "--set", "global_batch=4", "--dry-run")  # fmt: skip
    assert done.code == 0
    assert "9 steps of 4 rows (3 epochs of 12 rows) on 1 x cpu in fp32" in done.out
    assert done.out.count("of them trained") == 3 + 1  # three examples, and the adapter's share
    assert "⟦\n<tool_call>" in done.out
    assert "memory: about" in done.out
    assert "time: about" in done.out
    assert "nothing was written" in done.err
    assert not out.exists()


def test_a_dry_run_for_another_machine_says_so_and_is_an_object_with_json(
    clinseek: CommandLine, student: Path, dataset: Path, tmp_path: Path
) -> None:
    done = clinseek("train", "deepspeed", "--data", dataset, "--model", student, "--out",
                    tmp_path / "out", "--set", "processes=8", "--dry-run", "--json")  # fmt: skip
    told = json.loads(done.out)
    assert told["zero"]["zero_optimization"]["stage"] == 3
    assert told["training"]["processes"] == 8
    assert len(told["examples"]) == 3
    assert any(run["trained"] for run in told["examples"][0]["runs"])
    assert "no CUDA device is here" in told["remarks"][0]


LINES = {
    "trl": "pip install 'clinseek[training]'",
    "unsloth": "unsloth-env/bin/pip install clinseek unsloth",
    "deepspeed": "pip install 'clinseek[training]' deepspeed",
}


@pytest.mark.parametrize("recipe", LINES)
def test_where_packages_are_missing_the_line_that_installs_them_is_told(
    clinseek: CommandLine, student: Path, dataset: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, recipe: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(requirements, "found", lambda name: None)
    for dry in ([], ["--dry-run"]):
        refused = clinseek("train", recipe, "--data", dataset, "--model", student, "--out",
                           tmp_path / "out", "--set", "device=cpu", *dry)  # fmt: skip
        assert refused.code == USER_ERROR
        assert LINES[recipe] in refused.err
    assert not (tmp_path / "out").exists()


def beyond_the_model(rows: list[dict[str, list[int]]]) -> list[dict[str, list[int]]]:
    return [{**row, "input_ids": [row["input_ids"][0] + 10_000, *row["input_ids"][1:]]}
            for row in rows]  # fmt: skip


def unlabelled(rows: list[dict[str, list[int]]]) -> list[dict[str, list[int]]]:
    return [{**row, "labels": [-100] * len(row["labels"])} for row in rows]


def without_stops(rows: list[dict[str, list[int]]]) -> list[dict[str, list[int]]]:
    """Each turn trained without its last token, `<|im_end|>`."""
    return [
        {**row, "labels": [
            label if -100 not in row["labels"][at : at + 2] else -100
            for at, label in enumerate(row["labels"])
        ]}
        for row in rows
    ]  # fmt: skip


def of_another_version(report: Path) -> None:
    report.write_text(json.dumps({**json.loads(report.read_text()), "schema_version": 9}))


def truncated(file: Path) -> None:
    """As a copy that was broken off leaves it: its header whole, not its numbers."""
    file.write_bytes(file.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d, s: (d / "export.json").unlink(), "no dataset (export.json is not there)"),
        (lambda d, s: (d / "export.json").write_text("[]"),
         "export.json: cannot be read; export the traces again"),
        (lambda d, s: of_another_version(d / "export.json"),
         "an export of schema version 9, and this clinseek reads 1; export the traces again"),
        (lambda d, s: shutil.rmtree(d / "tokens"),
         "is not tokenised; clinseek traces export KEPT --format trl --out DATA --tokenizer"),
        (lambda d, s: (d / "tokens" / "chat_template.jinja").unlink(), "by an earlier clinseek"),
        (lambda d, s: (d / "tokens" / "validation.parquet").unlink(), "is not as it was exported"),
        (lambda d, s: rewrite_tokens(d, lambda rows: []), "there is nothing to train on"),
        (lambda d, s: rewrite_tokens(d, lambda rows: [{**rows[0], "subject_id": TESTED[0]}]),
         f"is of patient {TESTED[0]}, who is for testing"),
        (lambda d, s: rewrite_tokens(d, beyond_the_model), "do not go together"),
        (lambda d, s: rewrite_tokens(d, unlabelled), "no token has a label"),
        (lambda d, s: rewrite_tokens(d, without_stops),
         "in example t0 no token at which the model stops ('<|im_end|>') is trained"),
        (lambda d, s: (s / "tokenizer.json").write_text(
            (s / "tokenizer.json").read_text() + "\n"), "made with another tokenizer"),
        (lambda d, s: (s / "config.json").unlink(), "no model (config.json is not there)"),
        (lambda d, s: (s / "model.safetensors").write_bytes(b"\xff" * 12), "is not whole"),
        (lambda d, s: truncated(s / "model.safetensors"), "and its header tells of"),
        (lambda d, s: (s / "tokenizer_config.json").write_text("{}"), "names an end token"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused_in_one_sentence(
    clinseek: CommandLine, student: Path, dataset: Path, tmp_path: Path,
    spoil: Callable[[Path, Path], object], said: str,
) -> None:  # fmt: skip
    held = shutil.copytree(dataset, tmp_path / "dataset")
    model = shutil.copytree(student, tmp_path / "student")
    spoil(held, model)
    refused = clinseek("train", "trl", "--data", held, "--model", model, "--out", tmp_path / "out")
    assert refused.code == USER_ERROR
    assert said in refused.err
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tlr"], "unknown recipe 'tlr'; the nearest is 'trl'"),
        (["trl", "--set", "warm_up=3"], "unknown key 'warm_up'; the nearest is 'warmup_steps'"),
        (["trl", "--set", "device=cuda"], "there is no CUDA device here"),
        (["clinseek-35b"], "there is no CUDA device here"),
        (["trl", "--set", "max_tokens=900"], "more than max_tokens = 900, and nothing is cut"),
        (["deepspeed", "--set", "device=cpu", "--set", "processes=3"], "is no multiple of 3"),
        (["trl", "--split", "held-out"], "--held-out"),
        (["trl", "--evaluation", "nowhere"], "no scores"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_in_one_sentence(
    clinseek: CommandLine, student: Path, dataset: Path, tmp_path: Path,
    arguments: list[str], said: str,
) -> None:  # fmt: skip
    refused = clinseek("train", *arguments, "--data", dataset, "--model", student,
                       "--out", tmp_path / "out")  # fmt: skip
    assert refused.code == USER_ERROR
    assert said in refused.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_else_is_left_as_it_is(
    clinseek: CommandLine, student: Path, dataset: Path
) -> None:
    before = sorted(dataset.rglob("*"))
    refused = clinseek("train", "trl", "--data", dataset, "--model", student, "--out", dataset)
    assert (refused.code, "holds an export already" in refused.err) == (USER_ERROR, True)
    assert sorted(dataset.rglob("*")) == before


def test_patients_of_another_split_are_checked_by_that_split(
    clinseek: CommandLine, student: Path, tmp_path: Path
) -> None:
    from clinseek.evals.rows import write_rows
    from tests.evals.scorers.made import a_row

    held = a_dataset(tmp_path / "dataset", student, [a_trace(subject_id=TESTED[0])],
                     split=EveryoneIn("train"))  # fmt: skip
    train = ["train", "trl", "--data", held, "--model", student, "--out", tmp_path / "out"]
    assert "who is for testing" in clinseek(*train, "--dry-run").err
    for held_out, code in ((TESTED[1], 0), (TESTED[0], USER_ERROR)):
        rows = tmp_path / "rows.jsonl"
        write_rows(rows, [a_row(subject_id=held_out)])
        done = clinseek(*train, "--split", "held-out", "--held-out", rows, "--dry-run")
        assert done.code == code


def test_a_training_that_is_terminated_says_how_to_go_on_and_leaves_its_folder_free(
    clinseek: CommandLine, student: Path, dataset: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def terminated(plan: Plan, on_progress: OnProgress) -> None:
        on_progress(Progress(1, plan.steps, 2.0, 100.0, 9.0))
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(trl, "run", terminated)
    before = signal.signal(signal.SIGTERM, _as_ctrl_c)
    out = tmp_path / "out"
    words = ["train", "trl", "--data", dataset, "--model", student, "--out", out,
             "--set", "device=cpu", "--set", "global_batch=4"]  # fmt: skip
    try:
        for _ in range(2):  # the second time nobody holds the folder
            stopped = clinseek(*words)
            assert stopped.code == INTERRUPTED
            assert stopped.err.strip() == "Interrupted; run the same command again, it goes on"
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "it goes on" not in clinseek(*words, "--dry-run").err  # no checkpoint was written yet
    assert not (out / "train.json").exists()
