"""Refining traces: calls that taught nothing taken out, reasoning kept or not, and all replayed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from clinseek.errors import SettingError
from clinseek.training.filters.report import EXAMPLES, Example
from clinseek.training.refining.reasoning import Reasoning, with_reasoning
from clinseek.training.refining.redundant import removals
from clinseek.training.refining.removing import Unremovable, without
from clinseek.training.refining.replaying import Replay, replay_over
from clinseek.training.traces.folder import TraceFolder, draft_folder, trace_writer
from clinseek.training.traces.trace import Trace, calls_in

REPORT = "report.json"


class RefineSettings(BaseModel):
    """What is taken out of a trace.

    `redundant`: calls made before with the same answer (`repeated`), those and calls that led
    nowhere (`unused`), or none. `failed`: refused calls. `unreplayed`: traces with calls that
    cannot be made again (browser, images).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    redundant: Literal["none", "repeated", "unused"] = "unused"
    failed: Literal["keep", "drop"] = "keep"
    reasoning: Reasoning = "keep"
    reasoning_chars: Annotated[int, Field(ge=1)] = 2_000
    unreplayed: Literal["keep", "drop"] = "keep"


class RefineReport(BaseModel):
    """What refining did. `edits` counts changes by kind; `left_alone` why traces stayed as is.

    `replayed` counts calls that gave the same again, `skipped` those that cannot be made again.
    """

    read: int
    kept: int
    edited: int
    edits: dict[str, int]
    left_alone: dict[str, int]
    calls_before: int
    calls_after: int
    replayed: int | None
    skipped: int
    dropped: dict[str, int]
    examples: list[Example]


class _Refined(NamedTuple):
    trace: Trace
    left_alone: str | None


class _Count:
    def __init__(self) -> None:
        self.read = self.kept = self.edited = self.before = self.after = 0
        self.replayed = self.skipped = 0
        self.edits: Counter[str] = Counter()
        self.left_alone: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.examples: list[Example] = []

    def drop(self, trace: Trace, reason: str, words: str) -> None:
        self.dropped[reason] += 1
        if self.dropped[reason] <= EXAMPLES:
            self.examples.append(
                Example(
                    trace=trace.id, source=trace.origin["source"], qid=trace.qid,
                    epoch=trace.epoch, reason=reason, words=words,
                )
            )  # fmt: skip


def refine_traces(
    folder: TraceFolder, out: Path, *, settings: RefineSettings, store: Path | None
) -> RefineReport:
    """Write the refined traces of `folder` to the new folder `out`.

    With a `store` every call that is left is made again on its case; a trace of which one gives
    another observation is dropped. None: nothing is replayed, and the report says so.
    SettingError where the store is another than that of the runs, or no trace is left.
    """
    count = _Count()
    with draft_folder(out) as draft:
        with trace_writer(draft) as writer, replay_over(store) as replay:
            for trace in folder.traces():
                refined = _one(trace, settings, replay, count)
                if refined is not None:
                    writer.write(refined)
        if not writer.written:
            took = ", ".join(f"{n:,} {reason}" for reason, n in count.dropped.items())
            raise SettingError(f"no trace is left of {count.read:,}: {took or 'there was none'}")
        writer.copy_images(folder.path)
        report = _report(count, replayed=store is not None)
        told = {**settings.model_dump(mode="json"), "replayed": store is not None}
        writer.close("refine", told, [folder.about.model_dump(mode="json")])
        (draft / REPORT).write_text(report.model_dump_json(indent=2) + "\n")
    return report


def _one(
    trace: Trace, settings: RefineSettings, replay: Replay | None, count: _Count
) -> Trace | None:
    count.read += 1
    refined, left_alone = refined_trace(trace, settings)
    if left_alone is not None:
        count.left_alone[left_alone] += 1
    if replay is not None:
        replayed = replay.replayed(refined)
        count.skipped += replayed.skipped
        if replayed.otherwise is not None:
            count.drop(trace, "replayed otherwise", replayed.otherwise)
            return None
        if replayed.skipped and settings.unreplayed == "drop":
            count.drop(trace, "cannot be replayed", f"{replayed.skipped} calls")
            return None
        count.replayed += replayed.same
    count.kept += 1
    made = refined.edits[len(trace.edits) :]
    count.edited += bool(made)
    count.edits.update(edit["kind"] for edit in made)
    count.before += sum(1 for _ in calls_in(trace.messages))
    count.after += sum(1 for _ in calls_in(refined.messages))
    return refined


def refined_trace(trace: Trace, settings: RefineSettings) -> _Refined:
    """The trace as `settings` want it, and why calls were left in that might have gone. Pure."""
    gone = removals(
        trace,
        drop_repeated=settings.redundant != "none",
        drop_unused=settings.redundant == "unused",
        drop_failed=settings.failed == "drop",
    )
    left_alone = None
    shorter = trace
    try:
        shorter = without(trace, gone)
    except Unremovable as reason:
        left_alone = str(reason)
    return _Refined(
        with_reasoning(shorter, settings.reasoning, most=settings.reasoning_chars), left_alone
    )


def _report(count: _Count, *, replayed: bool) -> RefineReport:
    return RefineReport(
        read=count.read,
        kept=count.kept,
        edited=count.edited,
        edits=dict(count.edits.most_common()),
        left_alone=dict(count.left_alone.most_common()),
        calls_before=count.before,
        calls_after=count.after,
        replayed=count.replayed if replayed else None,
        skipped=count.skipped,
        dropped=dict(count.dropped.most_common()),
        examples=count.examples,
    )
