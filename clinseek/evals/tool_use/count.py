"""Counting tool use over many runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from clinseek.evals.tool_use.calls import CallCount, calls_of, namespace_of
from clinseek.evals.tool_use.first_citation import FirstCitation, first_citation
from clinseek.evals.tool_use.sql_errors import SqlErrorKind, sql_error_kind
from clinseek.records import Record

_SQL = "ehr.run_sql_query"


@dataclass(frozen=True)
class ToolUse:
    """The calls of `runs` runs. `tables` counts the runs that read a table.

    `first` are the runs whose answer cites something, by when it was first found; `uncited` the
    answered runs that cite nothing.
    """

    runs: int
    rounds: int
    total: CallCount
    by_tool: dict[str, CallCount]
    by_namespace: dict[str, CallCount]
    by_task: dict[str, CallCount]
    runs_by_task: dict[str, int]
    tables: dict[str, int]
    sql_errors: dict[SqlErrorKind, int]
    first: tuple[FirstCitation, ...]
    uncited: int

    @property
    def calls_a_run(self) -> float:
        """Calls of any tool, a run; 0 where there are no runs."""
        return self.total.calls / self.runs if self.runs else 0.0

    def share(self, tool: str) -> float:
        """The part of all calls that `tool` has, in [0, 1]."""
        count = self.by_tool.get(tool)
        return count.calls / self.total.calls if count else 0.0

    @property
    def browsing_share(self) -> float:
        """The part of all calls that went to the web."""
        count = self.by_namespace.get("browser")
        return count.calls / self.total.calls if count else 0.0

    def as_json(self) -> dict[str, Any]:
        """Everything as plain JSON values; the first citations by their medians."""
        told = {name: value for name, value in asdict(self).items() if name != "first"}
        return {
            **told,
            "calls_a_run": self.calls_a_run,
            "browsing_share": self.browsing_share,
            "first_citation": {
                "runs": len(self.first),
                "median_round": median([each.round for each in self.first] or [0]),
                "median_tokens": median([each.tokens for each in self.first] or [0]),
                "median_seconds": round(median([each.seconds for each in self.first] or [0.0]), 3),
            },
        }


@dataclass
class ToolUseCount:
    """Adds up run by run, so that no more than one record is held."""

    runs: int = 0
    rounds: int = 0
    uncited: int = 0
    total: CallCount = field(default_factory=CallCount)
    _by_tool: dict[str, CallCount] = field(default_factory=dict)
    _by_namespace: dict[str, CallCount] = field(default_factory=dict)
    _by_task: dict[str, CallCount] = field(default_factory=dict)
    _runs_by_task: Counter[str] = field(default_factory=Counter)
    _tables: Counter[str] = field(default_factory=Counter)
    _sql_errors: Counter[SqlErrorKind] = field(default_factory=Counter)
    _first: list[FirstCitation] = field(default_factory=list)

    def add(self, record: Record, *, task: str) -> dict[str, CallCount]:
        """Count one run; its own calls by tool."""
        own: dict[str, CallCount] = {}
        self.runs += 1
        self._runs_by_task[task] += 1
        touched: set[str] = set()
        last = max((turn["round"] for turn in record.turns), default=0)
        for call in calls_of(record):
            tool = call.entry["tool"]
            own.setdefault(tool, CallCount()).add(call)
            touched.update(call.entry["tables"] if call.outcome == "answered" else ())
            last = max(last, call.entry["round"])
            if tool == _SQL and call.outcome != "answered":
                self._sql_errors[sql_error_kind(call.text)] += 1
        for tool, count in own.items():
            self._add_calls(tool, task, count)
        self.rounds += last
        self._tables.update(touched)
        found = first_citation(record)
        if found is not None:
            self._first.append(found)
        elif record.answer:
            self.uncited += 1
        return own

    def _add_calls(self, tool: str, task: str, count: CallCount) -> None:
        for total in (
            self.total,
            self._by_tool.setdefault(tool, CallCount()),
            self._by_namespace.setdefault(namespace_of(tool), CallCount()),
            self._by_task.setdefault(task, CallCount()),
        ):
            total.add_all(count)

    def result(self) -> ToolUse:
        """What was counted, the most frequent first."""
        return ToolUse(
            runs=self.runs,
            rounds=self.rounds,
            total=self.total,
            by_tool=_by_calls(self._by_tool),
            by_namespace=_by_calls(self._by_namespace),
            by_task=dict(sorted(self._by_task.items())),
            runs_by_task=dict(sorted(self._runs_by_task.items())),
            tables=dict(self._tables.most_common()),
            sql_errors=dict(self._sql_errors.most_common()),
            first=tuple(self._first),
            uncited=self.uncited,
        )


def tool_use_of(records: Iterable[tuple[Record, str]]) -> ToolUse:
    """The tool use of (record, task) pairs."""
    counting = ToolUseCount()
    for record, task in records:
        counting.add(record, task=task)
    return counting.result()


def _by_calls(counts: dict[str, CallCount]) -> dict[str, CallCount]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1].calls, item[0])))
