"""`clinseek score`: numbers for the runs of an evaluation, without running anything again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, say, table

if TYPE_CHECKING:
    from clinseek.evals.scorers import Judge, Resources
    from clinseek.evals.scorers.run_source import RunSource
    from clinseek.evals.scorers.scored_run import ScoredRun
    from clinseek.evals.scorers.summary import ScorerSummary
    from clinseek.evals.statistics import Estimate

Interval = Literal["auto", "t", "wilson", "bootstrap", "paper"]

RunArgument = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="A folder that clinseek eval made, or a published results.jsonl."
    ),
]
ManifestOption = Annotated[
    Path | None,
    typer.Option(
        "--manifest",
        metavar="FILE",
        help="The benchmark file of a published results.jsonl: rows without a result count 0.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `score`."""
    app.command("score", rich_help_panel="Evaluate")(score)


def score(
    run: RunArgument,
    scorers: Annotated[
        list[str] | None,
        typer.Option(
            "--scorer",
            metavar="NAME",
            help="default (what each row's form asks for), published, normalised, yes_no, number, "
            "date, choice, multi_label, jaccard, published_multimodal, judge, groundedness, "
            "evidence or policy (repeatable). Without it: default, published, normalised, "
            "groundedness, policy.",
        ),
    ] = None,
    manifest: ManifestOption = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store",
            "-s",
            metavar="STORE",
            help="Ships the vocabularies that rows name. [default: the store of the run]",
        ),
    ] = None,
    cases: Annotated[
        bool,
        typer.Option(
            "--cases",
            help="Open each patient's record again: cited rows are read from it instead of the "
            "transcript, and gold rows can be found. Slower.",
        ),
    ] = False,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge", metavar="MODEL", help="Decides where rules cannot (see clinseek models)."
        ),
    ] = None,
    published_mapping: Annotated[
        bool,
        typer.Option(
            "--published-mapping",
            help="published_multimodal reads each answer as the nearest gold name of its task, by "
            "meaning, as the published figures do; needs the extra `embeddings`.",
        ),
    ] = False,
    interval: Annotated[
        Interval,
        typer.Option(
            "--ci",
            help="auto: Wilson for shares, else t, clustered by patient. paper: the published t "
            "over samples as if independent.",
        ),
    ] = "auto",
    write_published: Annotated[
        Path | None,
        typer.Option(
            "--write-published",
            metavar="FILE",
            help="Also write the runs as a results.jsonl that the published scorer reads.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the runs of an evaluation; writes RUN/scores, runs nothing.

    [dim]clinseek score RUN[/dim]
    [dim]clinseek score RUN --scorer evidence --cases[/dim]
    [dim]clinseek score results.jsonl --manifest ClinSeek-Bench_text.json --ci paper[/dim]

    Runs that failed or are missing count 0 and are told apart; what could not be scored is left
    out and counted.
    """
    from clinseek.evals.scorers import scorer_named
    from clinseek.evals.scorers.gold_names import gold_names
    from clinseek.evals.scorers.run_source import run_source
    from clinseek.evals.scorers.score_files import write_scores
    from clinseek.evals.scorers.scored_run import ALWAYS, score_run
    from clinseek.evals.scorers.summary import summarise
    from clinseek.evals.scorers.verdict_file import remembering

    named = [scorer_named(name) for name in dict.fromkeys(scorers or ALWAYS)]
    source = run_source(run, manifest=manifest)
    asked = remembering(judge_named(judge), source.scores) if judge else None
    resources = at_hand(source, store, asked, cases=cases)
    if published_mapping:
        resources = replace(resources, gold_names=gold_names(source.rows))
    scored = score_run(source, named, at_hand=resources)
    summaries = [
        summarise(name, scores, interval=interval) for name, scores in scored.scores.items()
    ]
    mapping = resources.gold_names and f"gold names, {resources.gold_names.model}"
    told = {"judge": _told(asked), "interval": interval, "mapping": mapping}
    write_scores(source.scores, scored, summaries, **told)
    written = _write_published(write_published, source) if write_published else None
    _say_remarks(scored, summaries)
    _say_verdicts(asked)
    if as_json:
        told = {each.scorer: each.as_json() for each in summaries}
        emit_json(
            {
                "run": str(run),
                "scores": str(source.scores),
                "published": written,
                "remarks": list(source.remarks),
                "scorers": told,
                "tool_use": scored.tool_use.as_json(),
            }
        )
        return
    show_scores(summaries)
    show_tool_use(scored)
    emit(f"\nEach score with its reason: {source.scores}")


def at_hand(
    source: RunSource, store: Path | None, judge: Judge | None, *, cases: bool
) -> Resources:
    """What scorers may use: the store that was named, else the one that the run was made on."""
    from clinseek.errors import SettingError
    from clinseek.evals.scorers import Resources, of_store

    chosen = store or source.store
    if chosen is None:
        if cases:
            raise SettingError("--cases needs the store of the runs; name it with --store")
        return Resources(judge=judge)
    if not chosen.is_dir():
        raise SettingError(f"{chosen}: there is no such store")
    return of_store(chosen, judge=judge, cases=cases)


def judge_named(spec: str) -> Judge:
    """The model of a spec as a judge, at temperature 0 unless the spec says otherwise."""
    from clinseek.errors import SettingError
    from clinseek.evals.scorers import judge_of
    from clinseek.models import build_model, check_model, facts_of, named_model
    from clinseek.models.privacy import warning_of_host

    read = named_model(spec)
    if read.provider == "offline":
        raise SettingError(
            "offline is a fixed policy and judges nothing; name a model, as --judge "
            "vllm:http://127.0.0.1:8000"
        )
    if "temperature=" not in spec and "temperature" not in read.parameters.told():
        read = replace(read, parameters=replace(read.parameters, temperature=0))
    model = build_model(read)
    check_model(model)
    if (warning := warning_of_host(facts_of(model))) is not None:
        say(f"warning: the judge is sent questions and answers; {warning}")
    return judge_of(model, name=spec)


def show_scores(summaries: Sequence[ScorerSummary]) -> None:
    """One line a scorer, then the tasks by the first."""
    counted = ("failed", "missing", "unscored", "n/a")
    columns = ("scorer", "mean", "95 % interval", "over tasks", "rows", "patients", *counted)
    table(columns, [_line(each) for each in summaries], right=columns[1:])
    first = summaries[0]
    for title, parted in (("task", first.by_task), ("group", first.by_group)):
        if len(parted) > 1:
            emit("")
            lines = [(name, *_numbers(each), each.n) for name, each in parted.items()]
            numbers = (str(first.scorer), "95 % interval", "rows")
            table((title, *numbers), lines, right=numbers)
    for line in (*_further(first), *_notes(summaries)):
        emit(line)


def _line(each: ScorerSummary) -> tuple[object, ...]:
    counts = each.counts
    macro = f"{100 * each.macro.value:.1f}" if each.macro else None
    rows, patients = (each.micro.n, each.micro.clusters) if each.micro else (0, 0)
    left = (counts.failed, counts.missing, counts.unscored, counts.inapplicable)
    return (each.scorer, *_numbers(each.micro), macro, rows, patients, *left)


def _numbers(estimate: Estimate | None) -> tuple[str | None, str | None]:
    if estimate is None:
        return None, None
    value = f"{100 * estimate.value:.1f}"
    if estimate.low is None or estimate.high is None:
        return value, None
    return value, f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f}"


def _notes(summaries: Sequence[ScorerSummary]) -> Iterable[str]:
    """Why there is no interval, or how little stands behind one; each reason once."""
    told: dict[str, list[str]] = {}
    for each in summaries:
        if each.micro is not None and each.micro.note is not None:
            told.setdefault(each.micro.note, []).append(each.scorer)
    return [f"{', '.join(scorers)}: {note}" for note, scorers in told.items()]


def _further(headline: ScorerSummary) -> Iterable[str]:
    """What the headline scorer tells besides its mean."""
    counts, coverage = headline.counts, headline.coverage
    if counts.missing and headline.present is not None:
        yield f"Without the {counts.missing} missing runs: {100 * headline.present:.1f}"
    if headline.auroc is not None:
        value, bounds = _numbers(headline.auroc)
        known = bounds or headline.auroc.note
        yield f"AUROC: {value} ({known}), over {headline.auroc.n} answers with a confidence"
    if coverage is not None and coverage.risk is not None and coverage.coverage < 1:
        answered, right = 100 * coverage.coverage, 100 * (1 - coverage.risk)
        yield f"Answered: {answered:.1f} % of the runs, with a mean of {right:.1f}"
    for epoch in headline.epochs[1:]:
        yield (
            f"Of {epoch.k} runs of a row: the best {100 * epoch.best:.1f}, "
            f"all right {100 * epoch.passed:.1f}"
        )


def show_tool_use(scored: ScoredRun) -> None:
    """Calls by tool, and what they brought."""
    used = scored.tool_use
    if not used.total.calls:
        return
    emit("")
    columns = ("tool", "calls", "share", "answered", "refused", "failed", "redundant", "stale")
    lines = [
        (name, each.calls, f"{100 * used.share(name):.1f} %", f"{100 * each.answered_share:.0f} %",
         each.refused, each.failed, each.redundant, each.nothing_new)
        for name, each in used.by_tool.items()
    ]  # fmt: skip
    table(columns, lines, right=columns[1:])
    emit(f"{used.calls_a_run:.1f} calls a run, {100 * used.browsing_share:.1f} % of them browsing")
    if used.sql_errors:
        kinds = ", ".join(f"{kind} {n}" for kind, n in used.sql_errors.items())
        emit(f"SQL that was refused: {kinds}")
    first = used.as_json()["first_citation"]
    if first["median_tokens"]:
        emit(
            f"First cited evidence: round {first['median_round']:g}, {first['median_tokens']:,.0f} "
            f"tokens, {first['median_seconds']:g} s (medians over {first['runs']} runs)"
        )


def _write_published(file: Path, source: RunSource) -> str:
    from clinseek.evals.published import write_published

    written = write_published(file, source.rows, source.records())
    say(f"{file}: {written} results in the published form")
    return str(file)


def _say_remarks(scored: ScoredRun, summaries: Sequence[ScorerSummary]) -> None:
    for remark in scored.source.remarks:
        say(remark)
    if scored.unknown:
        say(f"{len(scored.unknown)} records are of no row of the run and were left out")
    for each in summaries:
        if each.counts.unscored:
            reasons = [s.explanation for s in scored.scores[each.scorer] if s.state == "unscored"]
            say(f"{each.scorer}: {each.counts.unscored} unscored, the first because {reasons[0]}")


def _say_verdicts(judge: Judge | None) -> None:
    from clinseek.evals.scorers.verdict_file import VerdictFile

    verdicts = None if judge is None else judge.verdicts
    if isinstance(verdicts, VerdictFile) and verdicts.known:
        asked = verdicts.known + verdicts.asked
        say(f"judge: {verdicts.known} of {asked} verdicts were there already")


def _told(judge: Judge | None) -> dict[str, str] | None:
    from clinseek.evals.scorers.judging import PROMPT_HASH

    return None if judge is None else {"model": judge.name, "prompt": PROMPT_HASH}
