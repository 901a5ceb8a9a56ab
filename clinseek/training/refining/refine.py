"""Refining traces: calls that taught nothing taken out, reasoning kept or not, and all replayed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from clinseek.errors import SettingError
from clinseek.training.filters.report import EXAMPLES, Example
from clinseek.training.refining.reasoning import Reasoning, with_reasoning
from clinseek.training.refining.redundant import removals
from clinseek.training.refining.removing import Unremovable, without
from clinseek.training.refining.replaying import Replay, replay_over
from clinseek.training.traces.folder import (
    TRACES,
    TraceFolder,
    draft_folder,
    read_trace,
    trace_writer,
)
from clinseek.training.traces.trace import Trace, calls_in
from clinseek.validity.processes import workers

REPORT = "report.json"
_CASE = re.compile(rb'"subject_id":(?:\d+|null),"cutoff":(?:"[^"]*"|null)')
_FRONT = 2_000
"""Bytes of a line in which its patient and moment stand."""
_PART = 16
"""Traces that one process takes at a time."""


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


@dataclass
class _Count:
    """What came of some traces; `kept` are the place and source of each that was kept."""

    read: int = 0
    edited: int = 0
    before: int = 0
    after: int = 0
    replayed: int = 0
    skipped: int = 0
    kept: list[tuple[int, str]] = field(default_factory=list)
    edits: Counter[str] = field(default_factory=Counter)
    left_alone: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def drop(self, trace: Trace, reason: str, words: str) -> None:
        self.dropped[reason] += 1
        example = Example(
            trace=trace.id, source=trace.origin["source"], qid=trace.qid, epoch=trace.epoch,
            reason=reason, words=words,
        )  # fmt: skip
        self.examples.append(example)

    def add(self, other: _Count) -> None:
        for name in ("read", "edited", "before", "after", "replayed", "skipped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("edits", "left_alone", "dropped"):
            getattr(self, name).update(getattr(other, name))
        self.kept += other.kept
        self.examples = [*self.examples, *other.examples][:EXAMPLES]


class _Line(NamedTuple):
    """A trace of the folder: which it is, and where it stands in its file."""

    place: int
    offset: int
    length: int


class _Part(NamedTuple):
    """Some of the traces: which, where they stand, and the file for what they become."""

    folder: Path
    lines: list[_Line]
    out: Path
    settings: RefineSettings
    store: Path | None
    number: int


def refine_traces(
    folder: TraceFolder,
    out: Path,
    *,
    settings: RefineSettings,
    store: Path | None,
    jobs: int = 1,
) -> RefineReport:
    """Write the refined traces of `folder` to the new folder `out`, in their order.

    With a `store` every call that is left is made again on its case; a trace of which one gives
    another observation is dropped. None: nothing is replayed, and the report says so. `jobs`
    processes share the work. SettingError where the store is another than that of the runs, or no
    trace is left.
    """
    count = _Count()
    with draft_folder(out) as draft:
        with workers(jobs) as each:
            parts = list(_parts(folder, draft, settings, store))
            made = dict(each(_refine_part, parts))
        with trace_writer(draft) as writer:
            for part in parts:
                count.add(made[part.number])
            for line, source in _in_order(parts, made):
                writer.write_line(line, source=source)
            for part in parts:
                part.out.unlink()
        if not writer.written:
            took = ", ".join(f"{n:,} {reason}" for reason, n in count.dropped.items())
            raise SettingError(f"no trace is left of {count.read:,}: {took or 'there was none'}")
        writer.copy_images(folder.path)
        report = _report(count, replayed=store is not None)
        told = {**settings.model_dump(mode="json"), "replayed": store is not None}
        writer.close("refine", told, [folder.about.model_dump(mode="json")])
        (draft / REPORT).write_text(report.model_dump_json(indent=2) + "\n")
    return report


def _parts(
    folder: TraceFolder, draft: Path, settings: RefineSettings, store: Path | None
) -> Iterator[_Part]:
    """The traces in parts; those of one case stand together, so that it is opened once."""
    lines: list[tuple[bytes, _Line]] = []
    offset = 0
    for place, (line, _) in enumerate(folder.lines()):
        case = _CASE.search(line, 0, _FRONT)
        lines.append((case[0] if case else b"", _Line(place, offset, len(line))))
        offset += len(line)
    lines.sort()
    for number, at in enumerate(range(0, len(lines), _PART)):
        chosen = [line for _, line in lines[at : at + _PART]]
        out = draft / f"part-{number}.jsonl"
        yield _Part(folder.path, chosen, out, settings, store, number)


def _in_order(parts: Sequence[_Part], made: Mapping[int, _Count]) -> Iterator[tuple[bytes, str]]:
    """What became of the traces, each with its source, in the order in which they stood."""
    found: list[tuple[int, int, int, int, str]] = []
    for part in parts:
        offset = 0
        with part.out.open("rb") as file:
            for line, (place, source) in zip(file, made[part.number].kept, strict=True):
                found.append((place, part.number, offset, len(line), source))
                offset += len(line)
    for _, number, offset, length, source in sorted(found):
        with parts[number].out.open("rb") as file:
            file.seek(offset)
            yield file.read(length), source


def _refine_part(part: _Part) -> tuple[int, _Count]:
    count = _Count()
    with (
        (part.folder / TRACES).open("rb") as traces,
        part.out.open("wb") as file,
        replay_over(part.store) as replay,
    ):
        for place, offset, length in part.lines:
            traces.seek(offset)
            at = f"{part.folder / TRACES}, line {place + 1}"
            trace = read_trace(traces.read(length), at)
            refined = _one(trace, part.settings, replay, count)
            if refined is not None:
                file.write(refined.model_dump_json().encode() + b"\n")
                count.kept.append((place, refined.origin["source"]))
    return part.number, count


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
        kept=len(count.kept),
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
