"""The groups of each published table, and whether rows belong to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.paper.published import PaperTable
from clinseek.evals.rows import Row


class Grouped(Protocol):
    """A row, or what it scored."""

    @property
    def task(self) -> str:
        """The name of its task."""

    @property
    def task_type(self) -> str:
        """The kind of its task."""


InGroup = Callable[[Grouped], bool]

_FIVE = ("diagnoses_ccs", "labevents", "microbiologyevents", "procedures_ccs", "transfers")
"""The paper reports five of the six AgentEHR tasks."""


def _of_type(name: str) -> InGroup:
    return lambda row: row.task_type == name


def _of_agent_task(name: str) -> InGroup:
    return lambda row: row.task_type == "agentehr" and row.task == name


PARTS: Mapping[PaperTable, Mapping[str, InGroup]] = {
    "text": {
        "Risk Prediction": _of_type("risk_prediction"),
        "Decision Making": _of_type("decision_making"),
    },
    "multimodal": {
        "cxr_finding_presence": _of_type("presence"),
        "cxr_finding_enumeration": _of_type("enumeration"),
        "cxr_change_comparison": _of_type("comparison"),
        "mortality_24h": _of_type("decompensation"),
        "inpatient_mortality": _of_type("mortality"),
        "phenotype": _of_type("phenotype"),
    },
    "agentehr": {name: _of_agent_task(name) for name in _FIVE},
}
"""The groups that part the rows of each table, by the names that are printed."""

TOTALS: Mapping[PaperTable, str] = {
    "text": "Overall",
    "multimodal": "overall",
    "agentehr": "average",
}
"""What the last column of each table is called; it is over the rows of all groups."""

GROUPS: Mapping[PaperTable, Sequence[str]] = {
    table: (*parts, TOTALS[table]) for table, parts in PARTS.items()
}
"""The columns of each table in the printed order."""

PARTS_CALLED: Mapping[PaperTable, str] = {
    "text": "groups",
    "multimodal": "groups",
    "agentehr": "tasks",
}
_LEFT_OUT_BY_THE_PAPER: Mapping[PaperTable, InGroup] = {
    "agentehr": _of_agent_task("prescriptions"),
}


class TableRows(NamedTuple):
    """The rows that fill a table, and those of its suite that the paper leaves out of it."""

    rows: list[Row]
    left_out: list[Row]


def rows_of_table(table: PaperTable, rows: Sequence[Row]) -> TableRows:
    """The rows that fill `table`.

    SettingError where a row is of no group of it, with the table that such rows seem to be of, or
    where no row is left.
    """
    leaves_out = _LEFT_OUT_BY_THE_PAPER.get(table)
    left_out = [row for row in rows if leaves_out is not None and leaves_out(row)]
    filling = [row for row in rows if _in_table(table, row)]
    known = {row.qid for row in (*filling, *left_out)}
    strangers = [row for row in rows if row.qid not in known]
    if strangers:
        raise SettingError(_of_no_group(table, strangers, len(rows)))
    if not filling:
        why = f"all {len(rows)} are of {rows[0].task}, which the paper leaves out" if rows else ""
        raise SettingError(f"no row is of table {table}: {why or 'there are none'}")
    return TableRows(filling, left_out)


def _in_table(table: PaperTable, row: Row) -> bool:
    return any(belongs(row) for belongs in PARTS[table].values())


def _of_no_group(table: PaperTable, strangers: Sequence[Row], total: int) -> str:
    held = {
        other: sum(_in_table(other, row) for row in strangers) for other in PARTS if other != table
    }
    likely = max(held, key=held.__getitem__)
    first = strangers[0]
    meant = (
        f"did you mean clinseek bench paper {likely}?"
        if held[likely]
        else f"its groups are {', '.join(PARTS[table])}"
    )
    return (
        f"{len(strangers)} of {total} rows are of no group of table {table} (the first: "
        f"{first.qid}, task {first.task}, of type {first.task_type}); {meant}"
    )
