"""`clinseek eval`: a model over the rows of a benchmark, kept run by run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from clinseek.cli.evaluating import (
    Evaluating,
    ModelRuns,
    check_store,
    default_score,
    folders_for,
    model_and_settings,
    prepare_for_ray,
    read_shard,
    run_models,
)
from clinseek.cli.options import (
    ArchiveOption,
    AskedStoreOption,
    JsonOption,
    ProfileOption,
    ReportsOption,
    RoleOption,
    WebBackendOption,
    WebCorpusOption,
    WebDenyOption,
    WebGuardOption,
    WebOption,
)
from clinseek.cli.output import emit, emit_json, say, warn_of
from clinseek.cli.values import servers_from
from clinseek.settings import model_spec

if TYPE_CHECKING:
    from clinseek.evals.runner.evaluation import Evaluated

Setting = Literal["automated", "curated", "briefed"]
Executor = Literal["local", "ray"]


def register(app: typer.Typer) -> None:
    """Add `eval`."""
    app.command("eval", rich_help_panel="Evaluate")(evaluate)


def evaluate(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help=".json, .jsonl or .parquet.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="RUN", help="The run folder, new or begun.")
    ],
    store: AskedStoreOption = None,
    image_root: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The folder from which rows name images and reports. Default: that of ROWS.",
        ),
    ] = None,
    reports: ReportsOption = "inlined",
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="As for `clinseek ask`; repeat it for several, which run side by side, each in a "
            "folder of its own in RUN. [default: CLINSEEK_MODEL, else offline]",
        ),
    ] = None,
    setting: Annotated[
        Setting,
        typer.Option(
            help="automated: seeks by itself. curated: the packaged evidence, only ehr.finish "
            "bound. briefed: the package and the tools."
        ),
    ] = "automated",
    tools: Annotated[
        str, typer.Option(metavar="TOOLS", help="all, paper20, or names parted by commas.")
    ] = "all",
    profile: ProfileOption = "available",
    role: RoleOption = "clinseek",
    paper_protocol: Annotated[
        bool,
        typer.Option("--paper-protocol", help="The published settings; see docs/evaluation.md."),
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, help="Runs of each row.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="The first N rows only.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Runs at one time, over all models.")] = 8,
    retries: Annotated[
        int, typer.Option(min=0, help="Times that a failed run is tried again.")
    ] = 2,
    fail_on_error: Annotated[
        float,
        typer.Option(
            min=0, help="Stop when more runs failed than this: a share below 1, else a number."
        ),
    ] = 0.1,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N", help="Only the I-th of N parts, into RUN/shards; see `clinseek merge`."
        ),
    ] = None,
    executor: Annotated[
        Executor, typer.Option(help="ray: on the Ray cluster of RAY_ADDRESS, else of this machine.")
    ] = "local",
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            envvar="CLINSEEK_CACHE",
            help="Answer equal model turns of the same epoch from this folder.",
        ),
    ] = None,
    mcp: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=WHERE", help="As for `clinseek ask` (repeatable)."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST", help="A host that may get patient rows without a warning (repeatable)."
        ),
    ] = None,
    web: WebOption = None,
    web_backend: WebBackendOption = None,
    web_corpus: WebCorpusOption = None,
    archive: ArchiveOption = None,
    web_guard: WebGuardOption = None,
    web_deny: WebDenyOption = None,
    max_rounds: Annotated[int, typer.Option(min=1, help="Model turns of a run.")] = 200,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Tokens of a run.")] = None,
    max_dollars: Annotated[float | None, typer.Option(min=0, help="Dollars of a run.")] = None,
    max_seconds: Annotated[float | None, typer.Option(min=0, help="Seconds of a run.")] = None,
    max_revisions: Annotated[
        int, typer.Option(min=0, help="Times that an answer may be sent back.")
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Run a model over every row; what ended is never run again.

    [dim]clinseek bench prepare synthetic --out bench && clinseek eval bench/risk.jsonl
    --store bench/store --model offline --out runs/offline[/dim]

    The same command goes on where it was stopped, by Ctrl-C or by anything else. Ends with 1
    where runs failed.
    """
    from clinseek.evals.rows import read_rows
    from clinseek.evals.runner.running import Limits
    from clinseek.toolkits.ehr.availability import profile_named

    if executor == "ray":
        prepare_for_ray(cache)
    clock = profile_named(profile)
    warn_of(clock)
    chosen = read_rows(rows)[:limit]
    check_store(store, chosen)
    part = read_shard(shard)
    specs = list(dict.fromkeys(model or [model_spec()]))
    folders = folders_for(out, specs, part)
    others = {
        "mcp": servers_from(mcp or []),
        "allow_hosts": ",".join(allow_host or ()),
        "web": web,
        "web_backend": web_backend,
        "web_corpora": tuple(str(each) for each in web_corpus or ()),
        "web_archive": None if archive is None else str(archive),
        "web_guard": web_guard,
        "web_deny": web_deny,
        "image_root": None if image_root is None else str(image_root),
        "reports_inlined": reports == "inlined",
    }
    budgets = {
        "tools": tools,
        "role": role,
        "max_rounds": max_rounds,
        "max_tokens": max_tokens,
        "max_dollars": max_dollars,
        "max_seconds": max_seconds,
        "max_revisions": max_revisions,
    }
    made = [
        model_and_settings(
            spec,
            setting=setting,
            profile=clock,
            paper=paper_protocol,
            others=others,
            chosen=budgets,
        )
        for spec in specs
    ]
    ended = run_models(
        Evaluating(
            rows=chosen,
            rows_file=str(rows),
            store=store,
            epochs=epochs,
            limits=Limits(concurrency=concurrency, retries=retries, fail_on_error=fail_on_error),
            score_of=default_score(store),
            shard=part,
            executor=executor,
            cache=cache,
        ),
        [
            ModelRuns(spec, folder, built, settings)
            for spec, folder, (built, settings) in zip(specs, folders, made, strict=True)
        ],
    )
    for each in ended:
        _say_end(each)
    if as_json:
        emit_json({"runs": [_summary(*pair) for pair in zip(specs, ended, strict=True)]})
    else:
        for each in ended:
            emit(str(each.folder.path))
    if any(each.tally.failed or each.stopped for each in ended):
        raise typer.Exit(1)


def _say_end(evaluated: Evaluated) -> None:
    tally = evaluated.tally
    if evaluated.stopped:
        left = tally.total - tally.ended
        say(
            f"stopped: {tally.failed} of {tally.total} runs failed, more than --fail-on-error "
            f"allows; {left} were left. The first error: {tally.first_error}. Mend it and run the "
            "same command again, it goes on"
        )
    elif tally.failed:
        say(
            f"{tally.failed} of {tally.total} runs failed; the first error: {tally.first_error}. "
            "The same command tries them again"
        )


def _summary(spec: str, evaluated: Evaluated) -> dict[str, Any]:
    tally = evaluated.tally
    score = tally.score
    return {
        "run": str(evaluated.folder.path),
        "model": spec,
        "total": tally.total,
        "done": tally.done,
        "failed": tally.failed,
        "answered": tally.answered,
        "abstained": tally.abstained,
        "stopped": evaluated.stopped,
        "score": None if score is None else score._asdict(),
        "input_tokens": tally.input_tokens,
        "output_tokens": tally.output_tokens,
        "dollars": tally.dollars,
        "seconds": round(tally.seconds, 1),
        "remarks": tally.remarks,
    }
