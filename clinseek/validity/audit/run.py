"""An audit over many patients, in several processes, with progress."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import CaseError, CutoffError, RawRecordError, SettingError
from clinseek.toolkits.ehr.availability import Profile, rules_hash
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
    as_raw,
    audit_patient,
    read_subject,
)
from clinseek.validity.oracle import RawRecord, raw_records, stored_record

FULL_FORMS = 5
"""Patients whose future is scrambled in raw csv and ingested, besides all those in memory."""


class Share(NamedTuple):
    """One patient's part of an audit; `full` where the full form is to be run too."""

    subject_id: int
    times: int
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
    """What an audit came to. `done` counts, by check, how often it was made."""

    store: str
    fingerprint: str
    profile: str
    rules: str
    seed: int
    patients: int
    times: int
    drawn: dict[str, int]
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
    of the store. The profile `reference` is held against `available`, so it shows what the
    published rule leaks. Raises StoreError, RuleError, SettingError (no such profile, an empty
    sample) and RawRecordError.
    """
    begun = time.monotonic()
    store = Store.open(path)
    rules = rules_hash_of(profile)
    if sample < 1:
        raise SettingError(f"--sample {sample} draws no prediction time; give 1 or more")
    tables = patient_tables(store)
    shares = _shares(store, sample=sample, seed=seed, full_forms=full_forms, raw=raw)
    found: list[Found] = []
    total = sum(share.times for share in shares)
    work = _Work(str(path), profile, bedside_items(store))
    for each in _audited(partial(_audit_share, work), shares, jobs=jobs):
        found.append(each)
        if progress is not None:
            done = sum(len(one.times) for one in found)
            broken = sum(len(one.violations) for one in found)
            progress(Progress(done, total, broken, time.monotonic() - begun))
    found.sort(key=lambda one: one.subject_id)
    times = [drawn for one in found for drawn in one.times]
    if not times:
        raise SettingError(f"{path}: no patient has a moment at which anything is known")
    hidden = sum((one.hidden for one in found), Counter[str]())
    reading: Profile = "strict" if profile == "strict" else "available"
    if profile == "event":
        reading = "event"
    return AuditReport(
        store=str(path),
        fingerprint=store.fingerprint,
        profile=profile,
        rules=rules,
        seed=seed,
        patients=len(found),
        times=len(times),
        drawn=dict(Counter(drawn.drawn_as.split(":")[-1].strip() for drawn in times)),
        tables=len(tables),
        columns=sum(len(TABLES[table].columns) for table in tables),
        done=dict(sum((one.done for one in found), Counter[str]())),
        violations=tuple(violation for one in found for violation in one.violations),
        coverage=coverage(tables, hidden, reading),
        seconds=time.monotonic() - begun,
    )


class _Work(NamedTuple):
    """What every process of an audit needs to know."""

    store: str
    profile: str
    bedside_items: frozenset[int]


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
    found = audit_patient(subject, count=share.times, seed=share.seed)
    if share.raw is not None:
        found = _with(found, "ingest", as_raw(stored, share.raw, share.subject_id))
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
    store: Store, *, sample: int, seed: int, full_forms: int, raw: Sequence[Path]
) -> list[Share]:
    """Who is audited how often: every patient as often as another, the rest by lot."""
    stream = random.Random(seed)
    subjects = store.subjects()
    stream.shuffle(subjects)
    each, more = divmod(sample, len(subjects))
    counts = {subject: each + (place < more) for place, subject in enumerate(subjects)}
    chosen = [subject for subject in subjects if counts[subject]]
    records = _raw_again(raw, store, chosen) if raw else {}
    return [
        Share(
            subject,
            counts[subject],
            stream.randrange(2**31),
            place < full_forms,
            records.get(subject),
        )
        for place, subject in enumerate(chosen)
    ]


def _raw_again(
    folders: Sequence[Path], store: Store, subjects: Sequence[int]
) -> dict[int, RawRecord]:
    """The patients' raw rows, read from the folders; every table of the store must be in them."""
    absent = [str(folder) for folder in folders if not folder.is_dir()]
    if absent:
        raise RawRecordError(f"--raw {absent[0]}: no such folder; name the folders of the download")
    held = [name for name in store.tables if not TABLES[name].is_dictionary]
    records = raw_records(
        folders, subjects, [name for name, table in TABLES.items() if not table.is_dictionary]
    )
    if not any(rows for record in records.values() for rows in record.values()):
        raise RawRecordError(
            f"--raw {', '.join(map(str, folders))}: none of the patients of {store.path} is in "
            "there; name the folders that were ingested into it"
        )
    lost = sorted(set(held) - set(records[subjects[0]]))
    if lost:
        raise RawRecordError(
            f"--raw {', '.join(map(str, folders))}: no csv of {', '.join(lost[:3])}"
            f"{' and others' if len(lost) > 3 else ''}, which {store.path} holds; name every "
            "folder that was ingested"
        )
    return records


def _audited(
    audit_share: Callable[[Share], Found], shares: Sequence[Share], *, jobs: int
) -> Iterator[Found]:
    if jobs == 1:
        yield from map(audit_share, shares)
        return
    with _processes(min(jobs, len(shares))) as processes:
        for future in as_completed([processes.submit(audit_share, share) for share in shares]):
            yield future.result()


@contextmanager
def _processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that hold nothing of this one; what is not begun is dropped when it ends early."""
    processes = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield processes
    finally:
        processes.shutdown(cancel_futures=True)


def rules_hash_of(profile: str) -> str:
    """The hash of the rules behind a case profile; SettingError where there is none such."""
    from clinseek.toolkits.ehr.availability import profile_named

    return rules_hash(profile_named(profile))
