"""One patient's part of a probe: every question of every outcome, under every profile."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clinseek.errors import CutoffError
from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.case import Case, reader
from clinseek.toolkits.ehr.case.build import PatientRecords
from clinseek.validity.outcomes import Instance, Outcome, RawRows, instances, outcome_named
from clinseek.validity.probe.cells import cells_of
from clinseek.validity.probe.direct import Place, Trial, ask

if TYPE_CHECKING:
    import pyarrow as pa

CaseOpener = Callable[..., Case]
Question = tuple[Outcome, Instance]


class Work(NamedTuple):
    """What every process of a probe needs to know: names, not things, so that it travels."""

    store: str
    outcomes: tuple[str, ...]
    profiles: tuple[str, ...]
    structure: bool
    open_case: CaseOpener


class Answered(NamedTuple):
    """One patient's part. `settled` counts by outcome the questions that were not asked.

    `cases` counts those that opened, `unopened` those that did not, since nothing was known yet.
    `names` are the cells of the structure by profile, `numbers` theirs by (profile, cutoff).
    """

    subject_id: int
    trials: tuple[Trial, ...]
    settled: Counter[str]
    cases: int
    unopened: int
    names: Mapping[str, tuple[str, ...]]
    numbers: Mapping[tuple[str, str], array[float]]


class KeptRecord:
    """The store for one patient whose rows are read once, not once a case."""

    def __init__(self, store: PatientRecords, subject_id: int) -> None:
        self.path: Path = store.path
        self.tables: tuple[str, ...] = store.tables
        self.vocabulary: Path = store.vocabulary
        self._rows = store.read_subject(subject_id)

    def read_subject(self, subject_id: int) -> dict[str, pa.Table]:  # noqa: ARG002
        """The rows of the one patient."""
        return self._rows


def probe_patient(work: Work, store: PatientRecords, subject_id: int) -> Answered:
    """Ask everything about one patient, with one case for all questions of the same cutoff."""
    kept = KeptRecord(store, subject_id)
    outcomes = [outcome_named(name) for name in work.outcomes]
    by_cutoff, settled = _questions(outcomes, subject_id, kept)
    trials: list[Trial] = []
    names: dict[str, tuple[str, ...]] = {}
    numbers: dict[tuple[str, str], array[float]] = {}
    unopened = 0
    with scratch_folder("clinseek-probe-") as folder:
        for cutoff, questions in by_cutoff.items():
            for profile in work.profiles:
                place = Place(profile, frozenset(store.tables))
                try:
                    opened = work.open_case(
                        kept, subject_id, cutoff=cutoff, profile=profile, folder=folder
                    )
                except CutoffError:  # nothing is known yet, so that there is nothing to ask
                    unopened += 1
                    trials += [ask(None, outcome, one, place=place) for outcome, one in questions]
                    continue
                with closing(opened) as case:
                    with reader(case) as connection:
                        trials += [
                            ask(connection, outcome, one, place=place) for outcome, one in questions
                        ]
                    if work.structure:
                        cells = cells_of(case)
                        names[profile] = cells.names
                        numbers[profile, cutoff] = array("f", cells.numbers)
    cases = len(by_cutoff) * len(work.profiles) - unopened
    return Answered(subject_id, tuple(trials), settled, cases, unopened, names, numbers)


def _questions(
    outcomes: list[Outcome], subject_id: int, kept: KeptRecord
) -> tuple[dict[str, list[Question]], Counter[str]]:
    """The questions by cutoff, in order of time; how many of each outcome were not asked."""
    needed = {table for outcome in outcomes for table in outcome.needs}
    read = kept.read_subject(subject_id)
    rows: RawRows = {table: read[table].to_pylist() for table in sorted(needed)}
    by_cutoff: dict[str, list[Question]] = defaultdict(list)
    settled: Counter[str] = Counter()
    for outcome in outcomes:
        asked = instances(outcome, subject_id, rows)
        settled[outcome.name] += asked.settled
        for instance in asked.instances:
            by_cutoff[instance.cutoff].append((outcome, instance))
    return {cutoff: by_cutoff[cutoff] for cutoff in sorted(by_cutoff)}, settled
