"""How tasks find their questions in a raw record: by an outcome of a stay, or by the next event."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

from clinseek.evals.benchmarks.tasks.model import Ask, Asked, Question
from clinseek.evals.benchmarks.tasks.raw_record import Happening, RawRecord
from clinseek.validity.outcomes import Outcome, instances
from clinseek.validity.outcomes.anchors import end_of_stay

Owner = Literal["hadm_id", "stay_id"]
Happenings = Callable[[RawRecord], Iterable[Happening]]
Naming = Callable[[RawRecord, Happening], str | None]
Guard = Callable[[RawRecord, int, datetime], str | None]
"""Why a stay (its id) is not asked about at a cutoff; None where it is."""

SETTLED = "the stay was over by the cutoff, or the answer a fact of the record"
UNNAMED = "a name of the label is not in the vocabulary or the pool"
SEVERAL = "several names at one moment, where one is asked for"
MANY = "ten names or more at one moment"
NOT_BEGUN = "the admission had not begun by the cutoff"
OVER = "the admission had ended by the cutoff"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def by_outcomes(*outcomes: Outcome) -> Ask:
    """The instances of declared outcomes, whose answer is yes, no or one class."""

    def ask(record: RawRecord) -> Asked:
        questions, left_out = [], Counter[str]()
        for outcome in outcomes:
            found = instances(outcome, record.subject_id, record)
            left_out[SETTLED] += found.settled
            left_out.update(found.excluded)
            questions += [
                Question(
                    one.cutoff, _names(one.truth), one.ids.get("hadm_id"), one.ids.get("stay_id")
                )
                for one in found.instances
            ]
        return Asked(questions, +left_out)

    return ask


def by_next_event(
    happenings: Happenings,
    *,
    owner: Owner | None,
    gap: timedelta = SECOND,
    named: Naming | None = None,
    pool: str | None = None,
    single: bool = False,
    fewer_than: int | None = None,
    partly: bool = False,
    guard: Guard | None = None,
    cutoff_of: Callable[[datetime], datetime] | None = None,
) -> Ask:
    """All names of one owner at one moment; the question is set `gap` before that moment.

    `named` turns a raw cell into its name (the trimmed cell itself without it); `pool` is the pool
    that every name must be in. A moment is left out where it has a cell without a name; with
    `partly` only where it has no name at all.
    """

    def ask(record: RawRecord) -> Asked:
        questions, left_out = [], Counter[str]()
        allowed = record.pools.get(pool) if pool is not None else None
        for (of, moment), names in _at_one_moment(happenings(record), record, named):
            cutoff = cutoff_of(moment) if cutoff_of is not None else moment - gap
            cutoff = cutoff.replace(microsecond=0)
            if partly and len(names) > 1:
                names.discard(None)
            why = _why_not(names, allowed, single=single, fewer_than=fewer_than)
            if why is None and guard is not None:
                why = guard(record, of, cutoff)
            if why is not None:
                left_out[why] += 1
                continue
            label = tuple(sorted(name for name in names if name is not None))
            hadm_id = of if owner == "hadm_id" else None
            stay_id = of if owner == "stay_id" else None
            questions.append(Question(str(cutoff), label, hadm_id, stay_id, _told(moment)))
        return Asked(questions, left_out)

    return ask


def within_admission(record: RawRecord, hadm_id: int, cutoff: datetime) -> str | None:
    """Not before the admission began, and not after it ended."""
    admission = record.admission.get(hadm_id)
    if admission is None or admission["admittime"] is None or cutoff < admission["admittime"]:
        return NOT_BEGUN
    end = end_of_stay(admission)
    return OVER if end is None or cutoff >= end else None


def _at_one_moment(
    found: Iterable[Happening], record: RawRecord, named: Naming | None
) -> Iterator[tuple[tuple[int, datetime], set[str | None]]]:
    """The names by owner and moment, in order of time; None stands for a cell without a name."""
    grouped: dict[tuple[int, datetime], set[str | None]] = defaultdict(set)
    for one in found:
        name = _trimmed(one.cell) if named is None else named(record, one)
        grouped[one.owner, one.moment].add(name)
    yield from sorted(grouped.items(), key=lambda item: (item[0][1], item[0][0]))


def _why_not(
    names: set[str | None],
    allowed: frozenset[str] | None,
    *,
    single: bool,
    fewer_than: int | None,
) -> str | None:
    if None in names or (allowed is not None and not names <= allowed):
        return UNNAMED
    if single and len(names) > 1:
        return SEVERAL
    return MANY if fewer_than is not None and len(names) >= fewer_than else None


def _trimmed(cell: object) -> str | None:
    return str(cell).strip() or None


def _told(moment: datetime) -> str:
    return str(moment.replace(microsecond=0))


def _names(truth: str | frozenset[str]) -> tuple[str, ...]:
    return (truth,) if isinstance(truth, str) else tuple(sorted(truth))
