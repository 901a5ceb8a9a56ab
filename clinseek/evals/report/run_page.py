"""A run as one HTML page that needs nothing else: no network, no script, no font from elsewhere.

The page forbids itself to load or run anything (its content security policy), and every text of
the record is escaped, so that a note may hold any markup and stays a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from clinseek.evals.report.inline_pictures import inlined
from clinseek.evals.report.markup import Markup, document, element, join, style
from clinseek.evals.report.observation_card import fact, observation_card
from clinseek.evals.report.page_head import RESEARCH_ONLY
from clinseek.evals.report.pictures import images_of
from clinseek.evals.report.run_album import Album
from clinseek.evals.report.run_parts import (
    about,
    answer_card,
    error_notice,
    turns_of,
    warning_notice,
)
from clinseek.evals.transcripts.evidence import Observation, observations_of

if TYPE_CHECKING:
    from clinseek.records import Record

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)


def run_page(record: Record | Mapping[str, Any]) -> str:
    """The page of one run: its answer, every turn of the model, and the evidence it stands on.

    Takes a Record or the JSON object of one. A citation of the answer leads to its observation
    and, where it names a row or a part of an image, to that. Images are part of the page, twelve
    of at most 200 kB each; the others are named.
    """
    run: Mapping[str, Any] = record if isinstance(record, Mapping) else record.as_json()
    observations = observations_of(run)
    images = images_of(run, observations)
    album = Album(images, inlined(run.get("images") or {}, images.pictures))
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
        album.definitions(),
        element("header", _heading(run)),
        element(
            "main",
            warning_notice(run),
            answer_card(run, observations),
            error_notice(run),
            album.of_the_question(),
            _columns(run, observations, album),
        ),
        element("footer", RESEARCH_ONLY, " ", _versions(run)),
    )
    return document(head, body)


def _heading(run: Mapping[str, Any]) -> Markup:
    row = run["row"]
    return join(
        element("p", "clinseek, a run", class_="eyebrow"),
        element("h1", row["question"]),
        element("dl", [fact(name, value) for name, value in _facts(run)], class_="facts"),
    )


def _facts(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    row, usage, timings = run["row"], run["usage"], run["timings"]
    yield from about(row)
    yield "status", f"{run['status']} ({run['stop_reason'] or 'running'})"
    yield "model", str(run["model"]["spec"])
    yield "model calls", f"{usage['model_calls']:,}"
    yield "tokens", f"{usage['input_tokens']:,} in, {usage['output_tokens']:,} out"
    yield (
        "time",
        f"{timings['elapsed']:.2f} s (model {timings['model']:.2f}, tools {timings['tools']:.2f})",
    )


def _columns(run: Mapping[str, Any], observations: Sequence[Observation], album: Album) -> Markup:
    return element(
        "div",
        element("section", element("h2", "The run"), list(turns_of(run, observations))),
        element(
            "section",
            element("h2", "Evidence"),
            [observation_card(each, pictures=album.of(each)) for each in observations]
            or element("p", "No tool was called.", class_="quiet"),
            id="evidence",
        ),
        class_="columns",
    )


def _versions(run: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {value}" for name, value in run["versions"].items())
