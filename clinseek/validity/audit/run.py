"""An audit over many patients, in several processes, with progress."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import CaseError, CutoffError, SettingError
from clinseek.toolkits.ehr.availability import rules_hash
from clinseek.toolkits.ehr.case.build import patient_tables
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.coverage import Coverage, coverage
from clinseek.validity.audit.dictionaries import bedside_items
from clinseek.validity.audit.findings import Check, Violation
from clinseek.validity.audit.full_form import full_form
from clinseek.validity.audit.patient import (
    Found,
    Subject,
    audit_patient,
    held_against,
    read_subject,
)
from clinseek.validity.audit.raw_again import Raw, other_patient, read_raw
from clinseek.validity.audit.recorded import code_tables, supplied_lists
from clinseek.validity.audit.sampling import Survey, clocks_to_draw, counts_of, survey_of
from clinseek.validity.audit.vocabulary import vocabulary_violations
from clinseek.validity.oracle import RawRecord, read_record, stored_record
from clinseek.validity.processes import workers

FULL_FORMS = 5
"""Patients whose future is scrambled in raw csv and ingested, besides all those in memory."""


class Share(NamedTuple):
    """One patient's part of an audit; `full` where the full form is to be run too."""

    subject_id: int
    times: int
    clocks: tuple[str, ...]
    """In whose waits prediction times are to lie."""
    seed: int
    full: bool
    raw: RawRecord | None


class Progress(NamedTuple):
    """How far an audit is: prediction times done and drawn for, seconds since it began."""

    done: int
    total: int
    violations: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """What an audit came to. `done` counts, by check, how often it was made.

    Of the `times`, `drawn_biting` were drawn where a rule bites; at `biting` one did. `raw` are the
    folders that were read again, none where the store was believed; `left_out` patients of them
    are, on purpose, not in the store. `supplied` are lists of the user's own, and `coded` tables
    made from files of codes: as ingest recorded them, and not checked against patients.
    """

    store: str
    fingerprint: str
    profile: str
    rules: str
    seed: int
    patients: int
    times: int
    drawn: dict[str, int]
    drawn_biting: int
    biting: int
    raw: tuple[str, ...]
    left_out: int
    supplied: tuple[str, ...]
    coded: tuple[str, ...]
    tables: int
    columns: int
    done: dict[str, int]
    violations: tuple[Violation, ...]
    coverage: Coverage
    seconds: float

    @property
    def holds(self) -> bool:
        """True when nothing broke the claim."""
        return not self.violations


def audit(
    path: str | Path,
    *,
    raw: Sequence[Path] = (),
    sample: int = 100,
    seed: int = 0,
    profile: str = "available",
    jobs: int = 1,
    full_forms: int = FULL_FORMS,
    progress: Callable[[Progress], None] | None = None,
) -> AuditReport:
    """Prove on `sample` prediction times of the store at `path` that cases are as they must be.

    `raw` names the folders that were ingested: the second reading then reads them itself instead
    of the store, and the store is held against them. The profile `reference` is held against
    `available`, so it shows what the published rule leaks.

    With `jobs` of 2 or more, processes are started, each of which imports the calling script anew:
    a script calls this under `if __name__ == "__main__":`.

    Raises StoreError, RuleError, SettingError (no such profile, an empty sample, processes begun
    without that guard) and RawRecordError.
    """
    begun = time.monotonic()
    store = Store.open(path)
    rules = rules_hash_of(profile)
    if sample < 1:
        raise SettingError(f"--sample {sample} draws no prediction time; give 1 or more")
    tables = patient_tables(store)
    work = _Work(str(path), profile, bedside_items(store))
    counts = counts_of(store.subjects(), sample, random.Random(seed))
    found: list[Found] = []
    with workers(min(jobs, len(counts))) as each_of:
        again = read_raw(raw, store, list(counts)) if raw else None
        surveys = sorted(each_of(partial(_survey, work), counts))
        shares = _shares(surveys, counts, seed=seed, full_forms=full_forms, raw=again)
        for each in each_of(partial(_audit_share, work), shares):
            found.append(each)
            if progress is not None:
                done = sum(len(one.times) for one in found)
                broken = sum(len(one.violations) for one in found)
                progress(Progress(done, sample, broken, time.monotonic() - begun))
    found.sort(key=lambda one: one.subject_id)
    times = [drawn for one in found for drawn in one.times]
    if not times:
        raise _nothing_drawn(path, patients=len(counts), of=len(store.subjects()))
    return AuditReport(
        store=str(path),
        fingerprint=store.fingerprint,
        profile=profile,
        rules=rules,
        seed=seed,
        patients=len(found),
        times=len(times),
        drawn=dict(sorted(Counter(drawn.drawn_as for drawn in times).items())),
        drawn_biting=sum(drawn.opens is not None for drawn in times),
        biting=sum(one.biting for one in found),
        raw=tuple(map(str, raw)),
        supplied=supplied_lists(store),
        coded=code_tables(store),
        left_out=0 if again is None else again.left_out,
        tables=len(tables),
        columns=sum(len(TABLES[table].columns) for table in tables),
        done=dict(_done(found, again)),
        violations=(
            *vocabulary_violations(store),
            *(() if again is None else again.violations),
            *(violation for one in found for violation in one.violations),
        ),
        coverage=coverage(
            tables,
            sum((one.hidden for one in found), Counter[str]()),
            held_against(profile),
            possible=frozenset().union(*(survey.rules for survey in surveys)),
        ),
        seconds=time.monotonic() - begun,
    )


