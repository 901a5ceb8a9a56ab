"""`clinseek bench validate` and `prepare` of the published suites, for those who hold them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, live_line, say
from clinseek.errors import SettingError
from clinseek.settings import cores, store_of_rows

if TYPE_CHECKING:
    from clinseek.evals.benchmarks.suites import PreparedSuite, SuiteReport

_NAMES = ("clinseek-text", "clinseek-multimodal", "agentehr")
_OTHER_CLOCK = "ehrxqa_"
"""How qids begin whose source moved every time, so that no record has their cutoffs."""


class EvidenceChoice(StrEnum):
    """Where the packaged evidence of a row comes from."""

    PUBLISHED = "published"
    CASE = "case"


def register(bench: typer.Typer) -> None:
    """Add `bench validate`."""
    bench.command("validate")(validate)


def check_name(name: str, known: Iterable[str], *, what: str) -> None:
    """SettingError, with the nearest name, where `name` is none of those known."""
    from difflib import get_close_matches

    names = list(known)
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    raise SettingError(f"no {what} {name!r}{meant} There is: {', '.join(names)}")


def refuse_given(given: Mapping[str, object], because: str) -> None:
    """SettingError for the first option that was given, with why it cannot be."""
    for option, choice in given.items():
        if choice is not None and choice is not False:
            raise SettingError(f"{option} {because}")


def validate(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|ROWS", help=f"{', '.join(_NAMES)}, or what bench build wrote."
        ),
    ],
    source: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Of a suite: its files.")
    ] = None,
    manifest_only: Annotated[
        bool, typer.Option("--manifest-only", help="Do not look for images and databases.")
    ] = False,
    store: Annotated[
        Path | None, typer.Option("--store", "-s", metavar="STORE", help="Of ROWS: their store.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Of ROWS: the first N only.")] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes; by default one a core.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Is a suite as it was published, and do built rows keep their answers? Exit 1 where not.

    [dim]clinseek bench validate clinseek-text --from RELEASE[/dim]

    [dim]clinseek bench validate bench/rows.jsonl --store STORE[/dim]

    Of rows: in the case of each, at its cutoff, nothing may show its label, what tells it, or
    anything to come; under the published cutoff rule the same look-ups tell what the leak wins.
    Both are written into the card beside ROWS.
    """
    from clinseek.evals.benchmarks.suites import SUITES, validate_suite

    if name not in _NAMES and (name.endswith(".jsonl") or Path(name).is_file()):
        from clinseek.cli.bench_check import validate_rows

        refuse_given(
            {"--from": source, "--manifest-only": manifest_only},
            f"is of a published suite, and {name} holds built rows; leave it out",
        )
        validate_rows(
            Path(name),
            store=store_of_rows(store),
            limit=limit,
            jobs=jobs or cores(),
            as_json=as_json,
        )
        return
    check_name(name, _NAMES, what="published suite")
    refuse_given(
        {"--store": store, "--limit": limit, "--jobs": jobs},
        f"is of built rows, and {name} is a published suite; leave it out",
    )
    if source is None:
        raise SettingError(f"{name} is read from a folder; name it with --from DIR")
    report = validate_suite(SUITES[name], source, manifest_only=manifest_only)
    if as_json:
        emit_json(report.as_json())
    else:
        tell_report(report)
    if not report.holds:
        raise typer.Exit(1)


def prepare(
    name: str,
    source: Path | None,
    *,
    store: Path | None,
    out: Path,
    evidence: Literal["published", "case"],
    as_json: bool,
) -> None:
    """What `bench prepare` does for a published suite; exit 1 where its release has faults."""
    from clinseek.evals.benchmarks.suites import SUITES, prepare_suite

    if source is None:
        raise SettingError(f"{name} is read from a folder; name it with --from DIR")
    asked = store_of_rows(store)
    with live_line("reading the manifest") as tell:
        made = prepare_suite(
            SUITES[name], source, store=asked, out=out, evidence=evidence,
            progress=lambda at: tell(f"{at.stage}: {at.done:,} of {at.total:,}"),
        )  # fmt: skip
    if as_json:
        emit_json(made.as_json())
        for fault in made.report.faults:
            say(f"fault: {fault}")
    else:
        _tell_what_to_run(made, asked)
    if made.report.faults:
        raise typer.Exit(1)


def _tell_what_to_run(made: PreparedSuite, store: Path) -> None:
    tell_report(made.report, tell_fault=say)
    tell_prepared(made)
    rows, asked = shlex.quote(str(made.file)), shlex.quote(str(store))
    assets = made.report.assets
    images = "" if assets is None else f" --image-root {shlex.quote(str(assets.root))}"
    emit(f"next: clinseek eval {rows} --store {asked}{images} --model offline --out RUN")


def tell_report(report: SuiteReport, *, tell_fault: Callable[[str], None] = emit) -> None:
    """Every count beside the published one, and what is wrong."""
    tell_counts(report)
    for fault in report.faults:
        tell_fault(f"fault: {fault}")


def tell_counts(report: SuiteReport) -> None:
    """Every count beside the published one, and what a reader should know beside them."""
    for count in report.counts:
        mark = "as published" if count.holds else f"published: {count.published:,}"
        emit(f"{count.what}: {count.found:,} ({mark})")
    for remark in report.remarks:
        emit(remark)


def tell_prepared(made: PreparedSuite) -> None:
    """The rows that came of a suite, and how many of them tell their label."""
    emit(f"{made.file}: {len(made.rows):,} rows")
    if made.strangers:
        few = ", ".join(made.strangers[:3])
        emit(f"left out, not in this store at their cutoff: {len(made.strangers):,} rows ({few})")
        if any(qid.startswith(_OTHER_CLOCK) for qid in made.strangers):
            emit(
                "EHRXQA has a clock of its own: bench rebuild multimodal --manifest keeps its rows"
            )
    if made.unanswerable:
        few, count = ", ".join(made.unanswerable[:3]), len(made.unanswerable)
        emit(f"left out, candidates without their own answer: {count:,} rows ({few})")
    if made.rendered:
        emit(f"packaged evidence rendered from the case: {made.rendered:,} rows")
    for profile, told in made.visible.items():
        emit(
            f"label in the record at the cutoff, profile {profile}: {len(told.visible):,} of "
            f"{told.looked:,} rows that were looked up"
        )
