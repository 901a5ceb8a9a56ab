"""A student made on the spot (some thousand parameters, own tokenizer), and its tokens."""

from __future__ import annotations

import json
from pathlib import Path

from clinseek.evals.benchmarks.splits import split_of
from clinseek.training.exporting import ExportSettings, Tokenised, export_traces
from clinseek.training.rendering import Fidelity, RenderedLength, Renderer, Tokenizer
from clinseek.training.splits import BenchmarkSplit
from tests.training.made import a_trace, asked
from tests.training.test_refining import kept_folder
from tests.training.tokenizers_made import CHATML, a_tokenizer

TRAINED = [each for each in range(10_000_000, 10_000_100) if split_of(each) == "train"]
VALIDATED = [each for each in range(10_000_000, 10_000_100) if split_of(each) == "validation"]
TESTED = [each for each in range(10_000_000, 10_000_100) if split_of(each) == "test"]


def a_student(folder: Path, *, template: str | None = CHATML, seed: int = 0) -> Path:
    """A model folder: a Qwen3 of two layers with weights drawn by `seed`, and its tokenizer."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    a_tokenizer(folder, template)
    held = json.loads((folder / "tokenizer.json").read_text())
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(held["model"]["vocab"]) + len(held["added_tokens"]),
            hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, head_dim=8, max_position_embeddings=4096,
            tie_word_embeddings=True,
        )
    )  # fmt: skip
    model.save_pretrained(folder)
    return folder


def a_dataset(folder: Path, student: Path, *, examples: int = 12) -> Path:
    """An export with tokens of `student`: so many examples to train on, and two to validate on."""
    traces = [
        a_trace([[asked("labevents", f"row {n}: {n * 7 % 10}.{n % 10}")] * (1 + n % 3)], id=f"t{n}",
                qid=f"q{n}", subject_id=TRAINED[n % len(TRAINED)])
        for n in range(examples)
    ] + [
        a_trace([[asked("omr", f"row {n}")]], id=f"v{n}", qid=f"v{n}", subject_id=VALIDATED[n])
        for n in range(2)
    ]  # fmt: skip
    renderer = Renderer(Tokenizer.of_folder(student))
    export_traces(
        kept_folder(folder.with_name(f"{folder.name}-kept"), traces), folder,
        settings=ExportSettings(), split=BenchmarkSplit(), length=RenderedLength(renderer),
        tokenised=Tokenised(renderer, Fidelity(renderer)),
    )  # fmt: skip
    return folder
