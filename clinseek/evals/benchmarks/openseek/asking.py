"""One question of a template about one patient at one moment, with its answer and evidence."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.openseek.template import Parameters, Pool, Template, bound
from clinseek.toolkits.ehr.case import Case, Limits
from clinseek.toolkits.ehr.tables import TABLES

EVERYTHING = "8999-12-31 23:59:59"
"""A cutoff after all that any record holds."""
_MOST_EVIDENCE = 40
"""A question whose answer stands on more rows asks for arithmetic by the page, and is left."""
_TRIES = 6
_LIMITS = Limits(rows=5_000)

CaseRow = tuple[str, int]
"""(table, row_id in the case)."""


class Told(NamedTuple):
    """What a record says: one answer, and the rows on which it stands."""

    answer: Any
    rows: tuple[CaseRow, ...]


class Asked(NamedTuple):
    """A question in the making. `answer` is None where to abstain is right; then `rows` are of
    the whole record, and `future` is what they will say.
    """

    template: Template
    subject_id: int
    cutoff: str
    hadm_id: int | None
    parameters: Parameters
    wording: int
    answer: Any
    rows: tuple[CaseRow, ...]
    future: Any = None

    @property
    def question(self) -> str:
        """The text of the question."""
        return self.template.wordings[self.wording].format(**self.parameters)


class Moment(NamedTuple):
    """The record of one patient at one cutoff, the whole of it, and the stay that is going on."""

    case: Case
    whole: Case
    admission: Parameters | None

    @property
    def cutoff(self) -> str:
        """The cutoff."""
        return self.case.key.cutoff


def moment_of(case: Case, whole: Case) -> Moment:
    """`case` with the one admission that has begun and whose end is not known, if there is one."""
    going_on = case.select("SELECT hadm_id, admittime FROM admissions WHERE dischtime IS NULL").rows
    if len(going_on) != 1:
        return Moment(case, whole, None)
    return Moment(case, whole, {"hadm_id": going_on[0][0], "admitted": going_on[0][1]})


def ask(template: Template, moment: Moment, rng: random.Random) -> Asked | None:
    """A question of `template` that fits the record at this moment; None where none was found."""
    held = frozenset((*moment.case.tables, *moment.case.dictionaries))
    needed = tables_of(f"{template.sql} {template.pool.sql}")
    if not needed <= held or (template.in_admission and moment.admission is None):
        return None
    sets = _parameter_sets(template, moment)
    rng.shuffle(sets)
    for drawn in sets[:_TRIES]:
        if _leaves_room(template.pool, drawn, moment.whole, held):
            continue
        parameters = {**(moment.admission or {}), **drawn}
        asked = _asked(template, moment, parameters, wording=rng.randrange(len(template.wordings)))
        if asked is not None:
            return asked
    return None


def tables_of(sql: str) -> frozenset[str]:
    """The tables of MIMIC that a statement speaks of.

    >>> sorted(tables_of("SELECT 1 FROM emar AS e, d_items WHERE e.medication IS NULL"))
    ['d_items', 'emar']
    """
    return frozenset(word for word in re.findall(r"\w+", sql) if word in TABLES)


def told(template: Template, case: Case, parameters: Parameters) -> Told | None:
    """What `case` says; None where it says nothing, an answer of None where it is not one answer.

    The evidence is every row named, each once, in order.
    """
    statement = bound(template.sql, {**parameters, "cutoff": case.key.cutoff})
    found = case.select(statement.sql, statement.values, limits=_LIMITS, ours=True)
    if not found.rows:
        return None
    tables = found.columns[1:]
    rows = {
        (table, row_id)
        for row in found.rows
        for table, row_id in zip(tables, row[1:], strict=True)
        if row_id is not None
    }
    answers = {row[0] for row in found.rows}
    if found.more or None in answers or (template.form != "list" and len(answers) > 1):
        return Told(None, ())
    answer = sorted(answers) if template.form == "list" else answers.pop()
    return Told(answer, tuple(sorted(rows)))


def _leaves_room(pool: Pool, drawn: Parameters, whole: Case, held: frozenset[str]) -> bool:
    """Whether the record could be read in two ways with these parameters."""
    for sql in pool.unless:
        statement = bound(sql, drawn)
        if tables_of(sql) <= held and whole.select(statement.sql, statement.values, ours=True).rows:
            return True
    return False


def _asked(
    template: Template, moment: Moment, parameters: Parameters, *, wording: int
) -> Asked | None:
    now = told(template, moment.case, parameters)
    hadm_id = moment.admission["hadm_id"] if moment.admission else None
    one = Asked(
        template, moment.case.key.subject_id, moment.cutoff, hadm_id, parameters, wording, None, ()
    )
    if template.outcome == "told":
        if now is None or now.answer is None or not 0 < len(now.rows) <= _MOST_EVIDENCE:
            return None
        return one._replace(answer=now.answer, rows=now.rows)
    if now is not None:
        return None
    whole = told(template, moment.whole, parameters)
    if template.outcome == "never":
        return one if whole is None else None
    if whole is None or whole.answer is None or len(whole.rows) > _MOST_EVIDENCE:
        return None
    return one._replace(rows=whole.rows, future=whole.answer)


def _parameter_sets(template: Template, moment: Moment) -> list[Parameters]:
    if template.pool.sql is None:
        return list(template.pool.fixed)
    statement = bound(template.pool.sql, {"cutoff": moment.cutoff})
    found = moment.whole.select(statement.sql, statement.values, limits=_LIMITS, ours=True)
    return [_named(found.columns, row) for row in found.rows]


def _named(columns: Sequence[str], row: Sequence[Any]) -> Parameters:
    return dict(zip(columns, row, strict=True))
