"""A run as one HTML page that needs nothing else: no network, no script, no font from elsewhere.

The page forbids itself to load or run anything (its content security policy), and every text of
the record is escaped, so that a note may hold any markup and stays a note.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from clinseek.evals.report.evidence import (
    Observation,
    citation_parts,
    lines_of,
    observations_of,
    text_of,
)
from clinseek.evals.report.markup import Markup, document, element, join, style
from clinseek.evals.report.observation_text import Grid, Prose
from clinseek.toolkits.ehr.availability import warning_of

if TYPE_CHECKING:
    from clinseek.records import Record

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_RESEARCH_ONLY = "Research only: clinseek is not a medical device, and this is no medical advice."


def run_page(record: Record | Mapping[str, Any]) -> str:
    """The page of one run: its answer, every turn of the model, and the evidence it stands on.

    Takes a Record or the JSON object of one. A citation of the answer leads to its observation
    and, where it names a row, to that row.
    """
    run: Mapping[str, Any] = record if isinstance(record, Mapping) else record.as_json()
    observations = observations_of(run)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"clinseek: {run['row']['question']}"),
        style(files(__package__).joinpath("run_page.css").read_text(encoding="utf-8")),
    )
    body = element(
        "body",
        element("a", "Skip to the evidence", href="#evidence", class_="skip"),
        element("header", _heading(run)),
        element(
            "main",
            _warning(run),
            _answer(run, observations),
            _notice(run),
            _columns(run, observations),
        ),
        element("footer", _RESEARCH_ONLY, " ", _versions(run)),
    )
    return document(head, body)


def _heading(run: Mapping[str, Any]) -> Markup:
    row = run["row"]
    return join(
        element("p", "clinseek, a run", class_="eyebrow"),
        element("h1", row["question"]),
        element("dl", [_fact(name, value) for name, value in _facts(run)], class_="facts"),
    )


def _facts(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    row, usage, timings = run["row"], run["usage"], run["timings"]
    yield "patient", str(row["subject_id"])
    yield "record as of", str(row["cutoff"])
    yield "status", f"{run['status']} ({run['stop_reason'] or 'running'})"
    yield "model", str(run["model"]["spec"])
    yield "model calls", f"{usage['model_calls']:,}"
    yield "tokens", f"{usage['input_tokens']:,} in, {usage['output_tokens']:,} out"
    yield (
        "time",
        f"{timings['elapsed']:.2f} s (model {timings['model']:.2f}, tools {timings['tools']:.2f})",
    )


def _fact(name: str, value: str) -> Markup:
    return element("div", element("dt", name), element("dd", value))


def _answer(run: Mapping[str, Any], observations: Sequence[Observation]) -> Markup:
    citations = [*run["citations"], *([] for _ in run["answer"])]
    items = [
        element("li", item, element("span", _links(cited, observations), class_="cites"))
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


def _links(citations: Sequence[str], observations: Sequence[Observation]) -> list[Markup]:
    by_id = {observation.id: observation for observation in observations}
    return [join(" ", _link(citation, by_id)) for citation in citations]


def _link(citation: str, by_id: Mapping[str, Observation]) -> Markup:
    evidence, row = citation_parts(citation)
    observation = by_id.get(evidence)
    if observation is None:
        return element("span", citation)
    target = _row_anchor(evidence, row) if row and observation.holds_row(row) else evidence
    if (lines := lines_of(row)) and observation.shows_line(lines[0]):
        target = _line_anchor(evidence, lines[0])
    web = observation.web
    title = f"{web['title']} ({web['url']})" if web else None
    return element("a", citation, href=f"#{target}", title=title)


def _line_anchor(evidence: str, line: int) -> str:
    return f"{evidence}-L{line}"


def _row_anchor(evidence: str, row: str) -> str:
    return f"{evidence}-row-{row}"


def _warning(run: Mapping[str, Any]) -> Markup | None:
    """What the profile of the run shows that was not known at its cutoff."""
    warning = warning_of(run["versions"].get("profile", ""))
    said = f"Warning: {warning}."
    return element("p", said, class_="card notice", role="note") if warning else None


def _notice(run: Mapping[str, Any]) -> Markup | None:
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


def _columns(run: Mapping[str, Any], observations: Sequence[Observation]) -> Markup:
    return element(
        "div",
        element("section", element("h2", "The run"), list(_turns(run, observations))),
        element(
            "section",
            element("h2", "Evidence"),
            [_observation(observation) for observation in observations]
            or element("p", "No tool was called.", class_="quiet"),
            id="evidence",
        ),
        class_="columns",
    )


def _turns(run: Mapping[str, Any], observations: Sequence[Observation]) -> Iterator[Markup]:
    by_call = {str(observation.entry["call_id"]): observation for observation in observations}
    number = 0
    for message in run["messages"]:
        role = message["role"]
        if role == "assistant":
            number = _round_of(message, by_call, after=number)
            yield _model_turn(number, message, by_call)
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


def _round_of(message: Mapping[str, Any], by_call: Mapping[str, Observation], *, after: int) -> int:
    """The round of a turn, as the ledger counts: a turn that could not be read has no message."""
    for call in message.get("tool_calls") or []:
        if str(call["id"]) in by_call:
            return int(by_call[str(call["id"])].entry["round"])
    return after + 1


def _folded(title: str, text: str) -> Markup:
    return element("details", element("summary", title), element("pre", text), class_="card turn")


def _model_turn(
    number: int, message: Mapping[str, Any], by_call: Mapping[str, Observation]
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
        element("ul", [_call(call, by_call) for call in calls], class_="calls") if calls else None,
        class_="card turn",
        id=f"turn-{number}",
    )


def _call(call: Mapping[str, Any], by_call: Mapping[str, Observation]) -> Markup:
    function = call["function"]
    observation = by_call.get(str(call["id"]))
    found = None
    if observation is not None:
        found = join(
            " ",
            element("a", observation.id, href=f"#{observation.id}"),
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


def _observation(observation: Observation) -> Markup:
    entry, turn = observation.entry, observation.entry["round"]
    tag = "tag" if observation.cited else "tag uncited"
    summary = element(
        "summary",
        element("span", observation.id, class_=tag),
        element("code", entry["tool"]),
        element("span", ", ".join(entry["tables"]), class_="quiet"),
        element("span", element("a", f"turn {turn}", href=f"#turn-{turn}"), class_="quiet"),
        element("span", _told(observation), class_="quiet"),
    )
    return element(
        "details",
        summary,
        _arguments(entry["arguments"]),
        _page(observation)
        if observation.web
        else [_part(part, observation) for part in observation.parts],
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
        element("dl", [_fact(name, str(value)) for name, value in facts], class_="facts"),
        element("div", lines, class_="text"),
    )


def _line(number: int | None, said: str, observation: Observation) -> Markup:
    return element(
        "div",
        said,
        id=None if number is None else _line_anchor(observation.id, number),
        class_="cited" if number in observation.cited_lines else None,
    )


def _part(part: Prose | Grid, observation: Observation) -> Markup:
    if isinstance(part, Prose):
        return element("p", part.text, class_="text")
    head = element("tr", [element("th", column, scope="col") for column in part.columns])
    rows = [_row(cells, part, observation) for cells in part.rows]
    drawn = element("table", element("thead", head), element("tbody", rows))
    label = f"Rows of {observation.id}"
    return element("div", drawn, class_="scroll", tabindex="0", role="region", aria_label=label)


def _row(cells: Sequence[str], grid: Grid, observation: Observation) -> Markup:
    cited = grid.is_cited and cells[0] in observation.cited_rows
    return element(
        "tr",
        [element("td", cell) for cell in cells],
        id=_row_anchor(observation.id, cells[0]) if grid.is_cited else None,
        class_="cited" if cited else None,
    )


def _versions(run: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {value}" for name, value in run["versions"].items())
