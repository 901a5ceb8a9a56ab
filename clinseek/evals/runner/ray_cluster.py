"""Making the runs of a folder on a Ray cluster whose machines share the disk of store and folder.

A run is a call of an actor; actors are spread over the machines. Where one dies with its machine,
Ray starts it elsewhere and calls it again, and the run goes on from its last step: those are kept
in the folder, a file a run, as is the record of a run that ended, which is never written again.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from clinseek.deaf import Deaf
from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.runner.packaged import PackagedRuns, is_packaged
from clinseek.evals.runner.run_folder import RunPlan
from clinseek.evals.runner.seeking import Job, Made, SeekRuns
from clinseek.records import Record

WORK = "work"
_NOBODY = "http://127.0.0.1:9"
_PROXIES = tuple(
    name for lower in ("http_proxy", "https_proxy", "no_proxy") for name in (lower, lower.upper())
)


class RayRuns:
    """Hands each run to one of the actors, in turn."""

    def __init__(self, work: Path, actors: list[Any]) -> None:
        self._work, self._actors, self._next = work, actors, count()

    async def run(self, job: Job) -> Made:
        """The run's record, made on whichever machine lives to make it."""
        actor = self._actors[next(self._next) % len(self._actors)]
        asked = job.row.model_dump_json(), job.epoch, job.thread
        try:
            told, may_pass = await actor.make.remote(*asked)
        except Exception as error:
            # What Ray raises tells that an actor failed, and holds why.
            if isinstance(why := getattr(error, "cause", None), Exception):
                raise why from error
            raise
        return Made(Record.model_validate_json(told), may_pass)

    async def forget(self, thread: str) -> None:
        """Remove the files of a run whose record is kept."""
        for file in self._work.glob(f"{thread}.*"):
            file.unlink(missing_ok=True)

    async def threads(self) -> list[str]:
        """The runs of which steps are kept."""
        return sorted({file.name.partition(".")[0] for file in self._work.iterdir()})


class Maker:
    """What an actor is: it makes runs over steps that are kept in the folder."""

    def __init__(self, plan: str, work: str, proxies: Mapping[str, str | None]) -> None:
        put_in_environment(proxies)
        from clinseek.models import build_model, named_model
        from clinseek.nodes.bench import Means

        self._plan = RunPlan.model_validate_json(plan)
        self._work = Path(work)
        self._model = build_model(named_model(self._plan.settings.model))
        self._means = Means(outside_commands=True)

    async def make(self, row: str, epoch: int, thread: str) -> tuple[str, bool]:
        """The record of a run as JSON, and whether a failed one may go better the next time."""
        from clinseek.kept_threads import checkpoints_in

        kept = self._work / f"{thread}.json"
        if kept.exists():
            return await asyncio.to_thread(kept.read_text, encoding="utf-8"), True
        job = Job(Row.model_validate_json(row), epoch, thread)
        plan, means, model = self._plan, self._means, self._model
        if is_packaged(plan):
            made = await PackagedRuns(plan, means=means, model_of=lambda _: model).run(job)
        else:
            file = self._work / f"{thread}.sqlite"
            async with checkpoints_in(file, exclusive=True) as saver:
                seek = SeekRuns(plan, means=means, model_of=lambda _: model, saver=saver)
                made = await seek.run(job)
        told = made.record.model_dump_json()
        if made.record.status != "failed":
            await asyncio.to_thread(_write_once, kept, told)
        return told, made.may_pass

    def where(self) -> str:
        """The machine on which this actor lives."""
        node: str = _ray().get_runtime_context().get_node_id()
        return node


@asynccontextmanager
async def ray_runs(folder: Path, plan: RunPlan, *, concurrency: int) -> AsyncIterator[RayRuns]:
    """The cluster that RAY_ADDRESS names, else one of this machine alone, left as it was.

    SettingError without Ray, and where the cluster cannot be reached.
    """
    ray = _ray()
    work = folder / WORK
    try:
        with cluster() as proxies:
            work.mkdir(exist_ok=True, mode=0o700)
            actors = _actors(ray, plan, work, proxies, concurrency=concurrency)
            try:
                yield RayRuns(work.absolute(), actors)
            finally:
                for actor in actors:
                    ray.kill(actor)
    finally:
        if work.is_dir() and not any(work.iterdir()):
            work.rmdir()


