"""What a search finds: a title and how well it fits."""

from __future__ import annotations

from typing import NamedTuple


class Match(NamedTuple):
    """One title found: its place in `Titles.titles`, and its score, higher is better.

    Fuzzy search scores 0-100, search by meaning a cosine, fusion a sum of reciprocal ranks.
    """

    place: int
    score: float
