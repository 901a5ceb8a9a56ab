"""Making every run of a folder that is still to be made, many at a time, each kept as it ends."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from clinseek.errors import first_of
from clinseek.evals.rows import Row
from clinseek.evals.runner.run_folder import RunFolder, RunKey
from clinseek.evals.runner.seeking import Job, MakesRuns
from clinseek.evals.runner.tally import ScoreOf, Tally
from clinseek.record_file import append_record
from clinseek.records import Record

OnChange = Callable[[Tally], None]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How an evaluation goes about it; none of this changes what a run is.

    `concurrency` runs at one time; a failed run is tried `retries` times more before this
    evaluation is over; `fail_on_error` is the share of failed runs (below 1) or their number above
    which it stops.
    """

    concurrency: int = 8
    retries: int = 2
    fail_on_error: float = 0.1

    def too_many(self, failed: int, total: int) -> bool:
        """Whether so many failed runs are more than allowed.

        >>> Limits(fail_on_error=0.1).too_many(3, 20), Limits(fail_on_error=3).too_many(3, 20)
        (True, False)
        """
        allowed = self.fail_on_error * total if self.fail_on_error < 1 else self.fail_on_error
        return failed > allowed


@dataclass(frozen=True)
class Standing:
    """What of a folder is still to be made, and how it stands."""

    jobs: Sequence[Job]
    tally: Tally


def standing(
    folder: RunFolder, rows: Sequence[Row], *, score_of: ScoreOf | None = None
) -> Standing:
    """Read the folder's records: ended runs are counted, failed ones are to be tried again."""
    plan = folder.plan
    by_qid = {row.qid: row for row in rows}
    tally = Tally(len(plan.keys), score_of=score_of)
    ended: set[RunKey] = set()
    for record in folder.records():
        if record.status != "failed":
            ended.add(record.key)
            tally.count(by_qid[record.qid], record, here=False)
    jobs = [
        Job(by_qid[qid], epoch, thread=f"eval-{plan.run_id}-{fingerprint}-{epoch}")
        for fingerprint, qid, epoch in plan.keys
        if (fingerprint, qid, epoch) not in ended
    ]
    return Standing(jobs, tally)


async def make_runs(
    folder: RunFolder,
    jobs: Sequence[Job],
    seek: MakesRuns,
    *,
    tally: Tally,
    limits: Limits,
    on_change: OnChange,
    room: asyncio.Semaphore | None = None,
) -> bool:
    """Make the runs; False where it stopped because too many failed.

    Each run takes a place in `room`, which several evaluations may share.

    However this is left (an error, a cancellation), every run that ended is in the folder, and
    every other one goes on from its last step the next time.
    """
    await _forget_ended(jobs, seek)
    makers = _Makers(folder, jobs, seek, tally, limits, on_change)
    count = min(limits.concurrency, len(jobs))
    try:
        async with asyncio.TaskGroup() as group:
            makers.tasks = [group.create_task(makers.work(room)) for _ in range(count)]
    except BaseExceptionGroup as several:
        first = first_of(several)
        raise first from first.__cause__  # a full disk is told by what a fault was raised from
    return not makers.stopped


class _Makers:
    """What the tasks that make runs side by side share: the queue, and where records go."""

    def __init__(
        self,
        folder: RunFolder,
        jobs: Sequence[Job],
        seek: MakesRuns,
        tally: Tally,
        limits: Limits,
        on_change: OnChange,
    ) -> None:
        self.stopped = False
        self.tasks: Sequence[asyncio.Task[None]] = ()
        self._folder, self._seek, self._limits = folder, seek, limits
        self._queue = deque(jobs)
        self._tally, self._on_change = tally, on_change

    async def work(self, room: asyncio.Semaphore | None) -> None:
        """Make one run after another until none is left or too many failed."""
        while self._queue and not self.stopped:
            async with room or nullcontext():
                if self._queue and not self.stopped:
                    await self._work_on(self._queue.popleft())

    async def _work_on(self, job: Job) -> None:
        self._tally.began()
        self._on_change(self._tally)
        try:
            await self._make(job)
        finally:
            self._tally.left()
        self._on_change(self._tally)

    async def _make(self, job: Job) -> None:
        made = await self._seek.run(job)
        failed = made.record.status == "failed"
        again = failed and made.may_pass and job.attempt <= self._limits.retries
        await self._keep(made.record)
        self._tally.count(job.row, made.record, again=again)
        if again:
            self._queue.append(job.again())
        elif failed:
            self._stop_if_too_many()
        else:
            await self._seek.forget(job.thread)

    def _stop_if_too_many(self) -> None:
        """Leave the other runs where they stand: they would likely fail as well."""
        self.stopped = self._limits.too_many(self._tally.failed, self._tally.total)
        if self.stopped:
            for task in self.tasks:
                if task is not asyncio.current_task():
                    task.cancel()

    async def _keep(self, record: Record) -> None:
        remark = await asyncio.to_thread(append_record, self._folder.records_file, record)
        if remark is not None:
            self._tally.remark(remark)


async def _forget_ended(jobs: Sequence[Job], seek: MakesRuns) -> None:
    """Steps of runs whose record was kept just before the process died."""
    open_threads = {job.thread for job in jobs}
    for thread in await seek.threads():
        if thread not in open_threads:
            await seek.forget(thread)
