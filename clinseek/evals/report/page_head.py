"""The head that our pages share: their style, and the policy that lets them do nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

from clinseek.evals.report.markup import Child, Markup, element, style

RESEARCH_ONLY = "Research only: clinseek is not a medical device, and this is no medical advice."


def opening(what: str, title: str, *more: Child | Iterable[Child]) -> Markup:
    """The header of a page: what it is, its title, that it is for research alone, and `more`."""
    return element(
        "header",
        element("p", what, class_="eyebrow"),
        element("h1", title),
        element("p", RESEARCH_ONLY, class_="research"),
        *more,
    )


def head_of(title: str, *more: Traversable) -> Markup:
    """The head of a page with our style sheet and `more`, and the policy that allows these alone.

    Nothing is loaded and nothing runs; the sheets are allowed by their hash, so that an element
    has no style of its own.
    """
    sheets = (files(__package__) / "evaluation_page.css", *more)
    sheet = "".join(each.read_text("utf-8") for each in sheets)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"clinseek: {title}"),
        style(sheet),
    )
