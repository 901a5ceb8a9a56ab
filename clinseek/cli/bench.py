"""`clinseek bench`: where the rows of a benchmark come from."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import console, emit, emit_json
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.evals.benchmarks.synthetic import SyntheticProgress

PREPARED = ("synthetic",)

app = typer.Typer(
    name="bench", help="Benchmarks: prepare their rows and the store they ask about.",
    no_args_is_help=True,
)  # fmt: skip


def register(main: typer.Typer) -> None:
    """Add `bench`."""
    main.add_typer(app, name="bench", rich_help_panel="Evaluate")


@app.command("prepare")
def prepare(
    name: Annotated[str, typer.Argument(metavar="NAME", help="synthetic.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder.")],
    patients: Annotated[int, typer.Option(metavar="N", min=1)] = 40,
    per_task: Annotated[int, typer.Option(metavar="N", min=1, help="Rows of each task.")] = 10,
    seed: Annotated[int, typer.Option(metavar="S", help="Same seed, same rows.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Make a benchmark ready to run: DIR/store and DIR/*.jsonl.

    [dim]clinseek bench prepare synthetic --out bench[/dim]

    synthetic: out of nothing, a cohort, its store, and risk, decision and look-up rows with
    packaged evidence. No row is of a real person.
    """
    from difflib import get_close_matches

    from clinseek.evals.benchmarks.synthetic import prepare_synthetic

    if name not in PREPARED:
        near = get_close_matches(name, PREPARED, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise SettingError(f"no benchmark {name!r}{meant} There is: {', '.join(PREPARED)}")
    with _progress() as progress:
        made = prepare_synthetic(
            out, patients=patients, per_task=per_task, seed=seed, progress=progress
        )
    if as_json:
        emit_json({"store": made.store, "rows": made.rows, "files": made.files})
        return
    for kind, file in made.files.items():
        emit(f"{file}: {made.rows[kind]:,} rows")
    rows, store = (shlex.quote(str(path)) for path in (made.files["risk"], made.store))
    emit(f"next: clinseek eval {rows} --store {store} --model offline --out RUN")


@contextmanager
def _progress() -> Iterator[Callable[[SyntheticProgress], None]]:
    """A live line on stderr."""
    drawn = console(err=True)
    if not drawn.is_terminal:
        yield lambda _progress: None
        return
    with drawn.status("drawing the cohort") as status:
        yield lambda at: status.update(f"{at.stage}: {at.done:,} of {at.total:,}")
