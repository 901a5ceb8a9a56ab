"""`clinseek availability`: what was known when, for every table, as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinseek.cli.options import ProfileOption
from clinseek.cli.output import emit, say
from clinseek.errors import SettingError


def register(app: typer.Typer) -> None:
    """Add `availability`."""
    app.command("availability", rich_help_panel="Look into a record")(availability)


def availability(
    profile: ProfileOption = "available",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it instead.")
    ] = None,
) -> None:
    """Print when each row and each cell of the record counts as known, table by table.

    [dim]clinseek availability --profile reference --out reference.md[/dim]

    The page is made of the rules themselves (Markdown; docs/availability.md is its copy) and tells
    available, strict and event at once; `--profile reference` tells the published systems' rule.
    """
    from clinseek.toolkits.ehr.availability import profile_named
    from clinseek.toolkits.ehr.availability.page import availability_page
    from clinseek.toolkits.ehr.availability.published_page import published_page

    page = published_page() if profile_named(profile) == "reference" else availability_page()
    if out is None:
        emit(page)
        return
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise SettingError(f"--out {out}: cannot be written ({error.strerror})") from None
    say(f"written: {out}")
