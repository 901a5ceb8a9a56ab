"""The three purges: of a run, of a patient, of cases left. While one is prepared nothing runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinseek import kept_threads
from clinseek.errors import SettingError, ThreadError, UserError
from clinseek.evals.runner.opening import held_folder
from clinseek.evals.runner.run_folder import RunFolder
from clinseek.purging import evaluations, leftovers, threads, webs
from clinseek.purging.removal import Removal
from clinseek.purging.searching import Mark, Searched, number_marks, search
from clinseek.settings import case_folder, home

NOT_OF_RUNS = ("demo-store", "demo", "imaging-weights", "web-index")
"""In CLINSEEK_HOME, and no trace of a run: made-up patients, weights, indexes of corpora."""
_NUMBERS = ("hadm_id", "stay_id")


@dataclass(frozen=True)
class Purged:
    """What was removed, and what the search of the remaining bytes found."""

    removed: tuple[Removal, ...]
    searched: Searched

    @property
    def proven(self) -> bool:
        """Whether nothing that was looked for is left."""
        return not self.searched.left


@dataclass(frozen=True)
class Purge:
    """What is there to be removed (`removals`), by which marks the rest is searched, and where."""

    of: str
    removals: tuple[Removal, ...]
    marks: tuple[Mark, ...]
    places: tuple[Path, ...]
    passed_over: tuple[Path, ...]

    def carry_out(self) -> Purged:
        """Remove everything, then search what remains."""
        for removal in self.removals:
            removal.remove()
        return Purged(self.removals, self.look())

    def look(self) -> Searched:
        """Search for the marks as things stand."""
        return search(self.places, self.marks, passed_over=self.passed_over)


@contextmanager
def purge_of_thread(thread: str, *, places: Sequence[Path] = ()) -> Iterator[Purge]:
    """The purge of a run by the name of its thread.

    ThreadError for a thread that does not exist, and while any run is going.
    """
    with kept_threads.alone() as connection:
        plan = next((each for each in threads.plans(connection) if each.thread == thread), None)
        if plan is None:
            raise ThreadError(
                f"there is no thread {thread!r}; `clinseek threads` lists those there are"
            )
        use = threads.web_use(connection, plan)
        named = [Path(each) for each in [plan.context.get("web_archive")] if each]
        yield _purge(
            f"thread {thread}",
            [*threads.of_thread(connection, plan),
             *webs.of_use(use, webs.archives([*places, *named]))],
            [*threads.marks(connection, plan), *webs.marks(use)],
            [*places, *named],
        )  # fmt: skip


@contextmanager
def purge_of_run_folder(folder: Path, *, places: Sequence[Path] = ()) -> Iterator[Purge]:
    """The purge of an evaluation: its whole folder, and what its runs left elsewhere.

    SettingError for a folder that is none, and while it is being run.
    """
    runs = evaluations.run_folders_in([folder])
    if not runs:
        raise SettingError(f"{folder}: no run folder; clinseek eval makes one with --out")
    with _held(runs), kept_threads.alone():
        use = evaluations.web_use(runs)
        yield _purge(
            f"evaluation {folder}",
            [*webs.of_use(use, webs.archives(places)), *evaluations.whole(folder, runs)],
            [*(Mark("the evaluation's id", run.plan.run_id.encode()) for run in runs),
             *webs.marks(use)],
            places,
        )  # fmt: skip


@contextmanager
def purge_of_patient(subject_id: int, *, places: Sequence[Path] = ()) -> Iterator[Purge]:
    """The purge of a patient from CLINSEEK_HOME and from the folders named; stores stay.

    ThreadError or SettingError while a run is going, here or in one of the folders.
    """
    runs = evaluations.run_folders_in(places)
    with _held(runs), kept_threads.alone() as connection:
        every = threads.plans(connection)
        theirs = [plan for plan in every if plan.asked.get("subject_id") == subject_id]
        use = evaluations.web_use(runs, subject_id)
        for plan in theirs:
            use |= threads.web_use(connection, plan)
        stores = {plan.context["store"] for plan in theirs} | {run.plan.store for run in runs}
        yield _purge(
            f"patient {subject_id}",
            _once(_of_patient(connection, theirs, runs, subject_id, use, places)),
            [*_marks_of_patient(subject_id, stores), *webs.marks(use)],
            places,
        )


@contextmanager
def purge_of_cases() -> Iterator[Purge]:
    """The purge of all cases that were left open; runs that go on make theirs again.

    ThreadError or SettingError while a run or a server is going.
    """
    with kept_threads.alone():
        yield Purge("cases left", tuple(leftovers.left_cases()), (_ANY_CASE,), (case_folder(),), ())


_ANY_CASE = Mark("a SQLite file", b"SQLite format 3\0")


def _of_patient(
    connection: sqlite3.Connection,
    plans: Sequence[kept_threads.Plan],
    runs: Sequence[RunFolder],
    subject_id: int,
    use: webs.WebUse,
    places: Sequence[Path],
) -> Iterator[Removal]:
    for plan in plans:
        yield from threads.of_thread(connection, plan)
    yield from leftovers.of_patient(subject_id)
    yield from webs.of_use(use, webs.archives(places))
    for run in runs:
        yield from evaluations.of_patient(run, subject_id)
    yield from evaluations.caches_in(places)


def _marks_of_patient(subject_id: int, stores: Iterable[str]) -> list[Mark]:
    """The patient's number, and those of admissions and stays where a store still tells them."""
    found = number_marks("the patient's number", subject_id)
    for store in sorted(filter(None, stores)):
        for number in _numbers_in(store, subject_id):
            found += number_marks("the number of an admission or stay", number)
    return list(dict.fromkeys(found))


def _numbers_in(store: str, subject_id: int) -> list[int]:
    from clinseek.toolkits.ehr.store import Store

    try:
        tables = Store.open(store).read_subject(subject_id)
    except UserError:
        return []
    numbers = {
        number
        for rows in tables.values()
        for name in _NUMBERS
        if name in rows.column_names
        for number in rows.column(name).unique().to_pylist()
        if number is not None
    }
    return sorted(numbers)


def _purge(
    of: str, removals: Iterable[Removal], marks: Iterable[Mark], places: Iterable[Path]
) -> Purge:
    root = home()
    return Purge(
        of,
        tuple(removals),
        tuple(marks),
        tuple(dict.fromkeys((root, *places))),
        tuple(root / name for name in NOT_OF_RUNS),
    )


def _once(removals: Iterable[Removal]) -> list[Removal]:
    """Each file once, although a thread and a patient may both name it."""
    return list({(each.what, each.where, each.many): each for each in removals}.values())


@contextmanager
def _held(runs: Sequence[RunFolder]) -> Iterator[None]:
    """No evaluation goes on in these folders."""
    with ExitStack() as stack:
        for run in runs:
            stack.enter_context(held_folder(run.path))
        yield
