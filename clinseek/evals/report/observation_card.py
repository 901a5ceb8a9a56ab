"""One observation as a card: its call, its table or page or text, the cited rows marked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clinseek.evals.report.markup import Markup, element, join, scrolled
from clinseek.evals.transcripts.evidence import Observation
from clinseek.evals.transcripts.observation_text import Grid, Prose

Where = Callable[[str], str]


def on_this_page(place: str) -> str:
    """The address of a place on the page itself.

    >>> on_this_page("E3-row-17")
    '#E3-row-17'
    """
    return f"#{place}"


def fact(name: str, value: str) -> Markup:
    """One of a list of facts."""
    return element("div", element("dt", name), element("dd", value))


def line_anchor(evidence: str, line: int) -> str:
    """The place of a line of a page."""
    return f"{evidence}-L{line}"


def part_anchor(evidence: str, number: int) -> str:
    """The place of a part of an image."""
    return f"{evidence}-part-{number}"


def row_anchor(evidence: str, row: str) -> str:
    """The place of a row."""
    return f"{evidence}-row-{row}"


def arguments_of(arguments: Any) -> Markup | None:
    """The arguments of a call, a line each; None where there are none."""
    read = arguments
    if isinstance(arguments, str):
        try:
            read = json.loads(arguments)
        except json.JSONDecodeError:
            return element("pre", arguments)
    if not read:
        return None
    if not isinstance(read, Mapping):
        return element("pre", json.dumps(read, ensure_ascii=False, indent=1))
    return element("pre", "\n".join(f"{name} = {_plain(value)}" for name, value in read.items()))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def told_of(observation: Observation) -> str:
    """How long a call took and how long its answer is."""
    entry = observation.entry
    refused = "refused, " if entry["refused"] else ""
    return f"{refused}{entry['seconds'] * 1000:,.0f} ms, {entry['chars']:,} characters"


def observation_card(
    observation: Observation,
    *,
    where: Where = on_this_page,
    most_rows: int | None = None,
    whole: str | None = None,
    pictures: Markup | None = None,
) -> Markup:
    """One observation with its table, its page or its text, open where the answer cites it.

    Of more than `most_rows` rows or lines only those and the cited ones are shown; `whole` is then
    the address of a page that shows all. `pictures` stand beneath.
    """
    entry, turn = observation.entry, observation.entry["round"]
    tag = "tag" if observation.cited else "tag uncited"
    summary = element(
        "summary",
        element("span", observation.id, class_=tag),
        element("code", entry["tool"]),
        element("span", ", ".join(entry["tables"]), class_="quiet"),
        element("span", element("a", f"turn {turn}", href=where(f"turn-{turn}")), class_="quiet"),
        element("span", told_of(observation), class_="quiet"),
    )
    return element(
        "details",
        summary,
        arguments_of(entry["arguments"]),
        _page(observation)
        if observation.web
        else [_part(part, observation, most_rows, whole) for part in observation.parts],
        pictures,
        class_="card observation",
        id=observation.id,
        open=observation.cited,
    )


def _page(observation: Observation) -> Markup:
    """What was shown of a web page: where it is from, and its lines, the cited ones marked."""
    web = observation.web or {}
    facts = [("page", web["title"]), ("address", web["url"] or "a search"),
             ("retrieved", web["retrieved"]), ("sha256", web["sha256"])]  # fmt: skip
    lines = [_line(number, said, observation) for number, said in observation.page_lines]
    return join(
        element("dl", [fact(name, str(value)) for name, value in facts], class_="facts"),
        element("div", lines, class_="text"),
    )


def _line(number: int | None, said: str, observation: Observation) -> Markup:
    return element(
        "div",
        said,
        id=None if number is None else line_anchor(observation.id, number),
        class_="cited" if number in observation.cited_lines else None,
    )


def _part(
    part: Prose | Grid, observation: Observation, most: int | None, whole: str | None
) -> Markup:
    if isinstance(part, Prose):
        return _prose(part.text, most, whole)
    head = element("tr", [element("th", column, scope="col") for column in part.columns])
    shown = _few_rows(part, observation, most)
    rows = [_row(cells, part, observation) for cells in shown]
    drawn = element("table", element("thead", head), element("tbody", rows))
    table = scrolled(drawn, f"Rows of {observation.id}")
    if len(shown) == len(part.rows):
        return table
    return join(table, _rest(f"{len(shown):,} of {len(part.rows):,} rows", whole))


_CHARACTERS_A_ROW = 200


def _prose(text: str, most: int | None, whole: str | None) -> Markup:
    if most is None or len(text) <= most * _CHARACTERS_A_ROW:
        return element("p", text, class_="text")
    cut = most * _CHARACTERS_A_ROW
    return join(
        element("p", text[:cut], class_="text"),
        _rest(f"{cut:,} of {len(text):,} characters", whole),
    )


def _rest(told: str, whole: str | None) -> Markup:
    link = element("a", "show all", href=whole) if whole else None
    return element("p", f"{told} are shown. ", link, class_="quiet")


def _few_rows(grid: Grid, observation: Observation, most: int | None) -> Sequence[tuple[str, ...]]:
    if most is None or len(grid.rows) <= most:
        return grid.rows
    cited = observation.cited_rows if grid.is_cited else frozenset()
    return [cells for at, cells in enumerate(grid.rows) if at < most or cells[0] in cited]


def _row(cells: Sequence[str], grid: Grid, observation: Observation) -> Markup:
    cited = grid.is_cited and cells[0] in observation.cited_rows
    return element(
        "tr",
        [element("td", cell) for cell in cells],
        id=row_anchor(observation.id, cells[0]) if grid.is_cited else None,
        class_="cited" if cited else None,
    )
