"""`clinseek report`: evaluations as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import counted, emit, emit_json, say
from clinseek.cli.score import Interval, ManifestOption, at_hand

if TYPE_CHECKING:
    from clinseek.evals.report.reported_run import ReportedRun
    from clinseek.evals.scorers import ScorerName


def register(app: typer.Typer) -> None:
    """Add `report`."""
    app.command("report", rich_help_panel="Evaluate")(report)


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Folders that clinseek eval made, or published results.jsonl files.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="The page to write.")
    ] = Path("report.html"),
    scorer: Annotated[
        str, typer.Option("--scorer", metavar="NAME", help="As for `clinseek score`.")
    ] = "default",
    interval: Annotated[Interval, typer.Option("--ci", help="As for `clinseek score`.")] = "auto",
    manifest: ManifestOption = None,
    store: Annotated[
        Path | None,
        typer.Option("--store", "-s", metavar="STORE", help="[default: the store of each run]"),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="The heading.")] = "Evaluation",
    cases: Annotated[
        int,
        typer.Option(
            "--cases",
            min=0,
            help="Show so many flipped cases of each pair, side by side. 0: the page holds no row "
            "of a patient.",
        ),
    ] = 40,
    as_json: JsonOption = False,
) -> None:
    """Write evaluations as one HTML page: scores, differences, tools, cost, flipped cases.

    [dim]clinseek report RUN --out report.html[/dim]
    [dim]clinseek report runs/automated runs/curated --cases 20[/dim]

    One file, without script and without network. For each model, automated is held against
    curated; in each setting, every run against the first.
    """
    from clinseek.evals.report.evaluation_page import evaluation_page
    from clinseek.evals.report.pairing import pairs_of
    from clinseek.evals.scorers import scorer_named
    from clinseek.whole_file import whole_file

    reported = _reported(
        runs, scorer=scorer_named(scorer), interval=interval, manifest=manifest, store=store
    )
    pairs, not_compared = pairs_of(reported)
    page = evaluation_page(reported, pairs, not_compared=not_compared, title=title, cases=cases)
    with whole_file(out) as making:
        making.write_text(page, encoding="utf-8")
    for each in not_compared:
        say(f"not compared: {each.a} and {each.b} ({each.reason})")
    if as_json:
        compared = [{"a": pair.a.label, "b": pair.b.label} for pair in pairs]
        labels = [run.label for run in reported]
        emit_json({"report": out, "bytes": out.stat().st_size, "runs": labels, "pairs": compared})
        return
    told = f"{counted(len(reported), 'evaluation')}, {counted(len(pairs), 'pair')}"
    emit(f"{out}: {told}, {len(page) / 1e6:.1f} MB")


def _reported(
    runs: list[Path],
    *,
    scorer: ScorerName,
    interval: Interval,
    manifest: Path | None,
    store: Path | None,
) -> list[ReportedRun]:
    from clinseek.evals.report.reported_run import labels_of, reported_run
    from clinseek.evals.runner import run_folders
    from clinseek.evals.scorers.run_source import run_source

    paths = [inside for path in runs for inside in [f.path for f in run_folders(path)] or [path]]
    sources = [run_source(path, manifest=manifest if path.is_file() else None) for path in paths]
    labels = labels_of([(p, s.settings) for p, s in zip(paths, sources, strict=True)])
    for source in sources:
        for remark in source.remarks:
            say(remark)
    return [
        reported_run(
            path,
            source,
            label=label,
            leading=scorer,
            interval=interval,
            at_hand=at_hand(source, store, None, cases=False),
        )
        for path, source, label in zip(paths, sources, labels, strict=True)
    ]
