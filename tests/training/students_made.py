"""A student made on the spot (some thousand parameters, own tokenizer), and its tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from clinseek.evals.benchmarks.splits import split_of
from clinseek.training.exporting import ExportSettings, Tokenised, export_traces
from clinseek.training.rendering import Fidelity, RenderedLength, Renderer, Tokenizer
from clinseek.training.splits import BenchmarkSplit, PatientSplit
from clinseek.training.traces import Trace
from clinseek.whole_file import sha256_of
from tests.training.made import a_trace, asked
from tests.training.test_refining import kept_folder
from tests.training.tokenizers_made import CHATML, a_tokenizer

PATIENTS = range(10_000_000, 10_000_200)
TRAINED = [each for each in PATIENTS if split_of(each) == "train"]
VALIDATED = [each for each in PATIENTS if split_of(each) == "validation"]
TESTED = [each for each in PATIENTS if split_of(each) == "test"]
CONFIG = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "head_dim": 8, "max_position_embeddings": 4096,
    "tie_word_embeddings": True,
}  # fmt: skip


def a_student(folder: Path, *, template: str | None = CHATML, seed: int = 0) -> Path:
    """A model folder: a Qwen3 of two layers with weights drawn by `seed`, and its tokenizer."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    a_tokenizer(folder, template)
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(Qwen3Config(vocab_size=_vocabulary(folder), **CONFIG))
    model.save_pretrained(folder)
    return folder


def a_folder_of_weights(folder: Path, **config: Any) -> Path:
    """What a student's folder looks like, with weights that nothing can be made of."""
    import numpy as np
    from safetensors.numpy import save_file

    a_tokenizer(folder, CHATML)
    told = {"vocab_size": _vocabulary(folder), **CONFIG, **config}
    (folder / "config.json").write_text(json.dumps(told))
    save_file(
        {"model.layers.0.q_proj.weight": np.zeros((16, 16), np.float32)},
        folder / "model.safetensors",
    )
    return folder


def _vocabulary(folder: Path) -> int:
    held = json.loads((folder / "tokenizer.json").read_text())
    return len(held["model"]["vocab"]) + len(held["added_tokens"])


def traces_to_learn(examples: int = 12, validated: int = 2) -> list[Trace]:
    """Short traces of patients of the training and of the validation split."""
    return [
        a_trace([[asked("labevents", f"row {n}: {n * 7 % 10}.{n % 10}")] * (1 + n % 3)], id=f"t{n}",
                qid=f"q{n}", subject_id=TRAINED[n])
        for n in range(examples)
    ] + [
        a_trace([[asked("omr", f"row {n}")]], id=f"v{n}", qid=f"v{n}", subject_id=VALIDATED[n])
        for n in range(validated)
    ]  # fmt: skip


def a_dataset(
    folder: Path,
    student: Path,
    traces: Sequence[Trace] | None = None,
    *,
    split: PatientSplit | None = None,
) -> Path:
    """An export with tokens of `student`."""
    renderer = Renderer(Tokenizer.of_folder(student))
    kept = kept_folder(folder.with_name(f"{folder.name}-kept"), list(traces or traces_to_learn()))
    export_traces(
        kept, folder, settings=ExportSettings(), split=split or BenchmarkSplit(),
        length=RenderedLength(renderer), tokenised=Tokenised(renderer, Fidelity(renderer)),
    )  # fmt: skip
    return folder


def rewrite_tokens(
    dataset: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    """The examples to train on as `change` makes them, with their hash in the report."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = dataset / "tokens" / "train.parquet"
    held = pq.read_table(file)
    pq.write_table(pa.Table.from_pylist(change(held.to_pylist()), schema=held.schema), file)
    report = json.loads((dataset / "export.json").read_text())
    report["files"]["tokens/train.parquet"] = sha256_of(file)
    (dataset / "export.json").write_text(json.dumps(report))


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path in it, but what may differ from run to run."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name not in ("sessions.jsonl", ".lock")
    }
