"""From the options of `clinseek eval` to runs: models, settings, folders, and stopping cleanly."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from clinseek.errors import SettingError, first_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from clinseek.cli.eval_table import OnTally
    from clinseek.evals.rows import Row
    from clinseek.evals.runner.evaluation import Evaluated, Executor
    from clinseek.evals.runner.protocols import Protocolled
    from clinseek.evals.runner.run_folder import Shard
    from clinseek.evals.runner.running import Limits
    from clinseek.evals.runner.settings import RunSettings
    from clinseek.evals.runner.tally import ScoreOf
    from clinseek.records import Setting
    from clinseek.toolkits.ehr.availability.profiles import CaseProfile


def prepare_for_ray(cache: Path | None) -> None:
    """Ray counts its use and sends that home, unless it is told not to before it starts."""
    if cache is not None:
        raise SettingError("--cache answers runs on this machine alone; leave it out with ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def read_shard(text: str | None) -> Shard | None:
    """`2/8` as a part of the runs; None where none was named."""
    from clinseek.evals.runner.run_folder import Shard

    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise SettingError(f"--shard {text}: write I/N with I from 1 to N, as 2/8")
    return Shard(number=int(number), of=int(of))


def folders_for(out: Path, specs: Sequence[str], shard: Shard | None) -> list[Path]:
    """The run folder of each model: RUN itself for one, RUN/<name> for several."""
    from clinseek.evals.runner.naming import folder_names
    from clinseek.evals.runner.run_folder import shard_folder

    whole = [out] if len(specs) == 1 else [out / name for name in folder_names(specs)]
    return whole if shard is None else [shard_folder(each, shard) for each in whole]


def check_store(store: Path | None, rows: Sequence[Row]) -> None:
    """Rows about images alone need no store; any other does."""
    asking = [row.qid for row in rows if row.subject_id is not None]
    if store is None and asking:
        raise typer.BadParameter(
            f"Missing option '--store': {len(asking)} of {len(rows)} rows ask about a patient's "
            f"record (first: {asking[0]})"
        )


def default_score(store: Path | None) -> ScoreOf:
    """The score so far is by each row's own metric, with the store's vocabularies."""
    from clinseek.evals.scorers import Resources, of_store, score_record

    at_hand = Resources() if store is None else of_store(store)
    return lambda row, record: score_record(row, record, at_hand=at_hand).value


def model_and_settings(
    spec: str,
    *,
    setting: Setting,
    profile: CaseProfile,
    paper: bool = False,
    chosen: Mapping[str, Any] | None = None,
    others: Mapping[str, Any] | None = None,
) -> Protocolled:
    """The chat model of a spec, and the RunSettings that name it; the paper's where wanted.

    `chosen` and `others` are fields of RunSettings: those that the paper's protocol sets itself,
    and those that it leaves to the caller.
    """
    from clinseek.evals.runner.protocols import Protocolled, paper_protocol
    from clinseek.evals.runner.settings import RunSettings
    from clinseek.models import build_model, named_model, parameters_of

    chosen, others = chosen or {}, others or {}
    named = named_model(spec)
    if paper:
        _refuse_beside_paper(chosen)
        return paper_protocol(named, setting=setting, profile=profile, **others)
    built = build_model(named)
    settings = RunSettings(
        model=str(named),
        parameters=parameters_of(built),
        setting=setting,
        profile=profile,
        **chosen,
        **others,
    )
    return Protocolled(built, settings)


def _refuse_beside_paper(chosen: Mapping[str, Any]) -> None:
    """The protocol says what tools, role and budgets are; another value would not be it."""
    from clinseek.evals.runner.settings import RunSettings

    other = [
        name for name, value in chosen.items() if value != getattr(RunSettings(model=""), name)
    ]
    if other:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise SettingError(f"--paper-protocol sets {options} itself; leave one of the two out")


@dataclass(frozen=True, kw_only=True)
class Evaluating:
    """What of an evaluation is the same for every model: its rows, and how they are gone about."""

    rows: Sequence[Row]
    rows_file: str
    store: Path | None
    epochs: int
    limits: Limits
    score_of: ScoreOf
    shard: Shard | None = None
    executor: Executor = "local"
    cache: Path | None = None


class ModelRuns(NamedTuple):
    """A model that is to be run: the spec it was named by, its folder, and how it is asked."""

    spec: str
    folder: Path
    model: BaseChatModel
    settings: RunSettings


def run_all(evaluating: Evaluating, runs: ModelRuns, *, on_change: OnTally) -> Evaluated:
    """Run the rows with one model; KeyboardInterrupt where it was stopped by a signal."""
    return asyncio.run(_run(evaluating, runs, on_change=on_change))


def run_models(evaluating: Evaluating, models: Sequence[ModelRuns]) -> list[Evaluated]:
    """Run the rows with each model: side by side, with as many runs at one time over all of them.

    Models that are loaded into this process, and those on Ray, run one after the other. What one
    of them cannot do (its host cannot be asked, say) stops all; the same command goes on.
    KeyboardInterrupt where it was stopped by a signal.
    """
    from clinseek.cli.eval_table import live_table, live_tables

    alone = evaluating.executor != "local" or any(_is_loaded(each) for each in models)
    if len(models) > 1 and not alone:
        with live_tables([(each.spec, each.folder) for each in models]) as told:
            return _side_by_side(evaluating, models, told)
    ended = []
    for each in models:
        with live_table(each.spec, each.folder) as on_change:
            ended.append(run_all(evaluating, each, on_change=on_change))
    return ended


def _is_loaded(runs: ModelRuns) -> bool:
    """Whether the model takes this machine's memory: two at once may be more than it has."""
    from clinseek.models import facts_of

    return facts_of(runs.model).provider == "hf"


def _side_by_side(
    evaluating: Evaluating, models: Sequence[ModelRuns], told: Sequence[OnTally]
) -> list[Evaluated]:
    async def all_of_them() -> list[Evaluated]:
        room = asyncio.Semaphore(evaluating.limits.concurrency)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_run(evaluating, each, on_change=on_change, room=room))
                for each, on_change in zip(models, told, strict=True)
            ]
        return [task.result() for task in tasks]

    try:
        return asyncio.run(all_of_them())
    except BaseExceptionGroup as several:
        first = first_of(several)
        raise first from first.__cause__  # a full disk is told by what a fault was raised from


async def _run(
    evaluating: Evaluating,
    runs: ModelRuns,
    *,
    on_change: OnTally,
    room: asyncio.Semaphore | None = None,
) -> Evaluated:
    from clinseek.evals.runner.evaluation import run_rows
    from clinseek.evals.runner.response_cache import cached_models

    with cached_models(runs.model, evaluating.cache) as (model_of, answers):
        evaluated = await run_rows(
            evaluating.rows,
            model=runs.model,
            settings=runs.settings,
            out=runs.folder,
            store=evaluating.store,
            rows_file=evaluating.rows_file,
            epochs=evaluating.epochs,
            shard=evaluating.shard,
            limits=evaluating.limits,
            model_of=model_of,
            executor=evaluating.executor,
            score_of=evaluating.score_of,
            command=shlex.join(["clinseek", *sys.argv[1:]]),
            on_change=on_change,
            room=room,
        )
    if answers is not None:
        asked = answers.hits + answers.misses
        evaluated.tally.remark(f"cache: {answers.hits} of {asked} turns came from it")
    return evaluated
