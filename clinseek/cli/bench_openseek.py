"""`clinseek bench prepare openseek`: questions with exact answers over a store."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clinseek.cli.output import console, emit, emit_json
from clinseek.settings import store_path


def prepare(
    source: Path | None,
    *,
    store: Path | None,
    out: Path,
    per_task: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """What `bench prepare` does for openseek."""
    from clinseek.evals.benchmarks.openseek import PER_TEMPLATE, prepare_openseek

    asked = store_path(store)
    with _progress() as progress:
        made = prepare_openseek(
            asked, out, raw=() if source is None else (source,),
            per_template=per_task or PER_TEMPLATE, seed=seed, progress=progress,
        )  # fmt: skip
    if as_json:
        emit_json(made._asdict())
        return
    emit(f"{made.file}: {made.rows:,} rows; what is in them: {made.card}")
    if made.checked is not None:
        emit(f"found in the raw files, and known when they should be: {made.checked:,} rows")
    rows, told = (shlex.quote(str(path)) for path in (made.file, asked))
    emit(f"next: clinseek eval {rows} --store {told} --model offline --out RUN")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A live line on stderr."""
    drawn = console(err=True)
    if not drawn.is_terminal:
        yield lambda *_: None
        return
    with drawn.status("reading the store") as status:
        yield lambda done, wanted: status.update(f"questions: {done:,} of {wanted:,}")
