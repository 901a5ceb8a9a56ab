"""Exporting traces as a dataset: streamed, parted by patient, whole or not there."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from clinseek.errors import SettingError
from clinseek.training.exporting.card import ExportReport, card
from clinseek.training.exporting.example import Example, Names, exported, named, weights_of
from clinseek.training.exporting.forms import PARTS, Form, writers
from clinseek.training.exporting.tokenised import FOLDER, TEMPLATE, Tokenised, TokenWriter
from clinseek.training.exporting.windows import windows_of
from clinseek.training.splits import Part, PatientSplit
from clinseek.training.traces.folder import IMAGES, TraceFolder, draft_folder
from clinseek.training.traces.lengths import Length
from clinseek.training.traces.patients import patients_of
from clinseek.training.traces.trace import Message, Trace, arguments_in, calls_in
from clinseek.whole_file import sha256_of

CARD, REPORT = "README.md", "export.json"
PUBLISHED_TOKENS = 52_000
_TOO_LONG, _TURN_TOO_LONG = "too long", "a turn too long"
_FOR_LENGTH = {_TOO_LONG, _TURN_TOO_LONG}
_SEVERAL = "of which file and task name several patients"
_UNREADABLE = "with a call whose arguments are no JSON object"


class ExportSettings(BaseModel):
    """How traces become examples.

    `long`: what is done with traces of more than `max_tokens`: drop them, window them at turn
    borders, or keep them whole. `last_turns` None: every turn counts in the loss.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form = "trl"
    max_tokens: Annotated[int, Field(ge=1)] | None = PUBLISHED_TOKENS
    long: Literal["drop", "window", "whole"] = "drop"
    names: Names = "wire"
    last_turns: Annotated[int, Field(ge=1)] | None = None
    errors: Literal["train", "skip"] = "train"

    @property
    def loss(self) -> str:
        """Which turns count, in words."""
        turns = "every turn" if self.last_turns is None else f"the last {self.last_turns} turns"
        return turns if self.errors == "train" else f"{turns}, none with an error"


@dataclass
class _Counts:
    """What is counted while traces go by."""

    traces: int = 0
    windowed: int = 0
    turns: int = 0
    trained: int = 0
    longest: int = 0
    examples: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    patients: defaultdict[Part, set[int]] = field(default_factory=lambda: defaultdict(set))
    unknown: int = 0
    made_by: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    records: Any = field(default_factory=hashlib.sha256)

    def add(self, example: Example) -> None:
        self.examples[example.part] += 1
        self.tokens[example.part] += example.tokens
        self.turns += len(example.weights)
        self.trained += sum(example.weights)
        self.longest = max(self.longest, example.tokens)

    def add_patient(self, part: Part, subject_id: int | None) -> None:
        if subject_id is None:
            self.unknown += 1
        else:
            self.patients[part].add(subject_id)


def export_traces(
    folder: TraceFolder,
    out: Path,
    *,
    settings: ExportSettings,
    split: PatientSplit,
    length: Length,
    tokenised: Tokenised | None = None,
) -> ExportReport:
    """Write the traces of `folder` as a dataset to the new folder `out`.

    With `tokenised` each example is rendered, checked and written as tokens too. SettingError
    where a trace is of a patient of the test split, does not survive the student's template, where
    nothing is left, and where `out` holds something already.
    """
    counts = _Counts()
    if tokenised is not None:
        tokenised.check_template()
    with draft_folder(out) as draft:
        with writers(draft, settings.form) as written, token_writers(draft, tokenised) as tokens:
            for trace in folder.traces():
                part = _part_of(trace, split)
                _count(counts, trace)
                if part is None:
                    counts.dropped[_SEVERAL] += 1
                    continue
                examples = list(examples_of(trace, part, settings, length, counts.dropped))
                if tokenised is not None:
                    examples = _written(examples, tokenised, tokens[part], counts.dropped)
                if examples:
                    counts.tasks[trace.task] += 1
                    counts.add_patient(part, trace.subject_id)
                    counts.windowed += len(examples) > 1
                for example in examples:
                    counts.add(example)
                    written[part].write(example)
        _refuse_nothing(counts, settings)
        _copy_images(folder.path, draft)
        report = _report(folder, draft, counts, settings=settings, split=split, length=length)
        if tokenised is not None:
            report = report.model_copy(update={"template": tokenised.renderer.tokenizer.hashes})
        (draft / REPORT).write_text(report.model_dump_json(indent=2) + "\n")
        (draft / CARD).write_text(card(report, name=out.name))
    return report


@contextmanager
def token_writers(draft: Path, tokenised: Tokenised | None) -> Iterator[dict[Part, TokenWriter]]:
    """A writer of tokens for each part; none without a tokenizer."""
    if tokenised is None:
        yield {}
        return
    made = {part: TokenWriter(draft / FOLDER, part) for part in PARTS}
    try:
        yield made
    finally:
        for writer in made.values():
            writer.close()
    template = tokenised.renderer.template.source
    (draft / FOLDER / TEMPLATE).write_text(template, encoding="utf-8")


