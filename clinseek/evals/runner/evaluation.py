"""One model over the rows of a benchmark, into one run folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from langchain_core.language_models import BaseChatModel

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.runner.asking import check_patients, check_rows, settled_settings
from clinseek.evals.runner.attachments import attachments_of, root_of
from clinseek.evals.runner.opening import held_folder, open_folder, plan_runs
from clinseek.evals.runner.packaged import PackagedRuns, is_packaged
from clinseek.evals.runner.run_folder import RunFolder, Shard
from clinseek.evals.runner.running import Limits, OnChange, make_runs, standing
from clinseek.evals.runner.seeking import MakesRuns, ModelOf, SeekRuns
from clinseek.evals.runner.settings import RunSettings
from clinseek.evals.runner.tally import ScoreOf, Tally
from clinseek.kept_threads import checkpoints_in
from clinseek.models import check_model, close_model
from clinseek.nodes.bench import Means
from clinseek.nodes.toolset import names_of
from clinseek.settings import store_path
from clinseek.toolkits.ehr.store import Store

Executor = Literal["local", "ray"]

_THREADS = "threads.sqlite"


class Evaluated(NamedTuple):
    """The folder of an evaluation and how it stands; `complete` where every run has ended well.

    `stopped`: too many runs failed, and the rest was left where it stood.
    """

    folder: RunFolder
    tally: Tally
    stopped: bool

    @property
    def complete(self) -> bool:
        """Whether no run is left to be made, and none failed."""
        return self.tally.done == self.tally.total


async def run_rows(
    rows: Sequence[Row],
    *,
    model: BaseChatModel,
    settings: RunSettings,
    out: str | os.PathLike[str],
    store: str | os.PathLike[str] | None = None,
    rows_file: str = "",
    epochs: int = 1,
    shard: Shard | None = None,
    limits: Limits | None = None,
    model_of: ModelOf | None = None,
    means: Means | None = None,
    executor: Executor = "local",
    score_of: ScoreOf | None = None,
    command: str = "",
    on_change: OnChange = lambda _tally: None,
    room: asyncio.Semaphore | None = None,
) -> Evaluated:
    """Run `rows` in `epochs` into the folder `out`, or go on with what is missing there.

    `settings.image_root` is the folder of the rows' images and reports, else that of `rows_file`;
    no store is opened where no row names a patient.
    `on_change` is called with the tally as runs begin and end. `model_of` puts another model in
    each epoch (a cached one, say). `executor` "ray" makes the runs on a Ray cluster, by the spec of
    the model in `settings`; `means` and `model_of` stay on this machine. Evaluations side by side
    share the places of `room`. Raises UserError for what
    the caller must change: rows that cannot be run in this setting, a folder begun otherwise or
    held by another process, a host that cannot be asked. A cancellation leaves every run where it
    stands.
    """
    names_of(settings.tools)  # a mistyped tool is told before anything is written
    check_rows(rows, settings.setting)
    means, limits = means or Means(outside_commands=True), limits or Limits()
    where = store_path(store) if any(row.subject_id is not None for row in rows) else None
    root = root_of(rows, settings.image_root, rows_file)
    settings = settled_settings(settings).model_copy(update={"image_root": root})
    await asyncio.to_thread(check_model, model)
    attached = await asyncio.to_thread(attachments_of, rows, root) if root else None
    if attached and limits.too_many(len(attached.rows_without(rows)), len(rows)):
        raise SettingError(f"{attached.told}; name the folder of these images with --image-root")
    plan = plan_runs(
        rows,
        rows_file=rows_file,
        settings=settings,
        store=where,
        store_fingerprint=await asyncio.to_thread(means.fingerprint, str(where)) if where else "",
        epochs=epochs,
        shard=shard,
        attached=attached.sha256 if attached else None,
        command=command,
    )
    if where and means.open_case is Means().open_case and settings.setting != "curated":
        held = await asyncio.to_thread(Store.open, where)
        await asyncio.to_thread(check_patients, rows, held, too_many=limits.too_many)
    with held_folder(Path(out)):
        folder = open_folder(Path(out), plan, rows)
        found = await asyncio.to_thread(standing, folder, rows, score_of=score_of)
        if attached and attached.missing:
            found.tally.remark(f"{attached.told}; runs that need them fail")
        on_change(found.tally)
        if not found.jobs:
            _remove_threads(folder)
            return Evaluated(folder, found.tally, stopped=False)
        async with _seek_runs(
            folder,
            means=means,
            model_of=model_of or (lambda _: model),
            executor=executor,
            concurrency=limits.concurrency,
            on_warning=found.tally.remark,
        ) as seek:
            try:
                went_on = await make_runs(
                    folder, found.jobs, seek,
                    tally=found.tally, limits=limits, on_change=on_change, room=room,
                )  # fmt: skip
            finally:
                await close_model(model)
        evaluated = Evaluated(folder, found.tally, stopped=not went_on)
        if evaluated.complete:
            _remove_threads(folder)
        return evaluated


@asynccontextmanager
async def _seek_runs(
    folder: RunFolder,
    *,
    means: Means,
    model_of: ModelOf,
    executor: Executor,
    concurrency: int,
    on_warning: Callable[[str], None],
) -> AsyncIterator[MakesRuns]:
    plan = folder.plan
    if executor == "ray":
        from clinseek.evals.runner.ray_cluster import ray_runs

        async with ray_runs(folder.path, plan, concurrency=concurrency) as runs:
            yield runs
        return
    if is_packaged(plan):
        yield PackagedRuns(plan, means=means, model_of=model_of)
        return
    file = folder.path / _THREADS
    file.touch(mode=0o600)
    async with checkpoints_in(file) as saver:
        with means.webs.held():
            yield SeekRuns(plan, means=means, model_of=model_of, saver=saver, on_warning=on_warning)


def _remove_threads(folder: RunFolder) -> None:
    """Every record is kept: the steps that led to them are not needed any more."""
    for suffix in ("", "-wal", "-shm"):
        (folder.path / f"{_THREADS}{suffix}").unlink(missing_ok=True)
