"""`clinseek train`: a student, by a recipe, from an export with tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, live_line, say, table
from clinseek.cli.traces.options import HeldOutOption, SplitOption, patient_split, quoted
from clinseek.cli.traces.showing import print_runs

if TYPE_CHECKING:
    from clinseek.training.recipes import AnyRecipe
    from clinseek.training.recipes.examples import Shown
    from clinseek.training.splits import PatientSplit


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
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Resolve all, show three examples, reckon memory and time; no more."
        ),
    ] = False,
    evaluation: Annotated[
        Path | None,
        typer.Option(metavar="SCORES", help="RUN/scores of the trained model, for its card."),
    ] = None,
    held_out: HeldOutOption = None,
    split: SplitOption = "benchmarks",
    as_json: JsonOption = False,
) -> None:
    """Train a student on an export with tokens; the trained model is OUT/model.

    [dim]clinseek train trl --data DATA --model MODEL --out OUT --dry-run[/dim]

    A training that was stopped goes on by the same command, and ends in the same files. Research
    only: what is trained on patients' records is derived patient data.
    """
    from clinseek.training.recipes import read_recipe
    from clinseek.training.recipes import train as train_by

    chosen, parted = read_recipe(recipe, changes or ()), patient_split(split, held_out)
    if dry_run:
        _show_plan(chosen, dataset, model, out, parted, as_json=as_json)
        return
    with live_line("reading and loading") as tell:
        report = train_by(
            chosen, dataset=dataset, model=model, out=out, split=parted, evaluation=evaluation,
            on_progress=lambda at: tell(at.line), on_remark=say,
        )  # fmt: skip
    if as_json:
        emit_json({"out": out, **report.model_dump(mode="json")})
        return
    losses = "" if report.last_loss is None else f", loss {report.first_loss:.3f} at first"
    losses += "" if report.last_loss is None else f", {report.last_loss:.3f} at last"
    emit(f"{out}: {report.steps:,} steps{losses}; its card is {out / 'README.md'}")
    if "model" in report.folders:
        emit(f"next: transformers serve {quoted(out / 'model')}   (docs/serving.md)")


def _show_plan(
    recipe: AnyRecipe,
    dataset: Path,
    model: Path,
    out: Path,
    split: PatientSplit,
    *,
    as_json: bool,
) -> None:
    """What --dry-run tells; it ends with 2 where packages are missing."""
    from clinseek.training.recipes.describing import description, summary
    from clinseek.training.recipes.examples import shown_examples
    from clinseek.training.recipes.plan import plan_of
    from clinseek.training.recipes.requirements import check_packages
    from clinseek.training.recipes.training import gpus

    here = gpus()
    plan = plan_of(recipe, dataset=dataset, model=model, out=out, split=split, gpus=here, dry=True)
    told = description(plan, gpus=here)
    examples = shown_examples(plan.train, plan.tokenizer)
    if as_json:
        emit_json({"out": out, **told, "examples": [_as_json(each) for each in examples]})
    else:
        table(["setting", "value"], told["recipe"].items())
        for each in examples:
            emit(f"\nexample {each.id}: {each.tokens:,} tokens, {each.trained:,} of them trained")
            print_runs(each.runs)
        emit("")
        for name, line in summary(told):
            emit(f"{name}: {line}")
        table(
            ["package", "needed", "here"],
            [(each["name"], each["wanted"], each["found"]) for each in told["packages"]],
        )
    for remark in told["remarks"]:
        say(f"note: {remark}")
    check_packages(recipe)
    say("nothing was written")


def _as_json(example: Shown) -> dict[str, object]:
    runs = [{"text": run.text, "trained": run.trained} for run in example.runs]
    return {**example._asdict(), "runs": runs}
