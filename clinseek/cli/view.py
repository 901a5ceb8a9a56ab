"""`clinseek view`: the runs of an evaluation in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinseek.cli.output import counted, emit, say


def register(app: typer.Typer) -> None:
    """Add `view`."""
    app.command("view", rich_help_panel="Evaluate")(view)


def view(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders that clinseek eval made.")
    ],
    port: Annotated[
        int, typer.Option("--port", metavar="P", min=0, max=65_535, help="0 takes a free one.")
    ] = 0,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in your browser.")
    ] = False,
) -> None:
    """Look into runs: transcripts, evidence, citations that lead to their rows, two side by side.

    [dim]clinseek view RUN[/dim]
    [dim]clinseek view runs/automated runs/curated --open[/dim]

    On this machine alone, behind an address with a random token, until Ctrl-C. Scores are those
    that clinseek score left in RUN.
    """
    from clinseek.errors import SettingError
    from clinseek.evals.report.reported_run import labels_of
    from clinseek.evals.runner import open_run, run_folders
    from clinseek.evals.viewer.index import index_of
    from clinseek.evals.viewer.server import ViewerServer

    folders = [folder for path in runs for folder in run_folders(path) or [open_run(path)]]
    named = [(folder.path, folder.settings.model_dump(mode="json")) for folder in folders]
    index = index_of(folders, labels_of(named))
    if not index.runs:
        raise SettingError(f"{', '.join(str(path) for path in runs)}: no run has ended yet")
    with ViewerServer(index, port=port) as server:
        held = counted(len(index.runs), "run")
        say(f"{held}; Ctrl-C ends it. The address is a key: keep it to yourself.")
        emit(server.address)
        if open_browser:
            typer.launch(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("ended")
