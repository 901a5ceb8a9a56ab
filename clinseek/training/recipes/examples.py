"""Examples of a dataset as text, trained parts and not: what a student will learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from clinseek.training.recipes.dataset import TokenPart, Tokens
from clinseek.training.rendering.showing import Run
from clinseek.training.rendering.tokenizer import Tokenizer

_HEAD, _TAIL = 240, 120
"""Tokens that are shown of a long run, at its beginning and at its end."""


class Shown(NamedTuple):
    """An example, its text in runs; of long ones the middle is left out, and that is said."""

    id: str
    tokens: int
    trained: int
    runs: list[Run]


def shown_examples(part: TokenPart, tokenizer: Tokenizer) -> list[Shown]:
    """The shortest, the median and the longest example, by their tokens."""
    order = sorted(range(part.examples), key=lambda number: part.lengths[number])
    chosen = dict.fromkeys((order[0], order[len(order) // 2], order[-1]))
    return [shown(part.example(number), tokenizer) for number in chosen]


def shown(example: Tokens, tokenizer: Tokenizer) -> Shown:
    """An example as it will be learnt from."""
    trained = sum(label >= 0 for label in example.labels)
    return Shown(example.id, len(example.ids), trained, list(_runs(example, tokenizer)))


def _runs(example: Tokens, tokenizer: Tokenizer) -> Iterator[Run]:
    pairs = zip(example.ids, example.labels, strict=True)
    for trained, tokens in groupby(pairs, key=lambda pair: pair[1] >= 0):
        yield Run(_text([token for token, _ in tokens], tokenizer), trained)


def _text(ids: Sequence[int], tokenizer: Tokenizer) -> str:
    left_out = len(ids) - _HEAD - _TAIL
    if left_out <= 0:
        return tokenizer.text(ids)
    head, tail = tokenizer.text(ids[:_HEAD]), tokenizer.text(ids[-_TAIL:])
    return f"{head} [... {left_out:,} tokens ...] {tail}"
