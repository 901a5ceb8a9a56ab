"""`clinseek traces`: from runs to what a student learns from."""

from __future__ import annotations

import typer

from clinseek.cli.traces.exporting import export
from clinseek.cli.traces.filtering import filter_
from clinseek.cli.traces.importing import import_
from clinseek.cli.traces.refining import refine
from clinseek.cli.traces.showing import show


def register(main: typer.Typer) -> None:
    """Add `traces`."""
    app = typer.Typer(
        name="traces",
        help="Traces: import, filter, refine and export runs for training; show what is trained.",
        no_args_is_help=True,
    )
    app.command("import")(import_)
    app.command("filter")(filter_)
    app.command("refine")(refine)
    app.command("export")(export)
    app.command("show")(show)
    main.add_typer(app, name="traces", rich_help_panel="Train")
