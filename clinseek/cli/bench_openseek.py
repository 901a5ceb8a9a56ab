"""`clinseek bench prepare openseek`: questions with exact answers over a store."""

from __future__ import annotations

import shlex
from pathlib import Path

from clinseek.cli.output import emit, emit_json, live_line
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
    with live_line("reading the store") as tell:
        made = prepare_openseek(
            asked, out, raw=() if source is None else (source,),
            per_template=per_task or PER_TEMPLATE, seed=seed,
            progress=lambda done, wanted: tell(f"questions: {done:,} of {wanted:,}"),
        )  # fmt: skip
    if as_json:
        emit_json(made._asdict())
        return
    emit(f"{made.file}: {made.rows:,} rows; what is in them: {made.card}")
    if made.checked is not None:
        emit(f"found in the raw files, and known when they should be: {made.checked:,} rows")
    rows, told = (shlex.quote(str(path)) for path in (made.file, asked))
    emit(f"next: clinseek eval {rows} --store {told} --model offline --out RUN")
