"""`clinseek bench paper`: a published result table, filled anew."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.eval_table import live_table
from clinseek.cli.evaluating import (
    Evaluating,
    ModelRuns,
    default_score,
    model_and_settings,
    run_all,
)
from clinseek.cli.options import JsonOption, StoreOption
from clinseek.cli.output import emit, emit_json, say, table
from clinseek.cli.score import judge_named
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.evals.benchmarks.paper import Cost, PaperCell, PaperRun
    from clinseek.evals.rows import Row
    from clinseek.evals.scorers import Resources

Table = Literal["text", "multimodal", "agentehr"]
Settings = Literal["both", "automated", "curated"]
Profiles = Literal["both", "available", "reference"]


def register(bench: typer.Typer) -> None:
    """Add `bench paper`."""
    bench.command("paper")(paper)


def paper(
    name: Annotated[Table, typer.Argument(metavar="TABLE", help="text, multimodal or agentehr.")],
    rows: Annotated[
        Path, typer.Option("--rows", metavar="ROWS", help="What bench prepare made of the suite.")
    ],
    store: StoreOption,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="Run folders and table, gone on with."),
    ],
    models: Annotated[
        list[str] | None,
        typer.Option("--models", "-m", metavar="MODEL", help="Repeat it for several."),
    ] = None,
    curated_only: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="A model that calls no tools (repeatable)."),
    ] = None,
    settings: Annotated[Settings, typer.Option(help="Which settings to run.")] = "both",
    profiles: Annotated[
        Profiles, typer.Option(help="The record as known, as the published rule cuts it, or both.")
    ] = "both",
    image_root: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of images; see clinseek eval.")
    ] = None,
    paper_protocol: Annotated[
        bool,
        typer.Option(
            "--paper-protocol/--same-protocol",
            help="The published settings, or settings that differ in the evidence alone.",
        ),
    ] = True,
    judge: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Decides where rules cannot.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Runs of each row.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="The first N rows only.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Runs at one time.")] = 6,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Begin without asking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run every model in every setting, and print the published table with ours in it.

    [dim]clinseek bench paper text --rows text/rows.jsonl --store STORE --models offline
    --out paper[/dim]

    What it will cost is told first. The same command goes on where it was stopped. DIR/table.md
    and DIR/table.json hold the table, with the published values marked as such.
    """
    from clinseek.evals.benchmarks.paper import (
        check_at_hand,
        costs_of,
        paper_runs,
        rows_of_table,
        table_page,
    )
    from clinseek.evals.rows import read_rows
    from clinseek.evals.scorers import of_store

    if not (models or curated_only):
        raise SettingError("name a model with --models (repeat it for several)")
    filling, left_out = rows_of_table(name, read_rows(rows))
    if left_out:
        say(f"not run: {len(left_out):,} rows of {left_out[0].task}, which the paper leaves out")
    chosen = filling[:limit]
    runs = paper_runs(
        models or [],
        curated_only=curated_only or [],
        settings=("automated", "curated") if settings == "both" else (settings,),
        profiles=("available", "reference") if profiles == "both" else (profiles,),
        out=out,
    )
    check_at_hand(
        [(run, _model_runs(run, paper=paper_protocol, image_root=image_root).settings)
         for run in runs],
        chosen, epochs=epochs, store=store, image_root=image_root, rows_file=rows, out=out,
    )  # fmt: skip
    at_hand = of_store(store, judge=judge_named(judge) if judge else None)
    costs = costs_of(runs, chosen, epochs=epochs)
    _tell_costs(costs)
    _agree(costs, yes=yes)
    cells: list[PaperCell] = []
    failed = False
    for run in runs:
        failed |= _evaluated(
            run, chosen,
            paper=paper_protocol, image_root=image_root, store=store, rows_file=str(rows),
            epochs=epochs, concurrency=concurrency,
        )  # fmt: skip
        cells += _scored(name, run, at_hand)
        page = table_page(name, cells, rows_file=str(rows))
        (out / "table.md").write_text(page, encoding="utf-8")
        told = {"table": name, "rows": str(rows), "cells": [cell.as_json() for cell in cells]}
        (out / "table.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    if as_json:
        emit_json(told)
    else:
        emit(page)
    if failed:
        raise typer.Exit(1)


def _tell_costs(costs: Sequence[Cost]) -> None:
    numbers = ("runs left", "tokens in", "tokens out", "dollars")
    table(
        ("model", "setting", "profile", *numbers, "by"),
        [_cost_line(cost) for cost in costs],
        right=numbers,
        err=True,
    )


def _cost_line(cost: Cost) -> tuple[str, ...]:
    told = (f"{count:,}" for count in (cost.runs, cost.input_tokens, cost.output_tokens))
    price = "unknown" if cost.dollars is None else f"{cost.dollars:,.2f}"
    basis = f"{cost.measured} runs made" if cost.measured else "assumption"
    return (cost.run.model, cost.run.setting, cost.run.profile, *told, price, basis)


def _agree(costs: Sequence[Cost], *, yes: bool) -> None:
    """Ask before money is spent; free runs, and none at all, just begin."""
    if yes or all(cost.dollars == 0 or cost.runs == 0 for cost in costs):
        return
    if not sys.stdin.isatty():
        raise SettingError("the runs cost money, or nobody knows what; begin with --yes")
    typer.confirm("Begin?", abort=True, err=True)


def _model_runs(run: PaperRun, *, paper: bool, image_root: Path | None) -> ModelRuns:
    """An evaluation with its chat model and settings; ModelError for a spec that is none."""
    others = {"image_root": None if image_root is None else str(image_root)}
    model, settings = model_and_settings(
        run.model, setting=run.setting, profile=run.profile, paper=paper, others=others
    )
    return ModelRuns(run.model, run.folder, model, settings)


def _evaluated(
    run: PaperRun,
    rows: Sequence[Row],
    *,
    paper: bool,
    image_root: Path | None,
    store: Path,
    rows_file: str,
    epochs: int,
    concurrency: int,
) -> bool:
    """Make what is missing of one evaluation; whether runs of it failed."""
    from clinseek.evals.runner.running import Limits

    runs = _model_runs(run, paper=paper, image_root=image_root)
    evaluating = Evaluating(
        rows=rows, rows_file=rows_file, store=store, epochs=epochs,
        limits=Limits(concurrency=concurrency), score_of=default_score(store),
    )  # fmt: skip
    with live_table(f"{run.model} {run.setting} {run.profile}", run.folder) as on_change:
        evaluated = run_all(evaluating, runs, on_change=on_change)
    tally = evaluated.tally
    if tally.failed:
        say(f"{run.folder}: {tally.failed} of {tally.total} runs failed ({tally.first_error})")
    return bool(tally.failed)


def _scored(name: Table, run: PaperRun, at_hand: Resources) -> list[PaperCell]:
    from clinseek.evals.benchmarks.paper import SCORERS, paper_cells
    from clinseek.evals.scorers.run_source import run_source
    from clinseek.evals.scorers.scored_run import score_run

    scored = score_run(run_source(run.folder), [SCORERS[name]], at_hand=at_hand)
    return paper_cells(
        name, scored.scores[SCORERS[name]],
        model=run.model, setting=run.setting, profile=run.profile,
    )  # fmt: skip
