"""Two hundred runs at once in one process, each of which sees its own patient alone."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from drills.cohort import END, Cohort, cohort_in
from drills.drill import Line, Size, by_size
from drills.host import FINISH, USAGE, Host, mark_of, turn_of
from drills.load.calls import calls_of
from drills.load.sessions import chosen
from tests.models.server import Body, Reply, answer


def inside(size: Size, place: Path) -> Iterator[Line]:
    """What runs and their model heard, and what they leave."""
    runs = by_size(size, quick=16, short=80, full=200)
    cohort = cohort_in(place, patients=runs // 2)
    subjects = chosen(cohort, runs)
    home = Path(os.environ["CLINSEEK_HOME"])
    host = canary_host(subjects, cohort)
    try:
        records = asyncio.run(_side_by_side(cohort, subjects, host.spec))
    finally:
        host.close()
    broken = [
        fault
        for subject, record in zip(subjects, records, strict=True)
        for fault in cohort.faults(subject, record, where="in process")
    ]
    yield Line(f"runs at once over {len(cohort.subjects)} patients", len(records), broken)
    yield heard_by(host, subjects, cohort)
    left = [path.name for path in (home / "cases").rglob("*") if path.is_file()]
    left += [path.name for path in Path(os.environ["TMPDIR"]).glob("clinseek-*")]
    yield Line("cases removed", runs, [f"{name} was left" for name in left])


def canary_host(subjects: Sequence[int], cohort: Cohort) -> Host:
    """A host that plays the run of `drill-N`, of the N-th patient: six calls in two turns."""

    def turn(body: Body) -> Reply:
        number, at = int(mark_of(body).partition("-")[2]), turn_of(body)
        subject = subjects[number]
        neighbour = cohort.subjects[cohort.subjects.index(subject) - 1]
        calls = calls_of(subject, neighbour)
        told = [calls[:3], calls[3:], [FINISH]][at]
        wired = [(name.replace(".", "_"), json.dumps(given)) for name, given in told]
        return Reply(body=answer(f"turn {at}", wired, usage=USAGE))

    return Host(turn)


def question(number: int) -> str:
    """The question of a run; its mark tells the host which run asks."""
    return f"drill-{number}: what is the nonsense value?"


async def _side_by_side(cohort: Cohort, subjects: Sequence[int], model: str) -> list[str]:
    from clinseek.api import aask

    async def one(number: int, subject: int) -> str:
        record = await aask(
            question(number),
            subject_id=subject,
            cutoff=END,
            store=cohort.store,
            model=model,
            max_revisions=0,
        )
        return record.model_dump_json()

    return await asyncio.gather(*(one(at, subject) for at, subject in enumerate(subjects)))


def heard_by(host: Host, subjects: Sequence[int], cohort: Cohort) -> Line:
    """What the model was sent: of each run's own patient alone."""
    bodies = host.heard()
    broken = [fault for body in bodies for fault in _heard(body, subjects, cohort)]
    return Line("requests to the model, each of one patient", len(bodies), broken)


def _heard(body: Body, subjects: Sequence[int], cohort: Cohort) -> Iterator[str]:
    """The first request of a run holds no row yet."""
    if turn_of(body) > 0:
        subject = subjects[int(mark_of(body).partition("-")[2])]
        yield from cohort.faults(subject, json.dumps(body), where="at the model's host")
