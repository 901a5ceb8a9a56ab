"""`clinseek export`: runs for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import counted, emit, emit_json, say
from clinseek.cli.score import ManifestOption, at_hand

if TYPE_CHECKING:
    from clinseek.evals.export.run_lines import Scores
    from clinseek.evals.scorers.run_source import RunSource

Form = Literal["inspect", "csv", "parquet"]
_ENDINGS = {"inspect": "eval", "csv": "csv", "parquet": "parquet"}


def register(app: typer.Typer) -> None:
    """Add `export`."""
    app.command("export", rich_help_panel="Evaluate")(export)


def export(
    form: Annotated[Form, typer.Argument(metavar="inspect|csv|parquet", help="What to write.")],
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="A folder of clinseek eval, or a results.jsonl."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="[default: NAME.ENDING, here]"),
    ] = None,
    scorers: Annotated[
        list[str] | None,
        typer.Option("--scorer", metavar="NAME", help="As for `clinseek score` (repeatable)."),
    ] = None,
    manifest: ManifestOption = None,
    store: Annotated[
        Path | None,
        typer.Option("--store", "-s", metavar="STORE", help="[default: the store of the run]"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the runs of an evaluation for other tools, with their scores.

    [dim]clinseek export inspect RUN --out logs/run.eval && inspect view --log-dir logs[/dim]
    [dim]clinseek export parquet RUN --out runs.parquet[/dim]

    csv and parquet: one line a run, with scores and usage. inspect: messages and tool calls too.
    What is written holds patient data and is readable by you alone. Scores that clinseek score
    left are taken, others are computed.
    """
    from clinseek.evals.export.inspect_log import write_inspect_log
    from clinseek.evals.export.run_lines import columns_of, run_lines
    from clinseek.evals.export.tables import write_csv, write_parquet
    from clinseek.evals.scorers.run_source import run_source

    source = run_source(run, manifest=manifest)
    scores = _scores(source, scorers, store)
    file = out or Path(f"{source.name}.{_ENDINGS[form]}")
    if form == "inspect":
        written = write_inspect_log(file, source, scores)
    else:
        write = write_csv if form == "csv" else write_parquet
        written = write(file, run_lines(source, scores), columns_of(list(scores)))
    for remark in source.remarks:
        say(remark)
    if as_json:
        emit_json({"file": file, "runs": written, "scorers": list(scores)})
        return
    emit(f"{file}: {counted(written, 'run')}, scored by {', '.join(scores)}")


def _scores(source: RunSource, scorers: list[str] | None, store: Path | None) -> Scores:
    from clinseek.evals.report.saved_scores import saved_scores
    from clinseek.evals.scorers import scorer_named
    from clinseek.evals.scorers.scored_run import ALWAYS, score_run

    named = [scorer_named(name) for name in dict.fromkeys(scorers or ALWAYS)]
    kept = {name: held for name in named if (held := saved_scores(source, name)) is not None}
    missing = [name for name in named if name not in kept]
    if not missing:
        return kept
    scored = score_run(source, missing, at_hand=at_hand(source, store, None, cases=False))
    return {name: kept.get(name) or scored.scores[name] for name in named}
