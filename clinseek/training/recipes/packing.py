"""Several examples in one row, none cut, none seeing another: so that little is padded.

A row's positions begin again with each example; from that, attention keeps them apart.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from clinseek.training.rendering.masking import IGNORED


class Row(NamedTuple):
    """Tokens and labels of examples that lie behind each other, and how long each is."""

    input_ids: list[int]
    labels: list[int]
    seq_lengths: list[int]


def packs_of(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Which examples go into a row of at most `most` tokens: the longest first, each where it
    leaves the least room. An example that is longer has a row of its own.

    >>> packs_of([5, 3, 4, 9, 1], 8)
    [[3], [0, 1], [2, 4]]
    """
    packs: list[list[int]] = []
    room: list[tuple[int, int]] = []
    for number in sorted(range(len(lengths)), key=lambda each: (-lengths[each], each)):
        length = lengths[number]
        at = bisect_left(room, (length, -1))
        if at < len(room):
            left, pack = room.pop(at)
            packs[pack].append(number)
        else:
            left, pack = most, len(packs)
            packs.append([number])
        if left > length:
            insort(room, (left - length, pack))
    return packs


def packed_row(examples: Iterable[tuple[Sequence[int], Sequence[int]]]) -> Row:
    """Examples (tokens, labels) as one row; the first token of none is a label of the one before.

    >>> packed_row([([1, 2], [-100, 2]), ([3, 4], [3, 4])])
    Row(input_ids=[1, 2, 3, 4], labels=[-100, 2, -100, 4], seq_lengths=[2, 2])
    """
    row = Row([], [], [])
    for ids, labels in examples:
        row.input_ids.extend(ids)
        row.labels.extend([IGNORED, *labels[1:]])
        row.seq_lengths.append(len(ids))
    return row


def packed_table(table: Any, most: int) -> Any:
    """A pyarrow table of `input_ids` and `labels` as one of packed rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.list_value_length(table["input_ids"]).to_pylist()
    ids, labels = table["input_ids"], table["labels"]

    def rows() -> Iterator[dict[str, Any]]:
        for pack in packs_of(lengths, most):
            held = [(ids[each].as_py(), labels[each].as_py()) for each in pack]
            yield packed_row(held)._asdict()

    numbers = pa.list_(pa.int32())
    names = ("input_ids", "labels", "seq_lengths")
    return pa.Table.from_pylist(list(rows()), schema=pa.schema([(name, numbers) for name in names]))
