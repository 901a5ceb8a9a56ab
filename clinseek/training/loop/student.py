"""The student before it has learnt anything: a tokenizer of its own and weights drawn at random.

Its tokenizer merges across words, so that what every conversation repeats (the prompt, the schemas
of the tools, the frame of a query) is a few tokens; digits always stand alone.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import SettingError
from clinseek.training.exporting.example import exported, named
from clinseek.training.rendering.template import ChatTemplate, as_objects
from clinseek.training.traces.trace import Trace

TEMPLATE = "qwen3_instruct_2507_training"
"""Qwen3's template without thinking, as TRL ships it for training; tools are rendered in full."""
_END, _PAD = "<|im_end|>", "<|endoftext|>"
_SPECIAL = ("<|im_start|>", _END, _PAD)
_MARKUP = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
"""Tokens that are not flagged special, as in Qwen: a server that drops special ones keeps them."""
_APART = r'\{"type": "function"[^\n]*|assistant\n|\d'
"""What stands alone: the schema of a tool as a whole, the opening of a turn, and each digit. All
else is merged as far as it is repeated, over words and lines."""


class Size(NamedTuple):
    """How large the student is; about a million parameters by default."""

    vocabulary: int = 3_000
    hidden: int = 128
    layers: int = 4
    heads: int = 4
    inner: int = 384
    context: int = 1_024


def make_tokenizer(traces: Iterable[Trace], folder: Path, *, size: Size) -> None:
    """Train a tokenizer on the conversations of `traces`, and write it with its template."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    template = student_template()
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_APART), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    marks = [*_SPECIAL, *_MARKUP]
    trainer = trainers.BpeTrainer(
        vocab_size=size.vocabulary - len(marks),
        min_frequency=20,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(_texts(traces, ChatTemplate(template), marks), trainer)
    made.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    made.add_tokens([AddedToken(token, special=False) for token in _MARKUP])
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": _END,
        "pad_token": _PAD,
        "model_max_length": size.context,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")


def make_weights(folder: Path, *, size: Size, seed: int) -> int:
    """Write a model of `size` with weights drawn by `seed` beside its tokenizer; its parameters."""
    import torch
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        intermediate_size=size.inner,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        head_dim=size.hidden // size.heads,
        max_position_embeddings=size.context,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.convert_tokens_to_ids(_END),
        pad_token_id=tokenizer.convert_tokens_to_ids(_PAD),
        bos_token_id=None,
    )
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(config)
    model.save_pretrained(folder)
    return sum(weight.numel() for weight in model.parameters())


def student_template() -> str:
    """The source of the student's chat template. SettingError where TRL is not installed."""
    found = importlib.util.find_spec("trl")
    if found is None or found.origin is None:
        raise SettingError("the loop needs TRL: pip install 'clinseek[training]'")
    file = Path(found.origin).parent / "chat_templates" / f"{TEMPLATE}.jinja"
    return file.read_text(encoding="utf-8")


def _texts(traces: Iterable[Trace], template: ChatTemplate, marks: Iterable[str]) -> Iterator[str]:
    """The conversations as they are rendered, a part between two marks at a time."""
    for trace in traces:
        tools, wired = named(trace, "wire")
        messages = [exported(message, "wire", wired) for message in trace.messages]
        text = template.render(as_objects(messages), tools).text
        for mark in marks:
            text = text.replace(mark, "\0")
        yield from (part for part in text.split("\0") if part)
