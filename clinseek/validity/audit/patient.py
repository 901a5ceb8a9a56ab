"""The audit of one patient: every check at each of the prediction times."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import CaseError, CutoffError
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.case.build import PatientRecords
from clinseek.validity.audit.comparison import Sight, differences
from clinseek.validity.audit.coverage import hidden_by_rule
from clinseek.validity.audit.findings import Check, Violation
from clinseek.validity.audit.made_up import MadeUp, arrow_rows
from clinseek.validity.audit.prediction_times import PredictionTime, draw_times, shifted
from clinseek.validity.audit.scramble import WAYS, Future, Way, future_of, scrambled
from clinseek.validity.audit.shown import Shown, shown_tables
from clinseek.validity.audit.single_case import ahead_of_cutoff, growth, strangers
from clinseek.validity.audit.tool_outputs import SOME_TABLES, tool_outputs
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
    """What the audit of one patient came to. `done` counts checks, `hidden` what rules hid."""

    subject_id: int
    times: tuple[PredictionTime, ...]
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
    held_against: dict[str, OracleProfile] = {"strict": "strict", "event": "event"}
    oracle = held_against.get(profile, "available")
    reading = read_record(record, oracle, bedside_items=bedside_items)
    return Subject(store, subject_id, record, reading, profile, oracle, bedside_items)


def audit_patient(subject: Subject, *, count: int, seed: int) -> Found:
    """Every check at `count` prediction times; fewer where the record has no more."""
    times = draw_times(subject.record, subject.reading, count=count, seed=seed)
    done: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    violations: list[Violation] = []
    for number, time in enumerate(times):
        sight = sight_at(subject, time.cutoff)
        future = future_of(sight)
        hidden += hidden_by_rule(future)
        try:
            for check, found in _checks(subject, sight, future, seed=seed * 1_000 + number):
                done[check] += 1
                violations += found
        except (CaseError, CutoffError) as error:
            done["completeness"] += 1
            violations.append(_no_case(sight, error))
    return Found(subject.subject_id, tuple(times), done, hidden, tuple(violations))


def _no_case(sight: Sight, error: Exception) -> Violation:
    """Something is known at every time that is drawn, so a case must open there."""
    what = f"no case opens, although something is known: {error}"
    return Violation("completeness", sight.subject_id, sight.cutoff, "case", None, "-", None, what)


def sight_at(subject: Subject, cutoff: str) -> Sight:
    """What the second reading expects at `cutoff`."""
    expected = subject.reading.at(cutoff)
    return Sight(subject.subject_id, cutoff, subject.record, subject.reading, expected)


def _checks(
    subject: Subject, sight: Sight, future: Future, *, seed: int
) -> Iterator[tuple[Check, list[Violation]]]:
    stream = random.Random(seed)
    with _case(subject, subject.store, sight.cutoff) as case:
        shown = shown_tables(case)
        found = differences(shown, sight)
        yield "record", [violation for violation in found if violation.check == "record"]
        yield "completeness", [each for each in found if each.check == "completeness"]
        strange = shown.keys() - sight.record.keys()
        shown = {table: held for table, held in shown.items() if table in sight.record}
        yield "ahead", ahead_of_cutoff(shown, sight)
        yield "strangers", strangers(case.path, shown, sight)
        if strange:  # no tool can be asked about a table that no rule speaks of
            return
        later = shifted(sight.cutoff, stream.choice(_LATER))
        yield "growth", growth(shown, _shown_at(subject, later), sight._replace(cutoff=later))
        asked = stream.choice(WAYS)
        for way in WAYS:
            made = scrambled_record(subject, sight, future, way=way, seed=seed)
            with _case(subject, _stored(subject, made), sight.cutoff) as other:
                how = f"the future {way}"
                yield "scramble", compare_cases(case, other, sight, how=how, tools=way == asked)


def scrambled_record(
    subject: Subject, sight: Sight, future: Future, *, way: Way, seed: int
) -> RawRecord:
    """The patient's record with the future scrambled in one `way`."""
    return scrambled(
        sight, future, way, profile=subject.oracle, seed=seed, bedside_items=subject.bedside_items
    )


def _stored(subject: Subject, record: RawRecord) -> MadeUp:
    store = subject.store
    # Under its path lies nothing, so that no tool could read the store itself instead of its case.
    return MadeUp(Path(_NOWHERE), store.tables, store.vocabulary, arrow_rows(record))


def compare_cases(
    case: Case, other: Case, sight: Sight, *, how: str, tools: bool, tables: int = SOME_TABLES
) -> list[Violation]:
    """What tells two cases apart that must be the same to the byte, and by every tool.

    With `tools` each is asked, about so many `tables` drawn by lot.
    """
    if case.path.read_bytes() != other.path.read_bytes():
        return [_first_difference(shown_tables(case), shown_tables(other), sight, how)]
    if not tools:
        return []
    lot = f"{sight.subject_id} {sight.cutoff}"
    asked = (tool_outputs(each, lot=lot, tables=tables) for each in (case, other))
    for (call, said), (_, said_then) in zip(*asked, strict=True):
        if said != said_then:
            return [_moved(sight, "tools", None, 0, f"with {how}, {call} answers otherwise")]
    return []


def _first_difference(before: Shown, after: Shown, sight: Sight, how: str) -> Violation:
    for table, held in before.items():
        then = after[table].rows
        for row_id in sorted(held.rows.keys() | then.keys()):
            row, row_then = held.rows.get(row_id), then.get(row_id)
            if row == row_then:
                continue
            if row is None or row_then is None:
                return _moved(sight, table, None, row_id, f"with {how} there are other rows")
            column = next(
                name
                for name, cell, cell_then in zip(held.columns, row, row_then, strict=True)
                if cell != cell_then
            )
            return _moved(sight, table, column, row_id, f"with {how} the cell is another")
    return _moved(sight, "file", None, 0, f"with {how} the file has other bytes, the same rows")


def _moved(sight: Sight, table: str, column: str | None, row_id: int, what: str) -> Violation:
    return Violation(
        "scramble", sight.subject_id, sight.cutoff, table, column, f"row_id {row_id}", None, what
    )


def _shown_at(subject: Subject, cutoff: str) -> Shown:
    with _case(subject, subject.store, cutoff) as case:
        return shown_tables(case)


@contextmanager
def _case(subject: Subject, store: PatientRecords, cutoff: str) -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="clinseek-audit-") as folder:
        yield open_case(
            store,
            subject.subject_id,
            cutoff=cutoff,
            profile=subject.profile,
            folder=Path(folder),
            name="case.sqlite",
        )


def as_raw(stored: RawRecord, raw: RawRecord, subject_id: int) -> Sequence[Violation]:
    """Where the stored rows of a patient are not those of the raw files."""
    found = []
    for table in sorted(raw.keys() - stored.keys()):
        what = f"the raw files have {len(raw[table])} rows in a table that the store lacks"
        found.append(Violation("ingest", subject_id, "-", table, None, "-", None, what))
    for table, rows in stored.items():
        there = Counter(tuple(row.values()) for row in rows)
        wanted = Counter(tuple(row.values()) for row in raw.get(table, []))
        if there == wanted:
            continue
        lost, made = (wanted - there).total(), (there - wanted).total()
        what = f"{lost} raw rows are not in the store as they are, {made} stored rows not in raw"
        found.append(Violation("ingest", subject_id, "-", table, None, "-", None, what))
    return found
