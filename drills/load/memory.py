"""Five thousand runs in one process: memory, file handles and threads stay where they were."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.scripted_server import serving
from drills.cohort import END, cohort_in
from drills.drill import Line, Size, by_size
from drills.load.sessions import cases_line

AT_ONCE = 8
SAMPLES = 40
WARM = 0.25
"""The share of the samples, from the first, in which caches fill."""
BYTES_A_RUN = 2048
"""Memory that rises by more than this a run, for certain, is a leak: 10 MB in 5,000 runs."""
LEAST_RUNS = 300
_WIDE = "the interval is too wide to tell a leak from noise; the full form makes more runs"
_WARMING = "so few runs show how a process warms up; the short and the full form look at memory"


class Sample(NamedTuple):
    """How it stands after so many runs."""

    runs: int
    memory: int
    handles: int
    threads: int


class Slope(NamedTuple):
    """Bytes a run, with its interval of 95 %."""

    bytes: float
    low: float
    high: float

    @property
    def tells(self) -> bool:
        """Whether the interval is so narrow that a leak would stand out of it."""
        return self.high - self.low <= 2 * BYTES_A_RUN

    @property
    def rises(self) -> bool:
        """Whether memory rises for certain, and by more than is told from noise."""
        return self.low > BYTES_A_RUN


def memory(size: Size, place: Path) -> Iterator[Line]:
    """The slope of memory over runs, handles and threads, and what lies in the folder of cases."""
    runs = by_size(size, quick=16, short=400, full=5000)
    steady = asyncio.run(_steady(place, runs))
    slope, made = slope_of(steady), steady[-1].runs
    note = (
        f"{slope.bytes:+,.0f} bytes a run, interval {slope.low:+,.0f} to {slope.high:+,.0f}; "
        f"{steady[-1].memory / 1e6:.0f} MB at the end"
    )
    what = "runs in one process, memory"
    if made < LEAST_RUNS:
        yield Line(what, made, gap=_WARMING, note=note)
    elif slope.rises:
        yield Line(what, made, ["it rises"], note=note)
    else:
        yield Line(what, made, gap=None if slope.tells else _WIDE, note=note)
    for name in ("handles", "threads"):
        counts = [getattr(sample, name) for sample in steady]
        note = f"{counts[0]} after the first runs, {counts[-1]} at the end"
        more = counts[-1] > counts[0] + AT_ONCE
        broken = [f"from {counts[0]} to {counts[-1]}"] if more else []
        yield Line(f"runs in one process, {name}", made, broken, note=note)
    yield cases_line(made)


def slope_of(samples: Sequence[Sample]) -> Slope:
    """Least squares over the samples; the interval by Student's t.

    >>> rising = [Sample(n, 1000 * n + (n % 3), 1, 1) for n in range(0, 300, 10)]
    >>> round(slope_of(rising).bytes), slope_of(rising).low > 990
    (1000, True)
    """
    from scipy.stats import linregress, t

    fitted = linregress([each.runs for each in samples], [each.memory for each in samples])
    wide = float(t.ppf(0.975, max(1, len(samples) - 2))) * float(fitted.stderr)
    rise = float(fitted.slope)
    return Slope(rise, rise - wide, rise + wide)


async def _steady(place: Path, runs: int) -> Sequence[Sample]:
    """Samples of a process that is warm. The host is another process.

    Where memory rises after the first share of the runs, as many are made again, and those alone
    are told of: a process warms up once, and a leak goes on.
    """
    from clinseek.api import aask

    cohort = cohort_in(place)
    subjects = cohort.subjects
    with serving(rounds=3) as url:

        async def one(number: int) -> None:
            await aask(
                "How many at once?",
                subject_id=subjects[number % len(subjects)],
                cutoff=END,
                store=cohort.store,
                model=f"openai:tiny@{url}",
                max_revisions=0,
            )

        samples = await _sampled(one, range(runs))
        steady = samples[int(len(samples) * WARM) :]
        if runs >= LEAST_RUNS and slope_of(steady).rises:
            steady = await _sampled(one, range(runs, 2 * runs))
    return steady


async def _sampled(one: Callable[[int], Awaitable[None]], numbers: range) -> list[Sample]:
    """Make runs of these numbers, a few at one time, and look every so often."""
    samples: list[Sample] = []
    each_time = max(AT_ONCE, len(numbers) // SAMPLES)
    for begin in range(0, len(numbers), each_time):
        some = numbers[begin : begin + each_time]
        for at in range(0, len(some), AT_ONCE):
            await asyncio.gather(*(one(number) for number in some[at : at + AT_ONCE]))
        samples.append(_sample(some[-1] + 1))
    return samples


def _sample(runs: int) -> Sample:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Sample(
        runs,
        pages * os.sysconf("SC_PAGE_SIZE"),
        len(list(Path("/proc/self/fd").iterdir())),
        threading.active_count(),
    )
