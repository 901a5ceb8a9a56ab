"""A rendered trace to look at: which of its tokens are trained."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

from clinseek.evals.report.markup import document, element
from clinseek.evals.report.page_head import RESEARCH_ONLY, head_of, opening
from clinseek.training.rendering.masking import Masked


class Run(NamedTuple):
    """Characters that are trained, or that are not."""

    text: str
    trained: bool


def runs_of(made: Masked) -> Iterator[Run]:
    """The text of a conversation in runs, trained and not, in its order; nothing is left out."""
    at = 0
    for trained, tokens in groupby(
        zip(made.places, made.mask, strict=True), key=lambda token: bool(token[1])
    ):
        end = max(place[1] for place, _ in tokens)
        if end > at:
            yield Run(made.text[at:end], trained)
            at = end
    if at < len(made.text):
        yield Run(made.text[at:], trained=False)


def summary(made: Masked) -> str:
    """How many tokens there are, and how many of them are trained, in how many turns."""
    trained, every = sum(made.mask), len(made.mask)
    share = trained / every if every else 0.0
    return f"{every:,} tokens, {trained:,} of them trained ({share:.1%}), {len(made.spans):,} turns"


def page(made: Masked, *, title: str) -> str:
    """A self-contained page: trained tokens are coloured, each second one darker."""
    body = element(
        "body",
        opening(
            "clinseek, a trace",
            title,
            element("p", f"{summary(made)}. Trained tokens are green."),
        ),
        element("main", list(_marked(made)), class_="card trace"),
        element("footer", f"{RESEARCH_ONLY} This page holds a record: keep it where that may lie."),
    )
    return document(head_of(title, files(__package__) / "trace_page.css"), body)


def _marked(made: Masked) -> Iterator[str]:
    at, dark = 0, False
    for trained, tokens in groupby(
        zip(made.places, made.mask, strict=True), key=lambda token: bool(token[1])
    ):
        pieces: list[str] = []
        for (_, end), _ in tokens:
            if end > at:  # a character of several tokens is shown once
                piece = made.text[at:end]
                pieces.append(element("b", piece) if trained and dark else piece)
                at, dark = end, not dark
        yield element("span", pieces, class_="trained") if trained else "".join(pieces)
    yield made.text[at:]
