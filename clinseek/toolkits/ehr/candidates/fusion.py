"""Several searches as one: reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""

from __future__ import annotations

from collections.abc import Sequence

from clinseek.toolkits.ehr.candidates.match import Match

RANK_CONSTANT = 60
"""The constant of the paper: the first of a list counts 1/61, the second 1/62."""
DEPTH = 50
"""How deep each search is read."""


def fused(lists: Sequence[Sequence[Match]], *, limit: int) -> list[Match]:
    """The `limit` titles that rank best over all lists, each given best first.

    A score is the sum of 1 / (60 + rank), rounded to six decimals; equal ones stand by title.

    >>> fused([[Match(4, 9.0), Match(7, 8.0)], [Match(7, 0.9)]], limit=2)
    [Match(place=7, score=0.032522), Match(place=4, score=0.016393)]
    """
    scores: dict[int, float] = {}
    for found in lists:
        for rank, match in enumerate(found[:DEPTH], start=1):
            scores[match.place] = scores.get(match.place, 0.0) + 1 / (RANK_CONSTANT + rank)
    ranked = [Match(place, round(score, 6)) for place, score in scores.items()]
    return sorted(ranked, key=lambda match: (-match.score, match.place))[:limit]
