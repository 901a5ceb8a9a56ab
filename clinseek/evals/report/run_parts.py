"""The parts of a run's page: its answer, what went wrong, the turns of the model.

Links go through `where`, which turns the name of a place into an address: on a page that holds the
whole run that is `#place`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from clinseek.evals.report.markup import Markup, element, join
from clinseek.evals.report.observation_card import (
    Where,
    arguments_of,
    line_anchor,
    on_this_page,
    part_anchor,
    row_anchor,
    told_of,
)
from clinseek.evals.transcripts.evidence import (
    Observation,
    citation_parts,
    lines_of,
    text_of,
)
from clinseek.toolkits.ehr.availability import warning_of


def about(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Whom a question is about and when; no facts of a patient where it names none."""
    if row.get("subject_id") is not None:
        yield "patient", str(row["subject_id"])
    if row.get("cutoff") is not None:
        yield "record as of", str(row["cutoff"])
    if images := row.get("images"):
        yield "images", str(len(images))


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
    target = row_anchor(evidence, row) if row and observation.holds_row(row) else evidence
    if row and observation.names_part(row):
        target = part_anchor(evidence, int(row))
    if (lines := lines_of(row)) and observation.shows_line(lines[0]):
        target = line_anchor(evidence, lines[0])
    web = observation.web
    title = f"{web['title']} ({web['url']})" if web else None
    return element("a", citation, href=where(target), title=title)


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
            element("span", f" {told_of(observation)}", class_="quiet"),
        )
    return element(
        "li", element("code", function["name"]), found, arguments_of(function["arguments"])
    )
