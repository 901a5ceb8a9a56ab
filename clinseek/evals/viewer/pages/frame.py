"""What every page of the viewer has: its head, its way back, its last line."""

from __future__ import annotations

from clinseek.evals.report.markup import Markup, document, element
from clinseek.evals.report.page_head import RESEARCH_ONLY


def page_of(title: str, *body: Markup | None, root: str, main: str = "main") -> str:
    """A whole page. `root` is the address of the list of runs, ending in `/`."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"clinseek: {title}"),
        element("link", rel="icon", href=f"{root}icon.svg"),
        element("link", rel="stylesheet", href=f"{root}viewer.css"),
        element("script", src=f"{root}viewer.js", defer=True),
    )
    return document(
        head,
        element(
            "body",
            element("a", "Skip to the content", href=f"#{main}", class_="skip"),
            *body,
            element(
                "footer",
                RESEARCH_ONLY,
                " Keys: / search, j and k from turn to turn, c to the next cited row, "
                "n and p to the next and previous run.",
            ),
        ),
    )
