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
from clinseek.purging.run_files import run_at, run_files
from clinseek.purging.searching import Mark, Searched, number_marks, search
from clinseek.settings import case_folder, home

NOT_OF_RUNS = ("demo-store", "demo", "imaging-weights", "web-index")
"""In CLINSEEK_HOME, and no trace of a run: made-up patients, weights, indexes of corpora."""
_NUMBERS = ("hadm_id", "stay_id")
_MOVED = ("cases", "locks", "web", "threads.sqlite")
"""In CLINSEEK_HOME these may be links to a larger disk; what they lead to is searched as well."""
_FEW = 4


@dataclass(frozen=True)
class Purged:
    """What was removed, what stays since no run made it, and what the search of the rest found.

    `absent` are web archives that a run wrote to and that are not where they were.
    """

    removed: tuple[Removal, ...]
    searched: Searched
    stays: tuple[Path, ...] = ()
    absent: tuple[Path, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether nothing is left, and nothing stays that could not be looked into."""
        return not (self.searched.left or self.searched.unseen or self.stays or self.absent)


@dataclass(frozen=True)
class Purge:
    """What is there to be removed (`removals`), by which marks the rest is searched, and where.

    `stays` are files and folders inside a run folder that no run made: they are never removed.
    """

    of: str
    removals: tuple[Removal, ...]
    marks: tuple[Mark, ...]
    places: tuple[Path, ...]
    passed_over: tuple[Path, ...]
    stays: tuple[Path, ...] = ()
    absent: tuple[Path, ...] = ()

    def carry_out(self) -> Purged:
        """Remove everything, then search what remains.

        SettingError where something cannot be removed: which file, what was removed before it and
        what is still there. The same purge goes on from there.
        """
        for at, removal in enumerate(self.removals):
            try:
                removal.remove()
            except (OSError, UserError, sqlite3.Error) as error:
                raise SettingError(self._stopped(at, error)) from error
        stay = tuple(each for each in self.stays if each.is_symlink() or each.exists())
        return Purged(self.removals, self.look(), stay, self.absent)

    def _stopped(self, at: int, error: Exception) -> str:
        why = str(error)
        if isinstance(error, OSError):
            file = error.filename or self.removals[at].where
            why = f"{file} cannot be removed ({error.strerror or error})"
        elif isinstance(error, sqlite3.Error):
            why = f"{self.removals[at].where}: nothing could be removed ({error})"
        removed, left = _named(self.removals[:at]), _named(self.removals[at:])
        return (
            f"{why}; removed before it: {removed}; still there, whole or in part: {left}. Make it "
            "yours to write (chmod u+w, chattr -i), or stop who holds it, and give the same "
            "command again: it goes on"
        )

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
        wrote = _archives_written([plan], []) if any(use) else []
        yield _purge(
            f"thread {thread}",
            [*webs.of_use(use, webs.archives([*places, *wrote])),
             *threads.of_thread(connection, plan)],
            [*threads.marks(connection, plan), *webs.marks(use)],
            places,
            wrote=wrote,
        )  # fmt: skip


@contextmanager
def purge_of_run_folder(folder: Path, *, places: Sequence[Path] = ()) -> Iterator[Purge]:
    """The purge of an evaluation: what its runs made in the folder, and left elsewhere.

    The folder holds `run.json` itself, or shards that do. What no run made stays, and is named.
    SettingError for a folder that is none, or a store too, and while it is being run.
    """
    runs = run_at(folder)
    with _held(runs), kept_threads.alone():
        use, files = evaluations.web_use(runs), run_files(folder)
        wrote = _archives_written([], runs) if any(use) else []
        yield _purge(
            f"evaluation {folder}",
            [*webs.of_use(use, webs.archives([*places, *wrote])),
             *evaluations.caches_in(places),
             *evaluations.whole(folder, runs, files)],
            [*(Mark("the evaluation's id", run.plan.run_id.encode()) for run in runs),
             *webs.marks(use)],
            [*places, folder],
            wrote=wrote,
            stays=files.others,
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
        asked = [(plan, threads.web_use(connection, plan)) for plan in theirs]
        ran = [(run, evaluations.web_use([run], subject_id)) for run in runs]
        use = webs.NONE
        for _, each in (*asked, *ran):
            use |= each
        wrote = _archives_written(
            [plan for plan, each in asked if any(each)], [run for run, each in ran if any(each)]
        )
        stores = {plan.context["store"] for plan in theirs} | {run.plan.store for run in runs}
        marks = [*_marks_of_patient(subject_id, stores), *webs.marks(use)]
        cases = [*leftovers.of_patient(subject_id)]
        dead = leftovers.temporary_of_patient(subject_id)
        yield _purge(
            f"patient {subject_id}",
            [
                *webs.of_use(use, webs.archives([*places, *wrote])),
                *cases,
                *leftovers.of_folders(dead),
                *evaluations.caches_in(places),
                *_but(cases, _of_runs(connection, theirs, runs, subject_id)),
            ],
            marks,
            [*places, *dead],
            wrote=wrote,
            stays=_none_of(runs, evaluations.others_in(runs, subject_id)),
        )


@contextmanager
def purge_of_cases() -> Iterator[Purge]:
    """The purge of all cases that were left open; runs that go on make theirs again.

    ThreadError or SettingError while a run or a server is going.
    """
    with kept_threads.alone():
        yield Purge(
            "cases left",
            tuple(leftovers.left_cases()),
            (_ANY_CASE,),
            (case_folder(),),
            (),
            stays=tuple(leftovers.not_of_cases()),
        )


_ANY_CASE = Mark("a SQLite file", b"SQLite format 3\0")


def _of_runs(
    connection: sqlite3.Connection,
    plans: Sequence[kept_threads.Plan],
    runs: Sequence[RunFolder],
    subject_id: int,
) -> Iterator[Removal]:
    """Threads and records, behind what they alone tell of: queries, cases."""
    for plan in plans:
        yield from threads.of_thread(connection, plan)
    for run in runs:
        yield from evaluations.of_patient(run, subject_id)


def _none_of(runs: Sequence[RunFolder], others: Iterable[Path]) -> list[Path]:
    """A run folder inside another is looked at by itself."""
    return [each for each in others if not any(run.path.is_relative_to(each) for run in runs)]


def _archives_written(plans: Iterable[kept_threads.Plan], runs: Iterable[RunFolder]) -> list[Path]:
    """The web archives that runs wrote to, where they lay then; a replay writes to none."""
    named = [(plan.context.get("web"), plan.context.get("web_archive")) for plan in plans]
    named += [(run.settings.web, run.settings.web_archive) for run in runs]
    return sorted({Path(file).resolve() for mode, file in named if file and mode != "replay"})


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
    of: str,
    removals: Iterable[Removal],
    marks: Iterable[Mark],
    places: Iterable[Path],
    *,
    wrote: Sequence[Path] = (),
    stays: Iterable[Path] = (),
) -> Purge:
    root = home()
    moved = [(root / name).resolve() for name in _MOVED if (root / name).is_symlink()]
    there = [file for file in wrote if file.exists()]
    return Purge(
        of,
        tuple(removals),
        tuple(marks),
        tuple(dict.fromkeys((root, *moved, *places, *there))),
        tuple(root / name for name in NOT_OF_RUNS),
        tuple(dict.fromkeys(stays)),
        tuple(file for file in wrote if not file.exists()),
    )


def _named(removals: Sequence[Removal]) -> str:
    named = [f"{each.what} in {each.where}" for each in removals[:_FEW]]
    more = len(removals) - _FEW
    return ", ".join([*named, f"{more} more"] if more > 0 else named) or "nothing"


def _but(cases: Sequence[Removal], removals: Iterable[Removal]) -> Iterator[Removal]:
    """Removals without those of cases: a thread and a patient may both name one."""
    named = {each.where for each in cases}
    return (each for each in removals if each.where not in named)


@contextmanager
def _held(runs: Sequence[RunFolder]) -> Iterator[None]:
    """No evaluation goes on in these folders."""
    with ExitStack() as stack:
        for run in runs:
            try:
                stack.enter_context(held_folder(run.path))
            except SettingError as error:
                busy = isinstance(error.__context__, BlockingIOError)
                raise SettingError(
                    f"{run.path} is being run by another process; wait for it or stop it, then "
                    "purge again: nothing was removed so far"
                    if busy
                    else f"{run.path} cannot be written, so nothing was removed; give yourself "
                    "leave (chmod u+w, chattr -i), then purge again"
                ) from error
        yield
