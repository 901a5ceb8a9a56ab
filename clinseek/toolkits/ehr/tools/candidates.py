"""ehr.get_candidates_by_*: the fixed wordings that answers are chosen from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.candidates import Titles, fuzzy_matches, keyword_matches, load_titles
from clinseek.toolkits.ehr.tools import arguments as takes
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
    matches = keyword_matches(titles, asked.keyword)
    seen = Observation(tables=(table,))
    if not matches:
        return (
            f"{table}: no entry holds {asked.keyword!r}; try fewer or other words, or "
            "ehr.get_candidates_by_fuzzy_matching"
        ), seen
    page = matches[asked.offset : asked.offset + asked.limit]
    if not page:
        return f"{table}: no entry at offset {asked.offset:,} of {len(matches):,}", seen
    rows = [_line(titles, match.place) for match in page]
    body = show(Grid(("candidate", *titles.columns), rows, cited=False), room=MOST_CHARACTERS)
    last = asked.offset + body.rows
    more = f"; give more words or page with offset={last}" if last < len(matches) else ""
    first = (
        f"{table}: entries {asked.offset + 1:,}-{last:,} of {len(matches):,} with "
        f"{asked.keyword!r}{more}"
    )
    return f"{first}\n\n{body.text}", seen


def by_fuzzy_matching(case: Case, asked: takes.GetCandidatesByFuzzyMatching) -> Answer:
    """The entries spelt most like each keyword, with their likeness from 0 to 100."""
    table, titles = _titles(case, asked.table_name)
    keywords = [keyword for keyword in asked.keywords if keyword.strip()]
    if not keywords:
        raise Refusal("no keyword; give one or a list of them")
    rows = list(_likenesses(titles, keywords, asked.limit))
    columns = ("keyword", "likeness", "candidate", *titles.columns)
    body = show(Grid(columns, rows, cited=False), room=MOST_CHARACTERS)
    first = f"{table}: the {asked.limit} entries most like each keyword (likeness 0-100)"
    if body.rows < len(rows):
        first += f"; only {body.rows} of {len(rows)} fit into a reply, ask for fewer keywords"
    return f"{first}\n\n{body.text}", Observation(tables=(table,))


def _likenesses(titles: Titles, keywords: Sequence[str], limit: int) -> Iterator[tuple[Any, ...]]:
    for keyword in keywords:
        for place, score in fuzzy_matches(titles, keyword, limit=limit):
            yield (keyword, round(score), *_line(titles, place))


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
