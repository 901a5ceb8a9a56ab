"""`clinseek merge`: the shards of an evaluation become one run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json


def register(app: typer.Typer) -> None:
    """Add `merge`."""
    app.command("merge", rich_help_panel="Evaluate")(merge)


def merge(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="The --out of `clinseek eval --shard`.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Put the shards of RUN together; of several models, those of each.

    [dim]clinseek eval rows.jsonl --store STORE --out RUN --shard $SLURM_ARRAY_TASK_ID/8[/dim]

    [dim]clinseek merge RUN[/dim]

    Ends with 1 where runs are missing; they can still be made, and merged again.
    """
    from clinseek.evals.runner import merging

    made = [merging.merge(each) for each in merging.sharded_runs(run)]
    if as_json:
        emit_json(
            {
                "runs": [
                    {
                        "run": each.folder.path, "shards": each.shards,
                        "records": each.records, "missing": each.missing,
                    }
                    for each in made
                ]
            }
        )  # fmt: skip
    else:
        for each in made:
            missing = f", {each.missing:,} missing" if each.missing else ""
            emit(f"{each.folder.path}: {each.records:,} runs of {each.shards} shards{missing}")
    if any(each.missing for each in made):
        raise typer.Exit(1)
