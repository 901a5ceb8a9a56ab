"""The parts of a run's page: its answer, the turns of the model, the evidence they brought.

Links go through `where`, which turns the name of a place into an address: on a page that holds the
whole run that is `#place`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from clinseek.evals.report.evidence import (
    Observation,
    citation_parts,
    lines_of,
    text_of,
)
from clinseek.evals.report.markup import Markup, element, join
from clinseek.evals.report.observation_text import Grid, Prose
from clinseek.toolkits.ehr.availability import warning_of

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


def answer_card(
    run: Mapping[str, Any], observations: Sequence[Observation], *, where: Where = on_this_page
) -> Markup:
    """The answer, each item with links to what it cites."""
    citations = [*run["citations"], *([] for _ in run["answer"])]
    items = [
        element("li", item, element("span", _links(cited, observations, where), class_="cites"))
        for item, cited in zip(run["answer"], citations, strict=False)
    ]
    none = element("p", "No answer was given.", class_="none")
    return element(
        "section",
        element("h2", "Answer"),
        element("ul", items) if items else none,
        _candidates(run["row"].get("candidates") or []),
        class_="card answer",
    )


def _candidates(candidates: Sequence[str]) -> Markup | None:
    if not candidates:
        return None
    return element("p", f"Candidates: {', '.join(candidates)}", class_="quiet")


def _links(
    citations: Sequence[str], observations: Sequence[Observation], where: Where
) -> list[Markup]:
    by_id = {observation.id: observation for observation in observations}
    return [join(" ", _link(citation, by_id, where)) for citation in citations]


def _link(citation: str, by_id: Mapping[str, Observation], where: Where) -> Markup:
    evidence, row = citation_parts(citation)
    observation = by_id.get(evidence)
    if observation is None:
        return element("span", citation)
    target = _row_anchor(evidence, row) if row and observation.holds_row(row) else evidence
    if (lines := lines_of(row)) and observation.shows_line(lines[0]):
        target = _line_anchor(evidence, lines[0])
    web = observation.web
    title = f"{web['title']} ({web['url']})" if web else None
    return element("a", citation, href=where(target), title=title)


def _line_anchor(evidence: str, line: int) -> str:
    return f"{evidence}-L{line}"


def _row_anchor(evidence: str, row: str) -> str:
    return f"{evidence}-row-{row}"


def warning_notice(run: Mapping[str, Any]) -> Markup | None:
    """What the profile of the run shows that was not known at its cutoff."""
    warning = warning_of(run["versions"].get("profile", ""))
    said = f"Warning: {warning}."
    return element("p", said, class_="card notice", role="note") if warning else None


def error_notice(run: Mapping[str, Any]) -> Markup | None:
    """What went wrong; None where nothing did."""
    if not run["errors"]:
        return None
    return element(
        "section",
        element("h2", "What went wrong or was found wanting"),
        [
            element("p", f"round {error['round']}, {error['where']}: {error['message']}")
            for error in run["errors"]
        ],
        class_="card notice",
    )


def turns_of(
    run: Mapping[str, Any],
    observations: Sequence[Observation],
    *,
    messages: Iterable[Mapping[str, Any]] | None = None,
    after: int = 0,
    where: Where = on_this_page,
) -> Iterator[Markup]:
    """The messages of a run as cards, or some of its `messages` that come after round `after`."""
    by_call = {str(observation.entry["call_id"]): observation for observation in observations}
    number = after
    for message in run["messages"] if messages is None else messages:
        role = message["role"]
        if role == "assistant":
            number = round_of(message, by_call, after=number)
            yield _model_turn(number, message, by_call, where)
        elif role == "tool":
            if str(message["tool_call_id"]) not in by_call:
                yield _folded("Reply to a call", text_of(message.get("content")))
        else:
            yield _folded(_WHO[role], text_of(message.get("content")))


_WHO = {
    "system": "Instructions to the model",
    "user": "Told to the model",
    "developer": "Instructions to the model",
}


def round_of(message: Mapping[str, Any], by_call: Mapping[str, Observation], *, after: int) -> int:
    """The round of a turn, as the ledger counts: a turn that could not be read has no message."""
    for call in message.get("tool_calls") or []:
        if str(call["id"]) in by_call:
            return int(by_call[str(call["id"])].entry["round"])
    return after + 1


def _folded(title: str, text: str) -> Markup:
    return element("details", element("summary", title), element("pre", text), class_="card turn")


def _model_turn(
    number: int,
    message: Mapping[str, Any],
    by_call: Mapping[str, Observation],
    where: Where,
) -> Markup:
    reasoning = text_of(message.get("reasoning_content") or message.get("reasoning"))
    said = text_of(message.get("content"))
    calls = message.get("tool_calls") or []
    return element(
        "article",
        element("header", element("h3", f"Turn {number}")),
        element("details", element("summary", "Reasoning"), element("p", reasoning, class_="text"))
        if reasoning
        else None,
        element("p", said, class_="text") if said else None,
        element("ul", [_call(call, by_call, where) for call in calls], class_="calls")
        if calls
        else None,
        class_="card turn",
        id=f"turn-{number}",
    )


def _call(call: Mapping[str, Any], by_call: Mapping[str, Observation], where: Where) -> Markup:
    function = call["function"]
    observation = by_call.get(str(call["id"]))
    found = None
    if observation is not None:
        found = join(
            " ",
            element("a", observation.id, href=where(observation.id)),
            element("span", f" {_told(observation)}", class_="quiet"),
        )
    return element(
        "li", element("code", function["name"]), found, _arguments(function["arguments"])
    )


def _arguments(arguments: Any) -> Markup | None:
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


def _told(observation: Observation) -> str:
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
        element("span", _told(observation), class_="quiet"),
    )
    return element(
        "details",
        summary,
        _arguments(entry["arguments"]),
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
        id=None if number is None else _line_anchor(observation.id, number),
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
    label = f"Rows of {observation.id}"
    table = element("div", drawn, class_="scroll", tabindex="0", role="region", aria_label=label)
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
        id=_row_anchor(observation.id, cells[0]) if grid.is_cited else None,
        class_="cited" if cited else None,
    )