def _written(
    examples: Sequence[Example], tokenised: Tokenised, writer: TokenWriter, dropped: Counter[str]
) -> list[Example]:
    """The examples of a trace that survive the template, written as tokens: all of them or none."""
    made = [(example, tokenised.masked(example)) for example in examples]
    if any(isinstance(masked, str) for _, masked in made):
        dropped["unfaithful"] += 1
        return []
    told = []
    for example, masked in made:
        assert not isinstance(masked, str)
        writer.write(example, masked)
        told.append(replace(example, tokens=len(masked.ids), text=masked.text))
    return told


def examples_of(
    trace: Trace, part: Part, settings: ExportSettings, length: Length, dropped: Counter[str]
) -> Iterator[Example]:
    """The examples of a trace: one, several windows, or none, which is counted in `dropped`."""
    if any(arguments_in(call) is None for _, call in calls_in(trace.messages)):
        dropped[_UNREADABLE] += 1
        return
    tools, wired = named(trace, settings.names)

    def told(messages: Sequence[Message]) -> list[dict[str, Any]]:
        return [exported(message, settings.names, wired) for message in messages]

    tokens = length(told(trace.messages), tools)
    parts: list[tuple[Sequence[Message], int]] = [(trace.messages, tokens)]
    if settings.max_tokens is not None and tokens > settings.max_tokens:
        if settings.long == "drop":
            dropped[_TOO_LONG] += 1
            return
        if settings.long == "window":
            most = settings.max_tokens
            windows = windows_of(trace.messages, lambda held: length(told(held), tools) <= most)
            if windows is None:
                dropped[_TURN_TOO_LONG] += 1
                return
            parts = [(each.messages, length(told(each.messages), tools)) for each in windows]
    for number, (messages, taken) in enumerate(parts, start=1):
        yield Example(
            id=trace.id if len(parts) == 1 else f"{trace.id}-{number}",
            trace=trace.id,
            subject_id=trace.subject_id,
            task=trace.task,
            part=part,
            messages=told(messages),
            tools=tools,
            weights=weights_of(
                messages, trace.by_call, last_turns=settings.last_turns, errors=settings.errors
            ),
            window=(number, len(parts)),
            tokens=taken,
        )


def _part_of(trace: Trace, split: PatientSplit) -> Part | None:
    """The part of the trace's patient; None where file and task name several."""
    parts = {each: split.part_of(each) for each in sorted(patients_of(trace))}
    for subject_id, part in parts.items():
        if part == "test":
            raise SettingError(
                f"trace {trace.id} ({trace.qid}) is of patient {subject_id}, who is of the test "
                "split: nothing was exported; clinseek traces filter leaves such traces out with "
                "--test-patients drop"
            )
    if not parts:
        return "train"
    return parts.popitem()[1] if len(parts) == 1 else None


def _count(counts: _Counts, trace: Trace) -> None:
    counts.traces += 1
    counts.records.update(trace.sha256.encode())
    for name in ("model", "profile", "rules", "prompts", "package"):
        counts.made_by[name].add(trace.origin[name])


def _refuse_nothing(counts: _Counts, settings: ExportSettings) -> None:
    if counts.examples.total():
        return
    if not counts.traces:
        raise SettingError("there are no traces to export")
    took = ", ".join(f"{n:,} {reason}" for reason, n in counts.dropped.items())
    told = f"no example is left of {counts.traces:,} traces ({took})"
    if settings.max_tokens is not None and counts.dropped.keys() & _FOR_LENGTH:
        told += f"; raise --max-tokens ({settings.max_tokens:,}), or take --long window"
    raise SettingError(told)


def _copy_images(source: Path, draft: Path) -> None:
    images = sorted((source / IMAGES).glob("*"))
    if images:
        (draft / IMAGES).mkdir()
    for image in images:
        (draft / IMAGES / image.name).write_bytes(image.read_bytes())


def _report(
    folder: TraceFolder,
    draft: Path,
    counts: _Counts,
    *,
    settings: ExportSettings,
    split: PatientSplit,
    length: Length,
) -> ExportReport:
    return ExportReport(
        format=settings.form,
        names=settings.names,
        traces=counts.traces,
        examples=dict(counts.examples),
        patients={part: len(held) for part, held in counts.patients.items()},
        unknown_patients=counts.unknown,
        tasks=dict(sorted(counts.tasks.items())),
        tokens=dict(counts.tokens),
        longest=counts.longest,
        length=length.how,
        max_tokens=settings.max_tokens,
        long=settings.long,
        windowed=counts.windowed,
        dropped=dict(counts.dropped),
        loss=settings.loss,
        trained_turns=counts.trained,
        turns=counts.turns,
        split=split.named,
        models=sorted(counts.made_by["model"]),
        profiles=sorted(counts.made_by["profile"]),
        rules=sorted(counts.made_by["rules"]),
        prompts=sorted(counts.made_by["prompts"]),
        packages=sorted(counts.made_by["package"]),
        records=counts.records.hexdigest(),
        source=folder.about.model_dump(mode="json"),
        files={
            str(file.relative_to(draft)): sha256_of(file)
            for file in sorted(draft.rglob("*"))
            if file.is_file() and file.parent.name != IMAGES
        },
    )
