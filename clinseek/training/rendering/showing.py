"""A rendered trace to look at: which of its tokens are trained."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import NamedTuple

from clinseek.training.rendering.masking import Masked

_STYLE = (
    "body{font:14px/1.5 ui-monospace,monospace;max-width:70rem;margin:2rem auto;padding:0 1rem;"
    "color:#444;white-space:pre-wrap;overflow-wrap:anywhere}"
    "h1,p{font-family:system-ui,sans-serif;white-space:normal}"
    ".t{background:#d7eedd;color:#0b4d22}.t b{font-weight:inherit;background:#bfe3c9}"
)


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
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1><p>{escape(summary(made))}. Trained "
        "tokens are green. Research only: not a medical device; this page holds a record.</p>"
        f"{''.join(_marked(made))}</html>\n"
    )


def _marked(made: Masked) -> Iterator[str]:
    at, dark = 0, False
    for trained, tokens in groupby(
        zip(made.places, made.mask, strict=True), key=lambda token: bool(token[1])
    ):
        pieces = []
        for (_, end), _ in tokens:
            if end > at:  # a character of several tokens is shown once
                piece = escape(made.text[at:end])
                pieces.append(f"<b>{piece}</b>" if trained and dark else piece)
                at, dark = end, not dark
        told = "".join(pieces)
        yield f'<span class="t">{told}</span>' if trained else told
    yield escape(made.text[at:])
