"""The audit of one patient: every check at each of the prediction times."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import CaseError, CutoffError
from clinseek.scratch import scratch_folder
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.case.build import PatientRecords
from clinseek.validity.audit.comparison import differences
from clinseek.validity.audit.coverage import hidden_by_rule
from clinseek.validity.audit.findings import Check, Violation
from clinseek.validity.audit.made_up import MadeUp, arrow_rows
from clinseek.validity.audit.moments import shifted
from clinseek.validity.audit.prediction_times import PredictionTime, draw_times
from clinseek.validity.audit.scramble import WAYS, Future, Way, future_of, scrambled
from clinseek.validity.audit.shown import Shown, shown_tables
from clinseek.validity.audit.sight import Sight
from clinseek.validity.audit.single_case import ahead_of_cutoff, growth, strangers
from clinseek.validity.audit.two_cases import compare_cases
from clinseek.validity.audit.waits import first_known, waits_of
from clinseek.validity.oracle import OracleProfile, RawRecord, Reading, read_record

_NOWHERE = "/made-up/store"
_LATER = (timedelta(minutes=1), timedelta(hours=6), timedelta(days=9), timedelta(days=40_000))


class Subject(NamedTuple):
    """One patient of a store: the raw rows, and what the second reading makes of them."""

    store: PatientRecords
    subject_id: int
    record: RawRecord
    reading: Reading
    profile: str
    """Of the cases that are opened."""
    oracle: OracleProfile
    """Of the second reading: what such a case is held against."""
    bedside_items: frozenset[int]


class Found(NamedTuple):
    """What the audit of one patient came to. `done` counts checks, `hidden` what rules hid.

    At `biting` of the times something had happened and was not known yet.
    """

    subject_id: int
    times: tuple[PredictionTime, ...]
    biting: int
    done: Counter[str]
    hidden: Counter[str]
    violations: tuple[Violation, ...]


def read_subject(
    store: PatientRecords,
    subject_id: int,
    record: RawRecord,
    *,
    profile: str,
    bedside_items: frozenset[int],
) -> Subject:
    """The patient with the second reading of `record`; `reference` is held against `available`."""
    oracle = held_against(profile)
    reading = read_record(record, oracle, bedside_items=bedside_items)
    return Subject(store, subject_id, record, reading, profile, oracle, bedside_items)


def held_against(profile: str) -> OracleProfile:
    """The second reading that a case profile is held against."""
    apart: dict[str, OracleProfile] = {"strict": "strict", "event": "event"}
    return apart.get(profile, "available")


def audit_patient(subject: Subject, *, clocks: Sequence[str], count: int, seed: int) -> Found:
    """Every check at `count` prediction times, one for each of `clocks`; fewer where none is left.

    Nothing is drawn for a patient of whom nothing is ever known.
    """
    waits = waits_of(subject.record, subject.reading)
    begins = first_known(subject.reading)
    times = [] if begins is None else draw_times(
        subject.record, waits, begins=begins, clocks=clocks, count=count, seed=seed
    )  # fmt: skip
    done: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    violations: list[Violation] = []
    for number, time in enumerate(times):
        sight = sight_at(subject, time.cutoff)
        future = future_of(sight)
        hidden += hidden_by_rule(future)
        try:
            for check, found in _checks(subject, sight, future, time, seed=seed * 1_000 + number):
                done[check] += 1
                violations += found
        except (CaseError, CutoffError) as error:
            done["completeness"] += 1
            violations.append(_no_case(sight, error))
    biting = sum(
        any(wait.holds(time.cutoff) for each in waits.values() for wait in each) for time in times
    )
    return Found(subject.subject_id, tuple(times), biting, done, hidden, tuple(violations))


def _no_case(sight: Sight, error: Exception) -> Violation:
    """Something is known at every time that is drawn, so a case must open there."""
    what = f"no case opens, although something is known: {error}"
    return Violation("completeness", sight.subject_id, sight.cutoff, "case", None, "-", None, what)


def sight_of(subject: Subject, made: RawRecord, cutoff: str) -> Sight:
    """What the second reading expects of another record of the patient."""
    reading = read_record(made, subject.oracle, bedside_items=subject.bedside_items)
    return sight_at(subject._replace(record=made, reading=reading), cutoff)


def sight_at(subject: Subject, cutoff: str) -> Sight:
    """What the second reading expects at `cutoff`."""
    expected = subject.reading.at(cutoff)
    return Sight(subject.subject_id, cutoff, subject.record, subject.reading, expected)


def _checks(
    subject: Subject, sight: Sight, future: Future, time: PredictionTime, *, seed: int
) -> Iterator[tuple[Check, list[Violation]]]:
    stream = random.Random(seed)
    with case_on(subject, subject.store, sight.cutoff) as case:
        shown = shown_tables(case)
        yield from _as_read(shown, sight)
        strange = shown.keys() - sight.record.keys()
        shown = {table: held for table, held in shown.items() if table in sight.record}
        yield "ahead", ahead_of_cutoff(shown, sight)
        yield "strangers", strangers(case.path, shown, sight)
        if strange:  # no tool can be asked about a table that no rule speaks of
            return
        # A wait is looked at from both of its sides: at its end what was awaited must be there.
        later = time.opens or shifted(sight.cutoff, stream.choice(_LATER))
        shown_later, sight_later = _shown_at(subject, later), sight_at(subject, later)
        yield "growth", growth(shown, shown_later, sight_later)
        if time.opens is not None:
            yield from _as_read(shown_later, sight_later)
        asked = stream.choice(WAYS)
        for way, made in scrambled_records(subject, sight, future, seed=seed):
            with case_on(subject, _stored(subject, made), sight.cutoff) as other:
                as_made = partial(sight_of, subject, made, sight.cutoff)
                how, tools = f"the future {way}", way == asked
                found = compare_cases(case, other, sight, as_made, how=how, tools=tools)
                yield "scramble", found


def _as_read(shown: Shown, sight: Sight) -> Iterator[tuple[Check, list[Violation]]]:
    """The case held against the second reading, both ways."""
    found = differences(shown, sight)
    yield "record", [violation for violation in found if violation.check == "record"]
    yield "completeness", [each for each in found if each.check == "completeness"]


def scrambled_records(
    subject: Subject, sight: Sight, future: Future, *, seed: int
) -> Iterator[tuple[Way, RawRecord]]:
    """The patient's record with the future scrambled in each way."""
    return scrambled(
        sight, future, profile=subject.oracle, seed=seed, bedside_items=subject.bedside_items
    )


def _stored(subject: Subject, record: RawRecord) -> MadeUp:
    store = subject.store
    # Under its path lies nothing, so that no tool could read the store itself instead of its case.
    return MadeUp(Path(_NOWHERE), store.tables, store.vocabulary, arrow_rows(record))


def _shown_at(subject: Subject, cutoff: str) -> Shown:
    with case_on(subject, subject.store, cutoff) as case:
        return shown_tables(case)


@contextmanager
def case_on(subject: Subject, store: PatientRecords, cutoff: str) -> Iterator[Case]:
    """The patient's case over `store`, gone with the context."""
    with scratch_folder("clinseek-audit-") as folder:
        yield open_case(
            store,
            subject.subject_id,
            cutoff=cutoff,
            profile=subject.profile,
            folder=folder,
            name="case.sqlite",
        )
