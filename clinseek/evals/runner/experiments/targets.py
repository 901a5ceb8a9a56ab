"""What is evaluated: a function of the inputs, or a model that the graph runs over rows."""

from __future__ import annotations

import asyncio
import inspect
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from langsmith.schemas import Example, Run

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.runner.evaluation import run_rows
from clinseek.evals.runner.experiments.examples import example_of_row, run_of
from clinseek.evals.runner.running import Limits
from clinseek.evals.runner.settings import RunSettings
from clinseek.models import build_model, named_model, parameters_of
from clinseek.settings import untraced

Target = Callable[..., Any] | Runnable[Any, Any] | BaseChatModel | str
"""A function `inputs -> outputs` (sync or async), a Runnable, a model spec, or a chat model."""


def is_model(target: Target) -> bool:
    """Whether the target is a model, which the graph is to run over rows."""
    return isinstance(target, str | BaseChatModel)


async def called(target: Target, example: Example, *, experiment: UUID, repetition: int) -> Run:
    """One run of a function; what it raises is the run's error."""
    began = datetime.now(UTC)
    outputs, error = None, None
    try:
        with untraced():
            outputs = await _outputs(target, dict(example.inputs or {}))
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    run_id = uuid5(experiment, f"{example.id} {repetition}")
    return Run(
        id=run_id,
        name=getattr(target, "__name__", type(target).__name__),
        run_type="chain",
        start_time=began,
        end_time=datetime.now(UTC),
        inputs=example.inputs or {},
        outputs=outputs,
        error=error,
        reference_example_id=example.id,
        session_id=experiment,
        trace_id=run_id,
        dotted_order="",
    )


async def sought(
    target: str | BaseChatModel,
    rows: Sequence[Row],
    *,
    experiment: UUID,
    out: Path | None,
    concurrency: int,
    epochs: int,
    settings: dict[str, Any],
    options: dict[str, Any],
) -> list[tuple[Run, Example]]:
    """The runs of a model over rows, by the graph; kept in `out` where that is named."""
    model = build_model(named_model(target)) if isinstance(target, str) else target
    spec = str(named_model(target)) if isinstance(target, str) else type(target).__name__
    how = RunSettings(model=spec, parameters=parameters_of(model), **settings)
    examples = {row.qid: example_of_row(row) for row in rows}
    place = nullcontext(str(out)) if out is not None else tempfile.TemporaryDirectory()
    with place as folder:
        done = await run_rows(
            rows, model=model, settings=how, out=Path(folder) / "run" if out is None else folder,
            epochs=epochs, limits=Limits(concurrency=concurrency, fail_on_error=1e9), **options,
        )  # fmt: skip
        return [
            (run_of(record, examples[record.qid], experiment=experiment), examples[record.qid])
            for record in done.folder.records()
        ]


async def _outputs(target: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    if isinstance(target, Runnable):
        given = await target.ainvoke(inputs)
    elif inspect.iscoroutinefunction(target):
        given = await target(inputs)
    elif callable(target):
        given = await asyncio.to_thread(target, inputs)
        given = await given if inspect.isawaitable(given) else given
    else:
        raise SettingError(f"target {target!r} is neither a function nor a model")
    return given if isinstance(given, dict) else {"output": given}