def _actors(
    ray: Any,
    plan: RunPlan,
    work: Path,
    proxies: Mapping[str, str | None],
    *,
    concurrency: int,
) -> list[Any]:
    """One actor a processor, and no more than runs at one time.

    They claim no processor, so that those of a machine that is gone find room on the others.
    """
    size = max(1, min(concurrency, int(ray.cluster_resources().get("CPU", 1))))
    made = ray.remote(Maker).options(
        num_cpus=0,
        max_restarts=-1,
        max_task_retries=-1,
        max_concurrency=-(-concurrency // size),
        scheduling_strategy="SPREAD",
    )
    given = plan.model_dump_json(), str(work.absolute()), proxies
    return [made.remote(*given) for _ in range(size)]


@contextmanager
def cluster() -> Iterator[Mapping[str, str | None]]:
    """Within it Ray has a cluster: the one it has, that of RAY_ADDRESS, else one of this machine.

    What is given is what the environment says of proxies, for actors to say it again: those of a
    cluster of this machine are begun with others.
    """
    ray = _ray()
    if ray.is_initialized():
        yield {}
        return
    address = os.environ.get("RAY_ADDRESS")
    begins: AbstractContextManager[Mapping[str, str | None]] = (
        nullcontext({}) if address else asking_no_cloud()
    )
    with begins as proxies:
        beginning = _begin(ray, address)
    try:
        yield proxies
    finally:
        ray.shutdown()
        beginning.end()


@contextmanager
def asking_no_cloud() -> Iterator[dict[str, str | None]]:
    """What Ray begins within it asks nobody on which cloud it runs; the proxies of before.

    The first process of a cluster asks the metadata services of three clouds, and one of `ray
    start` tells Ray's makers besides, even with RAY_USAGE_STATS_ENABLED=0 (UsageStatsHead.run in
    ray/dashboard/modules/usage_stats, Ray 2.60). It asks through the proxy that the environment
    names, which is here a port of this machine at which nobody listens.
    """
    before = {name: os.environ.get(name) for name in _PROXIES}
    put_in_environment({name: None if name.lower() == "no_proxy" else _NOBODY for name in _PROXIES})
    try:
        yield before
    finally:
        put_in_environment(before)


def put_in_environment(variables: Mapping[str, str | None]) -> None:
    """Let the environment say this of these variables; None: nothing."""
    for name, told in variables.items():
        if told is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = told


def _begin(ray: Any, address: str | None) -> Deaf:
    """Begin the cluster, or connect to it; the thread that did, to be ended after Ray.

    Ray waits for its first processes in C++, for seconds, where no signal is heard. The kernel ends
    them with the thread that began them, so it lives as long as the cluster.
    """

    def begin() -> None:
        ray.init(
            address=address or "local", include_dashboard=False, log_to_driver=False,
            logging_level="ERROR",
        )  # fmt: skip

    beginning = Deaf(begin, name="a Ray cluster")
    try:
        with _heard_at_once() as as_it_was:
            beginning.start()
            beginning.wait(as_it_was)
    except Exception as error:  # a node that is too slow to begin is a bare one
        raise SettingError(
            f"the Ray cluster {address or 'of this machine'} cannot be reached ({error}); start "
            "one with `ray start --head`, and name it with RAY_ADDRESS"
        ) from None
    return beginning


@contextmanager
def _heard_at_once() -> Iterator[Callable[[], object]]:
    """Inside Ctrl-C is heard at once: an event loop hears it only between its steps.

    What is given lets SIGTERM do what it did before: Ray's C++ takes it for itself in between, and
    ends the process by it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before, terminated = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    if callable(before):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield functools.partial(signal.signal, signal.SIGTERM, terminated)
    finally:
        signal.signal(signal.SIGINT, before)


def _ray() -> Any:
    try:
        return import_module("ray")
    except ImportError:
        raise SettingError("--executor ray needs Ray; pip install 'clinseek[ray]'") from None


def _write_once(file: Path, text: str) -> None:
    """Write a file that is whole or not there, and never changes."""
    making = file.with_suffix(f".{os.getpid()}.making")
    with making.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    making.replace(file)
