"""ehr.get_candidates_by_*: the fixed wordings that answers are chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.errors import ModelError, Refusal
from clinseek.toolkits.ehr.candidates import (
    Match,
    Titles,
    fuzzy_matches,
    hybrid_matches,
    keyword_matches,
    load_titles,
)
from clinseek.toolkits.ehr.candidates.semantic import (
    SemanticIndex,
    load_semantic_index,
    semantic_absence,
    semantic_index,
    semantic_matches,
    vector_file,
)
from clinseek.toolkits.ehr.tools import arguments as takes
from clinseek.toolkits.ehr.tools.fields import LONGEST_KEYWORD
from clinseek.toolkits.ehr.tools.names import CANDIDATES, candidate_tables, found, nearest
from clinseek.toolkits.ehr.tools.records import Answer
from clinseek.toolkits.ehr.tools.rendering import MOST_CHARACTERS, Grid, show
from clinseek.toolkits.observation import Observation

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case

_CODES_SHOWN = 5


def by_keyword(case: Case, asked: takes.GetCandidatesByKeyword) -> Answer:
    """Every entry that holds all words of the keyword, one line a wording."""
    table, titles = _titles(case, asked.table_name)
    keyword = _encodable(asked.keyword)
    if not keyword.strip():
        raise Refusal("the keyword is empty; give a word, a phrase or a code")
    found = keyword_matches(
        titles, keyword, mode=asked.mode, limit=asked.limit, offset=asked.offset
    )
    seen = Observation(tables=(table,))
    if not found.total:
        return (
            f"{table}: no entry holds {keyword!r}; try fewer or other words, or "
            "ehr.get_candidates_by_fuzzy_matching"
        ), seen
    if not found.matches:
        return f"{table}: no entry at offset {asked.offset:,} of {found.total:,}", seen
    rows = [_line(titles, match.place) for match in found.matches]
    body = show(Grid(("candidate", *titles.columns), rows, cited=False), room=MOST_CHARACTERS)
    last = asked.offset + body.rows
    more = f"; give more words or page with offset={last}" if last < found.total else ""
    first = (
        f"{table}: entries {asked.offset + 1:,}-{last:,} of {found.total:,} "
        f"{_with(keyword, by_synonym=found.by_synonym)}{more}"
    )
    return f"{first}\n\n{body.text}", seen


def _with(keyword: str, *, by_synonym: bool) -> str:
    if not by_synonym:
        return f"with {keyword!r}"
    return f"whose code or category is also called {keyword!r} (no entry holds these words itself)"


def by_fuzzy_matching(case: Case, asked: takes.GetCandidatesByFuzzyMatching) -> Answer:
    """The entries spelt most like each keyword, with their likeness from 0 to 100."""
    table, titles = _titles(case, asked.table_name)
    keywords = _queries(asked.keywords, "keyword")
    if asked.mode == "hybrid":
        index = _index_at_hand(titles)
        found = hybrid_matches(titles, keywords, limit=asked.limit, index=index)
        by = _FUSED if index is not None else _FUSED_WITHOUT
        return _listed(table, titles, keywords, found, by=by, column="keyword", index=index)
    found = fuzzy_matches(titles, keywords, limit=asked.limit, threshold=asked.threshold)
    by = _By("likeness", f"the {asked.limit} entries most like each keyword (likeness 0-100)")
    found = [[match._replace(score=round(match.score)) for match in each] for each in found]
    return _listed(table, titles, keywords, found, by=by, column="keyword")


def by_semantic_similarity(case: Case, asked: takes.GetCandidatesBySemanticSimilarity) -> Answer:
    """The entries nearest in meaning to each query, with their cosines to three decimals."""
    table, titles = _titles(case, asked.table_name)
    queries = _queries(asked.query, "query")
    index = _index(titles, table)
    if asked.mode == "hybrid":
        found = hybrid_matches(titles, queries, limit=asked.limit, index=index)
        return _listed(table, titles, queries, found, by=_FUSED, column="query", index=index)
    found = semantic_matches(index, queries, limit=asked.limit, threshold=asked.threshold)
    by = _By(
        "score",
        f"the {asked.limit} entries nearest in meaning to each query "
        f"(cosine, at least {asked.threshold:g})",
    )
    return _listed(table, titles, queries, found, by=by, column="query", index=index)


class _By(NamedTuple):
    """The column of a score, and the words for what is listed."""

    score: str
    says: str


_FUSED = _By("fusion", "the best entries of keyword, fuzzy and semantic search by one ranking")

_FUSED_WITHOUT = _By("fusion", "the best entries of keyword and fuzzy search by one ranking")


def _listed(
    table: str,
    titles: Titles,
    queries: Sequence[str],
    found: Sequence[Sequence[Match]],
    *,
    by: _By,
    column: str,
    index: SemanticIndex | None = None,
) -> Answer:
    seen = Observation(tables=(table,))
    rows = [
        (query, match.score, *_line(titles, match.place))
        for query, matches in zip(queries, found, strict=True)
        for match in matches
    ]
    bare = [query for query, matches in zip(queries, found, strict=True) if not matches]
    first = f"{table}: {by.says}"
    if index is not None and index.rebuilt:
        first += "; the kept vectors were broken and have been computed again"
    if bare:
        first += f"; nothing for {', '.join(map(repr, bare))}: lower the threshold or reword"
    if not rows:
        return first, seen
    columns = (column, by.score, "candidate", *titles.columns)
    body = show(Grid(columns, rows, cited=False), room=MOST_CHARACTERS)
    if body.rows < len(rows):
        first += f"; only {body.rows} of {len(rows)} fit into a reply, ask for fewer at once"
    return f"{first}\n\n{body.text}", seen


def _queries(given: Sequence[str], name: str) -> list[str]:
    asked = [_encodable(query.strip()) for query in given if query.strip()]
    if not asked:
        raise Refusal(f"no {name}; give one or a list of them")
    if longest := next((query for query in asked if len(query) > LONGEST_KEYWORD), None):
        raise Refusal(
            f"a {name} is at most {LONGEST_KEYWORD:,} characters of text, not {len(longest):,}"
        )
    return asked


def _encodable(text: str) -> str:
    """The text with ? for half of a character, which no tokenizer and no database takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _index_at_hand(titles: Titles) -> SemanticIndex | None:
    """The vectors, where there is a model and they are made already."""
    if semantic_absence():
        return None
    try:
        return load_semantic_index(titles) if vector_file(titles).is_sound() else None
    except ModelError:
        return None


