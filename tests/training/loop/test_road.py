"""The whole road on a handful of patients: that it is gone, not how well the student learns."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.splits import split_of
from clinseek.evals.rows import read_rows
from clinseek.evals.runner.run_folder import RunFolder
from clinseek.training.loop.commands import Command, Stages
from clinseek.training.loop.page import page
from clinseek.training.loop.places import Places
from clinseek.training.loop.report import LoopReport, report_of
from clinseek.training.loop.road import LoopSettings, go
from clinseek.training.loop.student import Size, make_tokenizer
from clinseek.training.rendering import Tokenizer
from clinseek.training.traces.folder import TraceFolder

for needed in ("torch", "transformers", "trl", "datasets"):
    pytest.importorskip(needed, reason="the extra 'training' is not installed")

FEW = LoopSettings(patients=20, per_patient=1, held_out=1, untrained=1, steps=2)


class Looped(NamedTuple):
    places: Places
    told: list[str]
    report: LoopReport


@pytest.fixture(scope="module")
def looped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looped]:
    """A loop of two steps of training, asked in process."""
    folder = tmp_path_factory.mktemp("loop")
    held = os.environ.get("CLINSEEK_HOME")
    os.environ["CLINSEEK_HOME"] = str(folder / "home")
    told: list[str] = []
    out = folder / "out"
    go(out, FEW, seeds=[1], abreast=1, host="hf", tell=told.append)
    yield Looped(Places(out), told, report_of(Places(out), [1], Stages(out, told.append).took()))
    if held is None:
        del os.environ["CLINSEEK_HOME"]
    else:
        os.environ["CLINSEEK_HOME"] = held


def test_every_stage_is_a_command_that_is_told(looped: Looped) -> None:
    lines = "\n".join(looped.told)
    for command in ("synth", "ingest", "traces filter", "traces refine", "traces export", "train",
                    "eval"):  # fmt: skip
        assert f"clinseek {command} " in lines
    assert set(looped.report.took) >= {"cohort", "teacher", "majority", "tokenizer", "train-1"}


def test_nobody_who_is_asked_about_was_trained_on(looped: Looped) -> None:
    train, held_out = (
        {row.subject_id for row in read_rows(file)}
        for file in (looped.places.train_rows, looped.places.held_out_rows)
    )
    assert train
    assert held_out
    assert {split_of(subject) for subject in train if subject} == {"train"}
    assert {split_of(subject) for subject in held_out if subject} == {"test"}


def test_no_label_stands_in_a_prompt(looped: Looped) -> None:
    for record in RunFolder(looped.places.teacher).records():
        prompt = " ".join(str(message["content"]) for message in record.messages[:2])
        assert "yes" not in prompt
        assert "label" not in prompt


def test_the_teacher_is_right_by_labels_that_it_has_not_seen(looped: Looped) -> None:
    teacher = looped.report.lines[-1]
    assert (teacher.model, teacher.valid, teacher.exact, teacher.cited) == ("teacher", 1, 1, 1)
    assert teacher.f1 == 1
    kept = json.loads((looped.places.kept / "report.json").read_bytes())
    assert kept["kept"] == kept["read"]


def test_a_tokenizer_of_many_traces_gives_digits_alone_and_schemas_whole(
    looped: Looped, tmp_path: Path
) -> None:
    trace = next(TraceFolder(looped.places.refined).traces())
    make_tokenizer([trace] * 30, tmp_path, size=Size())
    schema = json.dumps(trace.tools[1]).replace("ehr.finish", "ehr_finish")
    text = f"{schema}\nSELECT 509 "
    pieces = [text[start:end] for start, end in Tokenizer.of_folder(tmp_path).tokens(text).places]
    assert "".join(pieces) == text
    assert pieces[0] == schema
    assert [each for each in pieces if each.isdigit()] == ["5", "0", "9"]


def test_the_trained_student_has_the_untrained_ones_shape_and_other_weights(
    looped: Looped,
) -> None:
    before, after = looped.places.untrained(1), looped.places.student(1)
    for name in ("tokenizer.json", "chat_template.jinja"):
        assert (before / name).read_bytes() == (after / name).read_bytes()
    assert (before / "model.safetensors").read_bytes() != (after / "model.safetensors").read_bytes()


def test_the_table_says_on_whom_it_was_measured_and_who_is_in_it(looped: Looped) -> None:
    table = page(looped.report).splitlines()
    assert table[0].startswith("held-out: ")
    for model in ("untrained, seed 1", "student, seed 1", "majority", "teacher"):
        assert sum(line.startswith(f"| {model} |") for line in table) == 1


def test_a_second_call_does_nothing_again(looped: Looped) -> None:
    told: list[str] = []
    go(looped.places.out, FEW, seeds=[1], abreast=1, host="hf", tell=told.append)
    assert told == []


def test_a_folder_of_other_settings_is_refused(looped: Looped) -> None:
    other = FEW.model_copy(update={"patients": 21})
    with pytest.raises(SettingError, match="begun with patients = 20, and it is 21 now"):
        go(looped.places.out, other, seeds=[1], abreast=1, host="hf", tell=lambda _: None)


def test_a_command_that_fails_is_told_with_its_words_and_is_done_the_next_time(
    tmp_path: Path,
) -> None:
    stages = Stages(tmp_path, lambda _: None)
    wrong = Command("store", ("ingest", str(tmp_path / "nothing"), "--out", str(tmp_path / "s")))
    with pytest.raises(SettingError, match=r"clinseek ingest .* ended with 2: .*nothing"):
        stages.run([wrong])
    assert not stages.has_ended("store")