def _nothing_drawn(path: str | Path, *, patients: int, of: int) -> SettingError:
    """Who was drawn, and that nothing is ever known of them."""
    if patients == of:
        return SettingError(f"{path}: no patient has a moment at which anything is known")
    drawn = "the one patient" if patients == 1 else f"none of the {patients:,} patients"
    has = "has no moment" if patients == 1 else "has a moment"
    return SettingError(
        f"{path}: {drawn} drawn of {of:,} {has} at which anything is known; give a larger --sample "
        "or another --seed"
    )


def _done(found: Sequence[Found], again: Raw | None) -> Counter[str]:
    """How often each check was made; that of raw files once more for patients, and dictionaries."""
    done = sum((one.done for one in found), Counter[str]()) + Counter(["vocabulary"])
    return done if again is None else done + Counter({"ingest": 1 + again.dictionaries})


class _Work(NamedTuple):
    """What every process of an audit needs to know."""

    store: str
    profile: str
    bedside_items: frozenset[int]


def _survey(work: _Work, subject_id: int) -> Survey:
    store = Store.open(work.store)
    record = stored_record(store, subject_id)
    oracle = held_against(work.profile)
    return survey_of(
        subject_id, record, read_record(record, oracle, bedside_items=work.bedside_items)
    )


def _audit_share(work: _Work, share: Share) -> Found:
    store = Store.open(work.store)
    stored = stored_record(store, share.subject_id)
    subject = read_subject(
        store,
        share.subject_id,
        stored if share.raw is None else share.raw,
        profile=work.profile,
        bedside_items=work.bedside_items,
    )
    found = audit_patient(subject, clocks=share.clocks, count=share.times, seed=share.seed)
    if share.raw is not None:
        found = _with(found, "ingest", other_patient(stored, share.raw, share.subject_id))
    if share.full and found.times:
        cutoff = found.times[len(found.times) // 2].cutoff
        found = _with(found, "full form", _full_form(subject, store, cutoff, share))
    return found


def _full_form(subject: Subject, store: Store, cutoff: str, share: Share) -> list[Violation]:
    try:
        found = full_form(subject, store, cutoff, seed=share.seed)
    except (CaseError, CutoffError):  # told already, at the same time of the same patient
        return []
    return [violation._replace(check="full form") for violation in found]


def _with(found: Found, check: Check, violations: Sequence[Violation]) -> Found:
    done = found.done + Counter([check])
    return found._replace(done=done, violations=(*found.violations, *violations))


def _shares(
    surveys: Sequence[Survey],
    counts: dict[int, int],
    *,
    seed: int,
    full_forms: int,
    raw: Raw | None,
) -> list[Share]:
    """What is done for each patient; half of all prediction times are drawn where rules bite."""
    stream = random.Random(f"shares {seed}")
    biting = (sum(counts.values()) + 1) // 2
    clocks = clocks_to_draw(surveys, counts, biting=biting, stream=stream)
    return [
        Share(
            subject_id,
            count,
            clocks[subject_id],
            stream.randrange(2**31),
            place < full_forms,
            None if raw is None else raw.records[subject_id],
        )
        for place, (subject_id, count) in enumerate(counts.items())
    ]


def rules_hash_of(profile: str) -> str:
    """The hash of the rules behind a case profile; SettingError where there is none such."""
    from clinseek.toolkits.ehr.availability import profile_named

    return rules_hash(profile_named(profile))
