"""Making every call of a trace again on the real case: the same observation, or it is not true."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.errors import SettingError, UserError
from clinseek.nodes.calls import broken_call
from clinseek.records import RAW
from clinseek.training.refining.calls import Step, steps_of
from clinseek.training.rendering.template import arguments_of
from clinseek.training.traces.trace import Trace

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from clinseek.toolkits.ehr.case import Case
    from clinseek.toolkits.ehr.store import Store

_KEPT_CASES = 4


class Replayed(NamedTuple):
    """How many calls gave the same, how many cannot be made again, and what was otherwise."""

    same: int
    skipped: int
    otherwise: str | None


class _Opened(NamedTuple):
    case: Case
    tools: Mapping[str, BaseTool]
    answers: dict[tuple[str, str], str]


class Replay:
    """Replays traces over one store; the last cases are kept open. Use it as a context.

    Calls of tools that do not read the record (the browser, image tools, outside servers), and of
    tools that there are not, are not made again.
    """

    def __init__(self, store: Path) -> None:
        self._path = store
        self._cases: OrderedDict[tuple[int, str, str], _Opened] = OrderedDict()

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: object) -> None:
        while self._cases:
            self._cases.popitem()[1].case.close()

    def replayed(self, trace: Trace) -> Replayed:
        """Every call of `trace` that can be made again, made again."""
        if trace.subject_id is None or not trace.cutoff:
            return Replayed(0, 0, "it names no patient or no moment, so no case can be opened")
        self._check_store(trace)
        try:
            opened = self._opened(trace.subject_id, trace.cutoff, trace.origin["profile"])
        except UserError as error:
            return Replayed(0, 0, f"its case cannot be opened: {error}")
        same = skipped = 0
        for step in steps_of(trace):
            if step.tool not in opened.tools:
                skipped += 1
                continue
            if (fault := _fault(trace, step, opened)) is not None:
                return Replayed(same, skipped, fault)
            same += 1
        return Replayed(same, skipped, None)

    @cached_property
    def _store(self) -> Store:
        from clinseek.toolkits.ehr.store import Store

        return Store.open(self._path)

    def _check_store(self, trace: Trace) -> None:
        made_on = trace.origin["store"]
        if made_on and made_on != self._store.fingerprint:
            raise SettingError(
                f"{self._path} is not the store of the runs (trace {trace.id} was made on a store "
                f"with the fingerprint {made_on[:16]}, and this one has "
                f"{self._store.fingerprint[:16]}); name theirs with --store"
            )

    def _opened(self, subject_id: int, cutoff: str, profile: str) -> _Opened:
        from clinseek.toolkits.ehr.case import open_case
        from clinseek.toolkits.ehr.tools import EhrToolkit

        key = (subject_id, cutoff, profile or "available")
        if key in self._cases:
            self._cases.move_to_end(key)
            return self._cases[key]
        case = open_case(self._store, subject_id, cutoff=cutoff, profile=key[2])
        tools = {tool.name: tool for tool in EhrToolkit(case=case).get_tools()}
        self._cases[key] = _Opened(case, tools, {})
        if len(self._cases) > _KEPT_CASES:
            self._cases.popitem(last=False)[1].case.close()
        return self._cases[key]


def _fault(trace: Trace, step: Step, opened: _Opened) -> str | None:
    """What is otherwise when the call is made again; None where it gives the same."""
    known = trace.by_call.get(step.call_id)
    if step.result_at is None or known is None:
        return None
    tool = opened.tools[step.tool]
    if step.asked not in opened.answers:
        opened.answers[step.asked] = _answer(tool, arguments_of(step.arguments))
    answer = opened.answers[step.asked]
    texts = (f"[E{known['first_number']}] {answer}", answer)
    if any(hashlib.sha256(text.encode()).hexdigest() == known["sha256"] for text in texts):
        return None
    return f"E{step.number}: {step.tool} does not give again what stands in the trace"


def _answer(tool: BaseTool, arguments: dict[str, Any]) -> str:
    if RAW in arguments:
        return broken_call(str(arguments[RAW]))
    answered = tool._run(**arguments)
    return str(answered[0])


@contextmanager
def replay_over(store: Path | None) -> Iterator[Replay | None]:
    """A replay over `store`; None without one."""
    if store is None:
        yield None
        return
    with Replay(store) as replay:
        yield replay
