"""`clinseek bench build | tasks`: the published tasks, built over a store of one's own."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinseek.cli.options import JsonOption, StoreOption
from clinseek.cli.output import console, emit, emit_json, say, table
from clinseek.settings import cores

if TYPE_CHECKING:
    from clinseek.evals.benchmarks.building import BuildProgress

SECONDS_BETWEEN_LINES = 15.0
_STAGES = {"patients": "patients read", "questions": "questions examined"}


def register(app: typer.Typer) -> None:
    """Add `build` and `tasks`."""
    app.command("build")(build)
    app.command("tasks")(tasks)


def build(
    store: StoreOption,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder.")],
    names: Annotated[
        list[str],
        typer.Option(
            "--tasks",
            metavar="NAME",
            help="all, a kind (decision, risk, agentehr, medmod) or a task (repeatable, or "
            "parted by commas); see bench tasks.",
        ),
    ] = ["all"],  # noqa: B006  # typer reads the default, nobody changes it
    per_task: Annotated[int, typer.Option(metavar="N", min=1, help="Rows a task at most.")] = 40,
    seed: Annotated[int, typer.Option(metavar="K", help="Same seed, same bytes.")] = 42,
    prevalence: Annotated[
        Literal["natural", "balanced"],
        typer.Option(help="Yes and no as they come, or as many of each (as published)."),
    ] = "balanced",
    candidates: Annotated[
        Literal["frozen", "published"],
        typer.Option(
            help="What to choose from: whole short vocabularies, or, as published, long ones cut "
            "to a hundred around the right answer."
        ),
    ] = "frozen",
    split: Annotated[
        Literal["train", "validation", "test"] | None,
        typer.Option(help="Only these patients, by a hash of their subject_id."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes; by default one a core.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a benchmark over a store: DIR/rows.jsonl, with packaged evidence, and a data card.

    [dim]clinseek bench build --store S --tasks all --per-task 40 --out bench[/dim]

    Labels are read from the whole raw record, evidence from the case at the cutoff. A row whose
    answer the case tells is dropped and counted. A task that the store cannot give is named.
    """  # fmt: skip
    from clinseek.drafts import draft_of
    from clinseek.evals.benchmarks.building import BuildSettings
    from clinseek.evals.benchmarks.building import build as built_of
    from clinseek.evals.benchmarks.tasks import tasks_named
    from clinseek.evals.benchmarks.writing import ROWS, write_benchmark

    chosen = tasks_named(name for told in names for name in told.split(",") if name.strip())
    settings = BuildSettings(per_task, seed, prevalence, candidates, split)
    with draft_of(out) as draft, _progress() as progress:
        built = built_of(store, chosen, settings=settings, jobs=jobs or cores(), progress=progress)
        card = write_benchmark(built, draft)
    if as_json:
        emit_json({"out": out, "rows": out / ROWS, "card": card})
        return
    for each in built.tasks:
        for told in (each.not_given, *each.remarks):
            if told:
                say(told)
    counts = card["counts"]
    emit(
        f"{out / ROWS}: {counts['rows']:,} rows of {counts['tasks']} tasks about "
        f"{counts['patients']:,} patients; the card is {out / 'card.md'}"
    )
    where = shlex.quote(str(out / ROWS))
    emit(f"next: clinseek eval {where} --store {shlex.quote(str(store))} --model offline --out RUN")


def tasks(
    page: Annotated[
        bool, typer.Option("--page", help="Every definition in full, as Markdown.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """The tasks that can be built, or with --page their definitions (docs/benchmarks.md).

    [dim]clinseek bench tasks[/dim]
    [dim]clinseek bench tasks --page > benchmarks.md[/dim]
    """
    from clinseek.evals.benchmarks.definitions import definitions_page, told_of
    from clinseek.evals.benchmarks.tasks import TASKS

    if as_json:
        emit_json([told_of(task) for task in TASKS.values()])
        return
    if page:
        emit(definitions_page().removesuffix("\n"))
        return
    table(
        ("task", "kind", "cutoff", "question"),
        [(task.name, task.kind, task.cutoff, task.question) for task in TASKS.values()],
    )


@contextmanager
def _progress() -> Iterator[Callable[[BuildProgress], None]]:
    """A live line on stderr; where that is no terminal, a line now and then."""
    drawn = console(err=True)
    if drawn.is_terminal:
        with drawn.status("reading the store") as status:
            yield lambda at: status.update(_line(at))
        return
    last = time.monotonic()

    def tell(at: BuildProgress) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            say(_line(at))

    yield tell


def _line(at: BuildProgress) -> str:
    return f"{_STAGES[at.stage]}: {at.done:,} of {at.total:,} ({at.seconds:.0f} s)"
