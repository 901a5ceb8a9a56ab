"""All tasks by name, and the names that a person may type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.tasks.agentehr import AGENTEHR
from clinseek.evals.benchmarks.tasks.decision import DECISION
from clinseek.evals.benchmarks.tasks.medmod import MEDMOD
from clinseek.evals.benchmarks.tasks.model import KINDS, Task
from clinseek.evals.benchmarks.tasks.risk import RISK

ALL = "all"
TASKS: Mapping[str, Task] = MappingProxyType(
    {task.name: task for task in (*DECISION, *RISK, *AGENTEHR, *MEDMOD)}
)
"""Every task by name: 27 decision and 18 risk tasks, six of AgentEHR, four like MedMod's."""


def tasks_named(names: Iterable[str]) -> tuple[Task, ...]:
    """The tasks of the names, each once, in the order of TASKS.

    A name is that of a task, one of its aliases, a kind (`risk`), or `all`; case does not matter.
    SettingError suggests a name for one that is none, and tells where there is none at all.
    """
    chosen: set[str] = set()
    for name in names:
        chosen |= _named(name)
    if not chosen:
        raise SettingError(f"--tasks names no task; give names, {', '.join(KINDS)}, or {ALL}")
    return tuple(task for task in TASKS.values() if task.name in chosen)


def _named(name: str) -> set[str]:
    asked = name.strip().lower()
    if asked == ALL:
        return set(TASKS)
    if asked in KINDS:
        return {task.name for task in TASKS.values() if task.kind == asked}
    spelled = {
        spelling.lower(): task.name
        for task in TASKS.values()
        for spelling in (task.name, *task.aliases)
    }
    if asked in spelled:
        return {spelled[asked]}
    near = get_close_matches(asked, [*spelled, *KINDS, ALL], n=1, cutoff=0.5)
    meant = f"; did you mean {spelled.get(near[0], near[0])}?" if near else "."
    raise SettingError(f"no task {name!r}{meant} Tasks are listed by: clinseek bench tasks")