def _index(titles: Titles, table: str) -> SemanticIndex:
    try:
        return semantic_index(titles, table=table)
    except ModelError as error:
        raise Refusal(str(error)) from error


def _titles(case: Case, written: str) -> tuple[str, Titles]:
    tables = candidate_tables(case)
    table = found(written, tables) or found(f"{written.strip()}{CANDIDATES}", tables)
    if table is None or case.vocabulary is None:
        raise Refusal(
            f"no candidate table {written!r}; {nearest(written, tables)}"
            f"candidate tables: {', '.join(tables) or 'none'}"
        )
    return table, load_titles(case.vocabulary, table)


def _line(titles: Titles, place: int) -> tuple[Any, ...]:
    """One wording with what its entries hold beside it; several codes are listed or counted."""
    rows = titles.rows[place]
    beside = (dict.fromkeys(cells) for cells in zip(*rows, strict=True))
    return (titles.titles[place], *(_joined(list(cells)) for cells in beside))


def _joined(cells: list[Any]) -> Any:
    if len(cells) == 1:
        return cells[0]
    listed = ", ".join(str(cell) for cell in cells[:_CODES_SHOWN] if cell is not None)
    more = len(cells) - _CODES_SHOWN
    return f"{listed} and {more:,} more" if more > 0 else listed
