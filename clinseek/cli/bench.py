"""`clinseek bench`: where the rows of a benchmark come from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from clinseek.cli import (
    bench_baselines,
    bench_build,
    bench_openseek,
    bench_paper,
    bench_rebuild,
    bench_suites,
)
from clinseek.cli.bench_suites import EvidenceChoice, check_name, refuse_given
from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, live_line

PREPARED = ("synthetic", "openseek", "clinseek-text", "clinseek-multimodal", "agentehr")
"""What can be prepared: out of nothing, and from the folders of those who hold the data."""

_PATIENTS, _SEED = 40, 7
_OPTIONS = {
    "synthetic": ("--patients", "--per-task", "--seed", "--images"),
    "openseek": ("--from", "--store", "--per-task", "--seed"),
}
_OPTIONS_OF_SUITES = ("--from", "--store", "--evidence")

app = typer.Typer(
    name="bench", help="Benchmarks: prepare their rows and the store they ask about.",
    no_args_is_help=True,
)  # fmt: skip


def register(main: typer.Typer) -> None:
    """Add `bench`."""
    bench_suites.register(app)
    bench_rebuild.register(app)
    bench_build.register(app)
    bench_paper.register(app)
    bench_baselines.register(app)
    main.add_typer(app, name="bench", rich_help_panel="Evaluate")


@app.command("prepare")
def prepare(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{', '.join(PREPARED)}.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Of a published suite: its files. Of openseek: the raw csv, to check against.",
        ),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", metavar="DIR", help="Of a published suite and openseek: the store to ask."
        ),
    ] = None,
    evidence: Annotated[
        EvidenceChoice | None,
        typer.Option(
            help="Of a published suite: packaged evidence as published (the default), or rendered "
            "from the case throughout."
        ),
    ] = None,
    patients: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Of synthetic (40).")
    ] = None,
    per_task: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Of synthetic (10) and openseek (14 a template)."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="S", help="Of synthetic and openseek: same seed, same rows (7)."),
    ] = None,
    images: Annotated[
        bool, typer.Option("--images", help="Of synthetic: chest films too, and rows about them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a benchmark ready to run: DIR/*.jsonl, and for synthetic DIR/store too.

    [dim]clinseek bench prepare synthetic --out bench[/dim]

    [dim]clinseek bench prepare openseek --store STORE --from RAW --out bench[/dim]

    [dim]clinseek bench prepare clinseek-text --from RELEASE --store STORE --out bench[/dim]

    synthetic: out of nothing, a cohort, its store, and risk, decision and look-up rows with
    packaged evidence, with --images multimodal rows too. No row is of a real person. openseek:
    questions with exact answers over a store, meant for the open demo. The published suites are
    read from the folder of those who hold them; what was found is told and written to
    DIR/report.json. Where a release has faults (broken rows, candidates without their answer,
    missing images), what can be asked is written, the faults go to stderr, and it exits 1.
    """
    check_name(name, PREPARED, what="benchmark")
    given = {
        "--from": source, "--store": store, "--evidence": evidence, "--patients": patients,
        "--per-task": per_task, "--seed": seed, "--images": images,
    }  # fmt: skip
    taken = _OPTIONS.get(name, _OPTIONS_OF_SUITES)
    without_effect = {option: choice for option, choice in given.items() if option not in taken}
    refuse_given(without_effect, f"has no effect on {name}; leave it out")
    if name == "openseek":
        bench_openseek.prepare(
            source,
            store=store,
            out=out,
            per_task=per_task,
            seed=_SEED if seed is None else seed,
            as_json=as_json,
        )
        return
    if name != "synthetic":
        bench_suites.prepare(
            name,
            source,
            store=store,
            out=out,
            evidence="published" if evidence is None else evidence.value,
            as_json=as_json,
        )
        return
    from clinseek.evals.benchmarks.synthetic import prepare_synthetic

    with live_line("drawing the cohort") as tell:
        made = prepare_synthetic(
            out,
            patients=patients or _PATIENTS,
            per_task=per_task or 10,
            seed=_SEED if seed is None else seed,
            images=images,
            progress=lambda at: tell(f"{at.stage}: {at.done:,} of {at.total:,}"),
        )
    if as_json:
        emit_json({"store": made.store, "rows": made.rows, "files": made.files})
        return
    for kind, file in made.files.items():
        emit(f"{file}: {made.rows[kind]:,} rows")
    rows, made_store = (shlex.quote(str(path)) for path in (made.files["risk"], made.store))
    emit(f"next: clinseek eval {rows} --store {made_store} --model offline --out RUN")
