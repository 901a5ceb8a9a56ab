"""`evaluate`, `aevaluate`, `evaluate_existing`: LangSmith's way of working, on this machine."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langsmith.evaluation import RunEvaluator
from langsmith.schemas import Example, Run

from clinseek.blocking import blocking
from clinseek.errors import SettingError
from clinseek.evals.rows import Row, read_rows
from clinseek.evals.runner.experiments.evaluators import (
    Evaluator,
    SummaryEvaluator,
    evaluated,
    read_evaluators,
    summarised,
)
from clinseek.evals.runner.experiments.examples import (
    Examples,
    example_of_row,
    examples_of,
    experiment_id,
    run_of,
)
from clinseek.evals.runner.experiments.results import ExperimentResults, ScoredRun
from clinseek.evals.runner.experiments.targets import Target, called, is_model, sought
from clinseek.evals.runner.experiments.upload import check_upload, upload_experiment
from clinseek.evals.runner.run_folder import open_run

Upload = Literal["langsmith"]
_CONCURRENCY = 8


async def aevaluate(
    target: Target,
    data: Examples,
    *,
    evaluators: Sequence[Evaluator] = (),
    summary_evaluators: Sequence[SummaryEvaluator] = (),
    experiment: str | None = None,
    max_concurrency: int | None = None,
    num_repetitions: int = 1,
    metadata: Mapping[str, Any] | None = None,
    upload: Upload | None = None,
    store: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    **options: Any,
) -> ExperimentResults:
    """Run `target` over every example, and every evaluator over every run.

    `target` is a function `inputs -> outputs`, a Runnable, or a model (a spec, a chat model): a
    model is run by the graph over rows of `store`, into the run folder `out` where one is named
    (it goes on, as `clinseek eval` does), with `settings` of RunSettings; its outputs are answer,
    citations, status and messages. `max_concurrency` 0 or 1 is one after the other. `options` go
    to `run_rows`. `upload="langsmith"` sends the experiment to LangSmith, and logs what goes out.

    Raises SettingError for an evaluator or example that cannot be. What target or evaluators
    raise is kept with the run or score, and stops nothing.
    """
    name = experiment or f"experiment-{uuid.uuid4().hex[:8]}"
    read = read_evaluators(evaluators)
    if upload is not None:
        check_upload(upload)
    concurrency = _CONCURRENCY if max_concurrency is None else max(1, max_concurrency)
    if is_model(target):
        assert isinstance(target, str | BaseChatModel)
        pairs = await sought(
            target, _rows(data), experiment=experiment_id(name),
            out=None if out is None else Path(out), concurrency=concurrency,
            epochs=num_repetitions, settings=dict(settings or {}),
            options={"store": store, "rows_file": _file_of(data), **options},
        )  # fmt: skip
    else:
        make = partial(called, target, experiment=experiment_id(name))
        jobs = [
            (example, at) for at in range(1, num_repetitions + 1) for example in examples_of(data)
        ]
        limit = asyncio.Semaphore(concurrency)

        async def one(example: Example, at: int) -> tuple[Run, Example]:
            async with limit:
                return await make(example, repetition=at), example

        pairs = list(await asyncio.gather(*(one(*job) for job in jobs)))
    results = await _scored(name, pairs, read, summary_evaluators, concurrency, metadata)
    return results if upload is None else await asyncio.to_thread(upload_experiment, results)


def evaluate(target: Target, data: Examples, **options: Any) -> ExperimentResults:
    """As `aevaluate`, for code that does not await; it may be called inside a loop, too."""
    return blocking(partial(aevaluate, target, data, **options))


def evaluate_existing(
    experiment: ExperimentResults | str | os.PathLike[str],
    *,
    evaluators: Sequence[Evaluator] = (),
    summary_evaluators: Sequence[SummaryEvaluator] = (),
    max_concurrency: int | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> ExperimentResults:
    """Evaluate what ran already: results of `evaluate`, or a run folder of `clinseek eval`.

    Nothing is run again. The scores that results have stay, and the new ones stand behind them.
    """
    read = read_evaluators(evaluators)
    if isinstance(experiment, ExperimentResults):
        name, held = experiment.experiment_name, experiment.rows
        pairs = [(row["run"], row["example"]) for row in held]
    else:
        folder, held = open_run(Path(experiment)), ()
        name = folder.name
        examples = {row.qid: example_of_row(row) for row in folder.rows()}
        pairs = [
            (run_of(record, examples[record.qid], experiment=experiment_id(name)),
             examples[record.qid])
            for record in folder.records()
        ]  # fmt: skip
    concurrency = _CONCURRENCY if max_concurrency is None else max(1, max_concurrency)
    new = blocking(partial(_scored, name, pairs, read, summary_evaluators, concurrency, metadata))
    for before, row in zip(held, new.rows, strict=False):
        results = row["evaluation_results"]
        results["results"] = [*before["evaluation_results"]["results"], *results["results"]]
    return new


async def _scored(
    name: str,
    pairs: Sequence[tuple[Run, Example]],
    evaluators: Sequence[RunEvaluator],
    summary_evaluators: Sequence[SummaryEvaluator],
    concurrency: int,
    metadata: Mapping[str, Any] | None,
) -> ExperimentResults:
    limit = asyncio.Semaphore(concurrency)

    async def one(run: Run, example: Example) -> ScoredRun:
        async with limit:
            found = await evaluated(evaluators, run, example)
        return ScoredRun(run=run, example=example, evaluation_results={"results": found})

    rows = await asyncio.gather(*(one(*pair) for pair in pairs))
    summary = await asyncio.to_thread(
        summarised,
        summary_evaluators,
        [run for run, _ in pairs],
        [example for _, example in pairs],
    )
    return ExperimentResults(name, rows, summary, dict(metadata or {}))


def _file_of(data: Examples) -> str:
    """The file of rows, beside which their images lie; "" where rows were handed over."""
    return os.fspath(data) if isinstance(data, str | os.PathLike) else ""


def _rows(given: Examples) -> list[Row]:
    """Rows, which a model needs: an example has neither patient nor moment."""
    if isinstance(given, str | os.PathLike):
        return read_rows(Path(given))
    rows = list(given)
    if not all(isinstance(each, Row) for each in rows):
        raise SettingError(
            "a model is run over rows (clinseek.evals.rows.Row), which name patient and moment; "
            "for examples of another form, give a function as the target"
        )
    return rows  # type: ignore[return-value]
