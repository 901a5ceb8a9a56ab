"""Keyword, fuzzy and semantic search as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clinseek.toolkits.ehr.candidates.fusion import DEPTH, fused
from clinseek.toolkits.ehr.candidates.fuzzy import fuzzy_matches
from clinseek.toolkits.ehr.candidates.keyword import keyword_matches
from clinseek.toolkits.ehr.candidates.match import Match
from clinseek.toolkits.ehr.candidates.semantic import SemanticIndex, semantic_matches

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.candidates.titles import Titles


def hybrid_matches(
    titles: Titles, queries: Sequence[str], *, limit: int = 5, index: SemanticIndex | None = None
) -> list[list[Match]]:
    """For each query the `limit` titles that rank best over all searches that are at hand.

    Without an `index` it is keyword and fuzzy search alone.
    """
    searches = [
        [keyword_matches(titles, query, limit=DEPTH).matches for query in queries],
        fuzzy_matches(titles, queries, limit=DEPTH),
    ]
    if index is not None:
        searches.append(semantic_matches(index, queries, limit=DEPTH, threshold=0.0))
    return [fused(lists, limit=limit) for lists in zip(*searches, strict=True)]
