"""`clinseek train`: a student, by a recipe, from an export with tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, live_line
from clinseek.cli.traces.options import HeldOutOption, SplitOption, patient_split

if TYPE_CHECKING:
    from clinseek.training.recipes import Progress


def register(app: typer.Typer) -> None:
    """Add `train`."""
    app.command("train", rich_help_panel="Train")(train)


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE", help="trl, unsloth, deepspeed, clinseek-35b, or a FILE.toml."
        ),
    ],
    dataset: Annotated[Path, typer.Option("--data", metavar="DIR", help="An export with tokens.")],
    model: Annotated[
        Path, typer.Option("--model", metavar="FOLDER", help="The model that is trained.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="OUT", help="A new folder, or one to go on in."),
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Over the recipe (repeatable)."),
    ] = None,
    held_out: HeldOutOption = None,
    split: SplitOption = "benchmarks",
    as_json: JsonOption = False,
) -> None:
    """Train a student on an export with tokens; the trained model is OUT/model.

    [dim]clinseek train trl --data DATA --model MODEL --out OUT[/dim]

    A training that was stopped goes on by the same command, and ends in the same files.
    """
    from clinseek.training.recipes import read_recipe
    from clinseek.training.recipes import train as train_by
    from clinseek.training.recipes.progress import line_of

    chosen = read_recipe(recipe, changes or ())
    with live_line("loading") as tell:

        def on_progress(at: Progress) -> None:
            tell(line_of(at))

        report = train_by(
            chosen, dataset=dataset, model=model, out=out,
            split=patient_split(split, held_out), on_progress=on_progress,
        )  # fmt: skip
    if as_json:
        emit_json({"out": out, **report})
        return
    emit(f"{out / 'model'}: {report['steps']:,} steps, last loss {report['last_loss']:.3f}")
