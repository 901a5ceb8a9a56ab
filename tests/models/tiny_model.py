"""A real model of the Qwen3 architecture, made in seconds: whatever it is asked, it answers yes.

Tokenizer, chat template (in words of our own, with tools, calls and results) and weights are made
here; nothing is downloaded. The weights are trained until the greedy answer to prompts never seen
is `SAID`, so that a server or a process that runs the folder gives real, tokenised, parsed calls.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

SAID = '<tool_call>\n{"name": "ehr_finish", "arguments": {"response": ["yes"]}}\n</tool_call>'
CONTEXT = 4096
CHAT_TEMPLATE = """\
{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages[0]['role'] == 'system' %}{{ messages[0]['content'] + '\\n\\n' }}{% endif %}
{{- 'You can call these tools:\\n<tools>\\n' }}
{%- for tool in tools %}{{ tool | tojson + '\\n' }}{% endfor %}
{{- '</tools>\\nWrite a call as <tool_call>{"name": NAME, "arguments": OBJECT}</tool_call>.' }}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message['role'] == 'system' and tools %}
{%- elif message['role'] == 'tool' %}
{{- '<|im_start|>user\\n<tool_response>\\n' + message['content'] }}
{{- '\\n</tool_response><|im_end|>\\n' }}
{%- else %}
{{- '<|im_start|>' + message['role'] + '\\n' + (message['content'] or '') }}
{%- for call in message['tool_calls'] or [] %}
{{- '\\n<tool_call>\\n{"name": "' + call['function']['name'] + '", "arguments": ' }}
{{- call['function']['arguments'] | tojson + '}\\n</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
"""
_CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_MARKUP = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]
_LEARNT = 0.01
_MOST_STEPS = 400
_WORDS = f"{SAID}\n{CHAT_TEMPLATE}\npatient record lab potassium rows time user evidence query"


def make_tiny_model(folder: Path) -> Path:
    """Make and train the model; `folder`, which holds it then. Skips where torch is not there."""
    torch = pytest.importorskip("torch", reason="the extra `local` is not installed")
    pytest.importorskip("transformers", reason="the extra `local` is not installed")
    # For so small a model more threads only wait for each other, for seconds on a busy machine.
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        tokenizer = _tokenizer()
        model = _model(tokenizer)
        _train(model, tokenizer)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    wrapped: Any = PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=_CONTROL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator([_WORDS] * 4, trainer)
    # As Qwen has them: no special tokens, or decoding without specials would drop the calls.
    made.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in _MARKUP])
    return wrapped(
        tokenizer_object=made,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
        model_max_length=CONTEXT,
    )


def _model(tokenizer: Any) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=CONTEXT,
        # It looks no further back than the answer is long: however long a prompt, it has seen such.
        use_sliding_window=True,
        sliding_window=24,
        max_window_layers=0,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)


def _train(model: Any, tokenizer: Any) -> None:
    """Teach the answer, after prompts of random words with pieces of it, until it is certain."""
    import torch

    chance = random.Random(7)
    opened = tokenizer.encode("<|im_start|>assistant\n")
    answer = tokenizer.encode(f"{SAID}<|im_end|>")
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    learnt = 0
    for _ in range(_MOST_STEPS):
        length = chance.choice((8, 20, 50))
        rows = []
        for _ in range(16):
            prompt = [chance.randrange(len(tokenizer)) for _ in range(length)]
            at = chance.randrange(length - 7)
            prompt[at : at + 7] = answer[(cut := chance.randrange(len(answer) - 7)) : cut + 7]
            rows.append([*prompt, *opened, *answer])
        ids = torch.tensor(rows)
        labels = ids.clone()
        labels[:, : -len(answer)] = -100
        loss = model(input_ids=ids, labels=labels).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        learnt = learnt + 1 if loss.item() < _LEARNT else 0
        if learnt == 5:
            return
    pytest.fail(f"the tiny model learnt no answer in {_MOST_STEPS} steps")


def rendered(tokenizer: Any, question: str) -> str:
    """A prompt of one question as the template writes it."""
    text: str = tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], tokenize=False, add_generation_prompt=True
    )
    return text
