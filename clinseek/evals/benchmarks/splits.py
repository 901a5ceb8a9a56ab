"""Which patients are for training, validation and test: by a hash of the patient alone.

A patient's place hangs on nothing else, so that it stays when patients, rows or tasks are added.
"""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
_SALT = "clinseek patients"
_UNTIL: tuple[tuple[float, Split], ...] = ((0.70, "train"), (0.85, "validation"), (1.0, "test"))


def split_of(subject_id: int) -> Split:
    """The split of a patient: 70 % of them train, 15 % validation, 15 % test.

    >>> split_of(10000032), split_of(10001217), split_of(10001217)
    ('validation', 'train', 'train')
    """
    drawn = uniform(_SALT, str(subject_id))
    return next(split for until, split in _UNTIL if drawn < until)


def uniform(*words: str) -> float:
    """A number in [0, 1) that hangs on the words alone.

    >>> 0 <= uniform("a", "b") < 1, uniform("a", "b") == uniform("ab", "")
    (True, False)
    """
    told = "\x1f".join(words).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest()[:6]) / 2**48
