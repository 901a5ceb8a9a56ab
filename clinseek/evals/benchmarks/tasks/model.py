"""What a task is: one declared object that says who is asked, when, what, and what counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from clinseek.records import AnswerForm
from clinseek.validity.probe.look_up import LookUp

if TYPE_CHECKING:
    from clinseek.evals.benchmarks.tasks.raw_record import RawRecord

TaskKind = Literal["decision", "risk", "agentehr", "medmod"]
KINDS: tuple[TaskKind, ...] = ("decision", "risk", "agentehr", "medmod")


class Question(NamedTuple):
    """One question about one patient, with its answer.

    `cutoff` is inclusive, `label` sorted. `moment` is the time of the event that is asked for,
    where the label is one.
    """

    cutoff: str
    label: tuple[str, ...]
    hadm_id: int | None = None
    stay_id: int | None = None
    moment: str | None = None


class Asked(NamedTuple):
    """The questions of one task about one patient, and how many were left out, by reason."""

    questions: list[Question]
    left_out: Counter[str]


Ask = Callable[["RawRecord"], Asked]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """What may be answered. One of: fixed `names`, a `vocabulary` of the store, a raw `column`.

    The names of a `column` (table, column) are those that at least two patients of the store have,
    as in the store's own vocabularies; labels outside of a pool are left out of a question.
    """

    names: tuple[str, ...] = ()
    vocabulary: str | None = None
    column: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task. `name` is the published one where it is ours alone, `aliases` its spellings.

    `anchor`, `cutoff`, `label`, `known_at` and `exclusions` are the definition in words, which
    `ask` follows to the letter: an independent reading of the raw record must give the same.
    `drops` are look-ups over the case at the cutoff: one that answers means that the label, or a
    cell that tells it, is visible by then, and the row is dropped. `vocabularies` are the
    vocabulary tables that the label is written with. `looks_ahead` where the cutoff is set by
    looking at the event that is asked for.
    """

    name: str
    aliases: tuple[str, ...] = ()
    kind: TaskKind
    question: str
    form: AnswerForm
    anchor: str
    cutoff: str
    label: str
    known_at: str
    exclusions: tuple[str, ...] = ()
    pool: Pool
    drops: tuple[LookUp, ...]
    tables: tuple[str, ...]
    vocabularies: tuple[str, ...] = ()
    looks_ahead: bool
    one_a_patient: bool = False
    metric: str
    source: str
    differs: tuple[str, ...] = ()
    ask: Ask

    @property
    def is_yes_or_no(self) -> bool:
        """Whether rows can be balanced by their label."""
        return self.form == "yes_no"


YES_NO = Pool(names=("yes", "no"))
