"""A probe over many patients, in several processes, with progress."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.availability import profile_named
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.validity.outcomes import OUTCOMES, Outcome, outcome_named
from clinseek.validity.probe.counts import Direct, count
from clinseek.validity.probe.direct import Trial
from clinseek.validity.probe.patient import Answered, CaseOpener, Work, probe_patient
from clinseek.validity.probe.report import ProbeReport
from clinseek.validity.probe.signals import Structure, corrected
from clinseek.validity.processes import workers

if TYPE_CHECKING:
    from clinseek.validity.probe.structure import Questions

PROFILES = ("available", "reference")
"""What was known, and beside it the published rule."""


Trials = dict[tuple[str, str], list[Trial]]
"""The questions asked, by outcome and profile."""


class Progress(NamedTuple):
    """How far a probe is: patients asked, then structures tested; seconds since this stage began.

    `cases` counts the cases opened so far.
    """

    stage: Literal["patients", "structures"]
    done: int
    total: int
    cases: int
    seconds: float


Tell = Callable[[Progress], None]


def probe(
    path: str | Path,
    *,
    profiles: Sequence[str] = PROFILES,
    outcomes: Sequence[str] = (),
    sample: int | None = None,
    seed: int = 0,
    structure: bool = True,
    independent: bool = False,
    jobs: int = 1,
    opener: CaseOpener | None = None,
    progress: Tell = lambda _progress: None,
) -> ProbeReport:
    """How well the outcomes can be read off the cases of the store at `path`.

    `outcomes` are all when none is named; `sample` draws so many patients by `seed`. `structure`
    adds the structure probe, whose signals count as leaks only in an `independent` cohort (made
    with `synth --outcomes independent`, which is taken on the caller's word). `opener` opens the
    cases in place of `open_case`.

    Raises StoreError and RuleError (a store that cannot be read), and SettingError: no such profile
    or outcome, no outcome that the store's tables can give, an empty sample, scikit-learn absent,
    `independent` without `structure`, no look-up that could be tried under one of the profiles,
    several `jobs` asked for by a script outside of `if __name__ == "__main__":`.
    """
    if independent and not structure:
        raise SettingError(
            "--independent speaks of the structure probe, which --direct-only leaves out: give one "
            "of the two"
        )
    begun = time.monotonic()
    chosen = tuple(dict.fromkeys(profile_named(profile) for profile in profiles))
    wanted = [outcome_named(name) for name in dict.fromkeys(outcomes or OUTCOMES)]
    store = Store.open(path)
    if structure:
        _need_scikit_learn()
    subjects = _subjects(store, sample=sample, seed=seed)
    skipped = _lacking(store, wanted)
    asked = tuple(outcome.name for outcome in wanted if outcome.name not in skipped)
    if not asked:
        raise SettingError(f"{path}: no outcome can be asked: {_listed(skipped)}")
    work = Work(str(path), asked, chosen, structure, opener or open_case)
    parts: list[Answered] = []
    with workers(min(jobs, len(subjects))) as each_of:
        for part in each_of(partial(_part, work), subjects):
            parts.append(part)
            cases = sum(each.cases for each in parts)
            seconds = time.monotonic() - begun
            progress(Progress("patients", len(parts), len(subjects), cases, seconds))
    parts.sort(key=lambda part: part.subject_id)
    trials = _by_outcome(parts)
    settled = sum((part.settled for part in parts), Counter[str]())
    skipped |= _not_asked(asked, trials, settled)
    if not trials:
        raise SettingError(f"{path}: no question to ask: {_listed(skipped)}; take another sample")
    direct = tuple(_direct(trials, settled))
    for profile in chosen:
        _need_look_ups(path, profile, direct)
    return ProbeReport(
        store=str(path),
        fingerprint=store.fingerprint,
        profiles=chosen,
        independent=independent,
        patients=len(subjects),
        seed=seed,
        cases=sum(part.cases for part in parts),
        unopened=sum(part.unopened for part in parts),
        direct=direct,
        structure=tuple(_structure(parts, trials, seed=seed, progress=progress))
        if structure
        else (),
        skipped=skipped,
        seconds=time.monotonic() - begun,
    )


def _need_look_ups(path: str | Path, profile: str, direct: Sequence[Direct]) -> None:
    """SettingError where not one look-up was tried under the profile: that must not pass."""
    untried = [found.untried for found in direct if found.profile == profile]
    if all(why is not None for why in untried):
        told = "; ".join(sorted({why for why in untried if why is not None}))
        raise SettingError(
            f"{path}: nothing could be asked under {profile}: {told}; take another sample or store"
        )


def _lacking(store: Store, wanted: Sequence[Outcome]) -> dict[str, str]:
    """By outcome that the store's tables cannot give, why."""
    lacking = {
        outcome.name: [table for table in outcome.needs if table not in store.tables]
        for outcome in wanted
    }
    return {
        name: f"the store lacks {', '.join(tables)}" for name, tables in lacking.items() if tables
    }


def _not_asked(asked: Sequence[str], trials: Trials, settled: Counter[str]) -> dict[str, str]:
    """By outcome that no patient could be asked about, why."""
    there = {outcome for outcome, _ in trials}
    return {
        name: "no patient of the sample has such a question"
        + (f" ({settled[name]:,} were settled by then)" if settled[name] else "")
        for name in asked
        if name not in there
    }


def _need_scikit_learn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise SettingError(
            "the structure probe needs scikit-learn, which is not installed: "
            "pip install 'clinseek[probe]', or leave it out with --direct-only"
        ) from None


def _listed(skipped: dict[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in skipped.items())


def _subjects(store: Store, *, sample: int | None, seed: int) -> list[int]:
    subjects = store.subjects()
    if sample is not None and sample < 1:
        raise SettingError(f"--sample {sample} draws no patient; give 1 or more")
    if not subjects:
        raise SettingError(f"{store.path} holds no patient; ingest a download that has some")
    if sample is None or sample >= len(subjects):
        return subjects
    return sorted(random.Random(seed).sample(subjects, sample))


def _part(work: Work, subject_id: int) -> Answered:
    return probe_patient(work, Store.open(work.store), subject_id)


def _by_outcome(parts: Sequence[Answered]) -> Trials:
    found: Trials = defaultdict(list)
    for part in parts:
        for trial in part.trials:
            found[trial.outcome, trial.profile].append(trial)
    return dict(found)


def _direct(trials: Trials, settled: Counter[str]) -> list[Direct]:
    return [
        count(found, settled=settled[name])
        for name in OUTCOMES
        for (outcome, _), found in trials.items()
        if outcome == name
    ]


def _structure(
    parts: Sequence[Answered], trials: Trials, *, seed: int, progress: Tell
) -> list[Structure]:
    from clinseek.validity.probe.permutation import times_for
    from clinseek.validity.probe.structure import probe_structure

    begun = time.monotonic()
    times = times_for(len({outcome for outcome, _ in trials}))
    cases = sum(part.cases for part in parts)
    told: list[Structure] = []
    for (outcome, profile), found in trials.items():
        questions = _questions(parts, profile, found)
        if questions is None:
            told.append(Structure(outcome, profile, 0, untold="no case opened"))
        else:
            told.append(probe_structure(outcome, profile, questions, seed=seed, times=times))
        progress(Progress("structures", len(told), len(trials), cases, time.monotonic() - begun))
    order = list(OUTCOMES)
    return sorted(corrected(told), key=lambda each: order.index(each.outcome))


def _questions(parts: Sequence[Answered], profile: str, found: Sequence[Trial]) -> Questions | None:
    """The questions of an outcome whose case opened; None where there are none."""
    import numpy as np

    from clinseek.validity.probe.structure import Questions

    by_patient = {part.subject_id: part.numbers for part in parts}
    names = next((part.names[profile] for part in parts if profile in part.names), ())
    known = [trial for trial in found if trial.opened]
    if not known:
        return None
    numbers = [by_patient[trial.subject_id][profile, trial.cutoff] for trial in known]
    return Questions(
        names,
        np.array(numbers, dtype=np.float32),
        [trial.truth for trial in known],
        [trial.subject_id for trial in known],
        [trial.state for trial in known],
    )
