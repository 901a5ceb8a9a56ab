"""A tokenizer made on the spot: byte-level BPE with single digits, and the tokens of ChatML."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

SPECIAL = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
MARKUP = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>",
          "</think>")  # fmt: skip
_CORPUS = ["You answer from the record. It is high: 5.9 mEq/L, at 2150-03-05 06:00:00.\n"] * 3


def a_tokenizer(folder: Path, template: str | None, *, extra: tuple[str, ...] = ()) -> Path:
    """A tokenizer folder with `template`; without one where it is None."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    digits = pre_tokenizers.Digits(individual_digits=True)
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(_CORPUS, trainer)
    made.add_special_tokens([AddedToken(token, special=True) for token in (*SPECIAL, *extra)])
    made.add_tokens([AddedToken(token, special=False) for token in MARKUP])
    folder.mkdir(parents=True)
    made.save(str(folder / "tokenizer.json"))
    config = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
              "tokenizer_class": "PreTrainedTokenizerFast"}  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


def trl_template(name: str) -> str:
    """A chat template that TRL ships; the test is skipped where TRL is not installed."""
    found = importlib.util.find_spec("trl")
    if found is None or found.origin is None:
        pytest.skip("TRL is not installed: pip install --no-deps trl is enough for its templates")
    return (Path(found.origin).parent / "chat_templates" / f"{name}.jinja").read_text()


CHATML = """\
{%- if tools %}{{ '<|im_start|>system\\n' + messages[0].content + '\\n# Tools\\n' }}
{%- for tool in tools %}{{ tool | tojson + '\\n' }}{% endfor %}{{ '<|im_end|>\\n' }}
{%- else %}{{ '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}{% endif %}
{%- for message in messages[1:] %}
{%- if message.role == 'assistant' %}
{{- '<|im_start|>assistant\\n' }}{% generation %}
{%- if message.reasoning_content %}
{{- '<think>\\n' + message.reasoning_content + '\\n</think>\\n\\n' }}{% endif %}
{{- message.content }}
{%- for call in message.tool_calls or [] %}
{{- '\\n<tool_call>\\n' + {'name': call.function.name,
                          'arguments': call.function.arguments} | tojson + '\\n</tool_call>' }}
{%- endfor %}{{ '<|im_end|>\\n' }}{% endgeneration %}
{%- elif message.role == 'tool' %}
{{- '<|im_start|>user\\n<tool_response>\\n' + message.content }}
{{- '\\n</tool_response><|im_end|>\\n' }}
{%- else %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
"""
"""A template of our own: ChatML with tools, calls, reasoning and generation marks."""
