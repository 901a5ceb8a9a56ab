"""`clinseek validity`: how big the published leak is, and what honesty costs, as a page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from clinseek.cli.output import emit, live_line, say
from clinseek.errors import SettingError
from clinseek.settings import cores


def register(app: typer.Typer) -> None:
    """Add `validity`."""
    app.command("validity", rich_help_panel="Check the claim")(validity)


def validity(
    open_data: Annotated[
        Path,
        typer.Option(
            "--open-data",
            metavar="DIR",
            envvar="CLINSEEK_OPEN_DATA",
            help="The folder that holds the open MIMIC-IV demo in mimic-iv-demo.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write it instead."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="J", min=0, help="Processes; 0: one a core.")
    ] = 0,
) -> None:
    """Measure what the published cutoff rule shows too early, and what `available` keeps back.

    [dim]clinseek validity --open-data ~/open-data --out docs/validity.md[/dim]

    Reads the open demo and a synthetic cohort that is made up on the spot, always the same, and
    prints a page (Markdown; docs/validity.md is its copy). The same inputs give the same bytes.
    """
    with (
        live_line("the open demo") as progress,
        tempfile.TemporaryDirectory(prefix="clinseek-validity-") as made,
    ):
        page = _page(open_data, Path(made), jobs or cores(), progress)
    if out is None:
        emit(page)
        return
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise SettingError(f"--out {out}: cannot be written ({error.strerror})") from None
    say(f"written: {out}")


def _page(open_data: Path, folder: Path, jobs: int, progress: Callable[[str], None]) -> str:
    from clinseek.validity.page.page import validity_page
    from clinseek.validity.page.sources import (
        DEMO,
        SYNTHETIC,
        demo_store,
        read_source,
        synthetic_store,
    )

    def of(source: str) -> Callable[[str], None]:
        return lambda line: progress(f"{source}: {line}")

    of(DEMO)("ingesting")
    demo = demo_store(open_data, folder)
    of(SYNTHETIC)("making it up")
    synthetic = synthetic_store(folder)
    return validity_page(
        read_source(demo, jobs=jobs, progress=of(DEMO)),
        read_source(synthetic, jobs=jobs, progress=of(SYNTHETIC)),
    )
