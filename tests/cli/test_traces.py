"""`clinseek traces`: one road from a run to a dataset, and one clear sentence where it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clinseek.cli.main import USER_ERROR, run
from clinseek.training.traces import Trace
from tests.cli.conftest import CommandLine
from tests.training.made import IN_TRAINING, TOOLS, a_trace, asked, lines_of
from tests.training.test_refining import kept_folder
from tests.training.tokenizers_made import CHATML, a_tokenizer

IN_TEST = 10000019


def a_line(subject_id: int, question: str = "Is it high?") -> str:
    call = {"name": "ehr_finish", "arguments": '{"response": ["yes"]}'}
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": "It is.",
         "tool_calls": [{"id": "c", "type": "function", "function": call}]},
    ]  # fmt: skip
    return json.dumps({"messages": messages, "subject_id": subject_id, "tools": TOOLS})


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Three traces of a patient of the training split."""
    traces = [
        a_trace([[asked("labevents", f"row {n}")]], id=f"t{n}", qid=f"q{n}", subject_id=IN_TRAINING)
        for n in range(3)
    ]
    return kept_folder(tmp_path / "kept", traces).path


def test_a_file_of_conversations_becomes_a_dataset(clinseek: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text("\n".join(a_line(IN_TRAINING, f"question {n}") for n in range(3)))
    imported = clinseek("traces", "import", file, "--out", tmp_path / "traces")
    assert imported.out.startswith(f"{tmp_path / 'traces'}: 3 traces of 1 patients")
    filtered = clinseek(
        "traces", "filter", tmp_path / "traces", "--out", tmp_path / "kept", "--score", 0,
        "--profile", "any", "--json",
    )  # fmt: skip
    told = json.loads(filtered.out)
    assert (told["read"], told["kept"]) == (3, 3)
    exported = clinseek("traces", "export", tmp_path / "kept", "--out", tmp_path / "data")
    assert "train: 3 examples of 1 patients" in exported.out
    assert "split: by patient, as the benchmarks made here" in exported.out
    assert "0 of 3 traces left out" in exported.out
    assert len(lines_of(tmp_path / "data" / "train.jsonl")) == 3


def test_a_patient_of_held_out_rows_stops_the_filter(clinseek: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    file.write_text(a_line(IN_TEST))
    clinseek("traces", "import", file, "--out", tmp_path / "traces")
    refused = clinseek("traces", "filter", tmp_path / "traces", "--out", tmp_path / "kept",
                       "--held-out", a_rows_file(tmp_path))  # fmt: skip
    assert refused.code == USER_ERROR
    assert "1 traces are of patients of the test split" in refused.err


def a_rows_file(folder: Path) -> Path:
    from clinseek.evals.rows import write_rows
    from tests.evals.scorers.made import a_row

    write_rows(folder / "rows.jsonl", [a_row(subject_id=IN_TEST)])
    return folder / "rows.jsonl"


def test_refining_without_a_store_asks_for_one_or_for_no_replay(
    clinseek: CommandLine, kept: Path, tmp_path: Path
) -> None:
    refused = clinseek("traces", "refine", kept, "--out", tmp_path / "refined")
    assert (refused.code, "--no-replay" in refused.err) == (USER_ERROR, True)
    done = clinseek("traces", "refine", kept, "--out", tmp_path / "refined", "--no-replay")
    assert done.code == 0
    assert "that the traces are true is not shown" in done.err


def test_an_export_with_a_tokenizer_holds_tokens_and_their_labels(
    clinseek: CommandLine, kept: Path, tmp_path: Path
) -> None:
    pytest.importorskip("tokenizers", reason="the extra 'training' is not installed")
    import pyarrow.parquet as pq

    made = a_tokenizer(tmp_path / "tokenizer", CHATML)
    done = clinseek(
        "traces", "export", kept, "--format", "unsloth", "--out", tmp_path / "data",
        "--tokenizer", made,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "tokens by the tokenizer tokenizer" in done.out
    rows = pq.read_table(tmp_path / "data" / "tokens" / "train.parquet").to_pylist()
    lines = lines_of(tmp_path / "data" / "train.jsonl")
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert all(line["text"].startswith("<|im_start|>system") for line in lines)
    for row in rows:
        trained = [label for label in row["labels"] if label != -100]
        assert 0 < len(trained) < len(row["input_ids"])


def test_showing_a_trace_marks_what_is_trained_and_writes_a_page(
    clinseek: CommandLine, kept: Path, tmp_path: Path
) -> None:
    pytest.importorskip("tokenizers", reason="the extra 'training' is not installed")
    made = a_tokenizer(tmp_path / "tokenizer", CHATML)
    shown = clinseek("traces", "show", kept, "--tokenizer", made, "--trace", "q1")
    assert shown.code == 0, shown.err
    assert '"arguments": {"table_name": "labevents"}}\n</tool_call><|im_end|>⟧\n' in shown.out
    assert "⟧\n<|im_start|>user\n<tool_response>\n[E1] row 1" in shown.out
    page = tmp_path / "trace.html"
    clinseek("traces", "show", kept, "--tokenizer", made, "--html", page)
    assert 'class="trained"' in page.read_text(encoding="utf-8")


def test_a_trace_that_would_stop_an_export_is_shown_with_the_reason(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    pytest.importorskip("tokenizers", reason="the extra 'training' is not installed")
    trace = a_trace([[asked("labevents")]], said={0: "I write </think> here"})
    folder = kept_folder(tmp_path / "kept", [trace]).path
    made = a_tokenizer(tmp_path / "tokenizer", CHATML)
    shown = clinseek("traces", "show", folder, "--tokenizer", made)
    assert shown.code == 1
    assert "an export would stop here: turn 1 does not come back" in shown.err
    stopped = clinseek("traces", "export", folder, "--out", tmp_path / "o", "--tokenizer", made,
                       "--split", "held-out", "--held-out", rows_of(tmp_path, 7))  # fmt: skip
    assert stopped.code == USER_ERROR
    assert "--unfaithful drop" in stopped.err
    assert not (tmp_path / "o").exists()


def rows_of(folder: Path, subject_id: int) -> Path:
    from clinseek.evals.rows import write_rows
    from tests.evals.scorers.made import a_row

    write_rows(folder / "others.jsonl", [a_row(subject_id=subject_id)])
    return folder / "others.jsonl"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "{none}", "--out", "{out}"], "there is no such run"),
        (["filter", "{none}", "--out", "{out}"], "there is no such run"),
        (["filter", "{kept}", "--out", "{kept}"], "holds traces already"),
        (["filter", "{kept}", "--out", "{out}", "--per-task", "few"], "--per-task 'few'"),
        (["filter", "{kept}", "--out", "{out}", "--max-tokens", "1"], "no trace is left of 3"),
        (["export", "{none}", "--out", "{out}"], "no folder of traces"),
        (["export", "{kept}", "--out", "{out}", "--max-tokens", "9"], "raise --max-tokens"),
        (["export", "{kept}", "--out", "{out}", "--template", "x"], "needs its tokenizer"),
        (["export", "{kept}", "--out", "{out}", "--tokenizer", "{kept}"], "no tokenizer"),
        (["export", "{kept}", "--out", "{out}", "--split", "held-out"], "--held-out ROWS"),
        (["export", "{kept}", "--out", "{out}", "--format", "csv"], "csv"),
        (["show", "{kept}", "--tokenizer", "{kept}", "--trace", "no"], "holds no trace 'no'"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_nothing_is_written(
    arguments: list[str], said: str, kept: Path, tmp_path: Path, clinseek: CommandLine
) -> None:
    before = {file: file.read_bytes() for file in kept.iterdir()}
    places = {"none": tmp_path / "none", "out": tmp_path / "out", "kept": kept}
    refused = clinseek("traces", *(each.format(**places) for each in arguments))
    assert refused.code == USER_ERROR
    assert said in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
    assert {file: file.read_bytes() for file in kept.iterdir()} == before


def cut(text: str) -> str:
    """Without the end of its last line, as a full disk leaves a file."""
    return text[:-40]


def told_otherwise(text: str) -> str:
    """With one word changed by hand."""
    return text.replace("row 1", "row 7")


def without_a_line(text: str) -> str:
    """With whole lines alone, but fewer of them."""
    return text[text.index("\n") + 1 :]


@pytest.mark.parametrize("change", [cut, told_otherwise, without_a_line])
@pytest.mark.parametrize("step", [["filter"], ["refine", "--no-replay"], ["export"]])
def test_traces_that_are_not_as_they_were_written_are_refused_at_every_step(
    step: list[str], change: Callable[[str], str], kept: Path, tmp_path: Path,
    clinseek: CommandLine,
) -> None:  # fmt: skip
    file = kept / "traces.jsonl"
    text = file.read_text(encoding="utf-8")
    assert change(text) != text
    file.write_text(change(text), encoding="utf-8")
    refused = clinseek("traces", step[0], kept, *step[1:], "--out", tmp_path / "out")
    assert refused.code == USER_ERROR
    assert f"{file}: is not as it was written" in refused.err
    assert "make it again with clinseek traces filter" in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_help_names_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["traces", "--help"]) == 0
    told = capsys.readouterr().out
    assert all(step in told for step in ("import", "filter", "refine", "export", "show"))


def test_a_trace_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    trace = a_trace([[asked("labevents", "ß 😀")]], thought={0: "so"}, repairs={"json": 1})
    (read,) = kept_folder(tmp_path / "kept", [trace]).traces()
    assert read == trace
    assert Trace.model_validate_json(trace.model_dump_json()) == trace
