"""Filtering traces: each read once, written once, never more than one in memory.

Traces that pass every filter over single ones are set down beside; what the filters over all of
them need is a few numbers each. Then those that stay are copied line by line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import SettingError
from clinseek.training.filters.filter_page import filter_page
from clinseek.training.filters.report import FilterReport, Tally, histogram
from clinseek.training.filters.settings import FilterSettings, filters_of, set_filters_of
from clinseek.training.filters.verdict import Brief, Dropped, Filter, brief_of
from clinseek.training.splits import PatientSplit
from clinseek.training.traces.folder import TraceWriter, draft_folder, trace_writer
from clinseek.training.traces.lengths import Length
from clinseek.training.traces.reading import TraceSource
from clinseek.training.traces.trace import Trace

_SPOOL = "spool.jsonl"
REPORT, PAGE = "report.json", "report.html"


class _Marked(NamedTuple):
    repaired: bool
    condensed: bool


@dataclass
class _Passed:
    """What is left after the filters over single traces."""

    briefs: list[Brief] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    marks: list[_Marked] = field(default_factory=list)


def filter_traces(
    sources: Sequence[TraceSource],
    out: Path,
    *,
    settings: FilterSettings,
    split: PatientSplit,
    length: Length,
) -> FilterReport:
    """Write the traces of `sources` that `settings` let pass to the new folder `out`.

    `split` names the patients of the test split. SettingError where a trace is of such a patient
    and the settings refuse that, where none is left (it says which filter took how many), and
    where `out` holds something already.
    """
    filters = filters_of(settings, split)
    tallies = [Tally(each.name, each.says) for each in filters]
    with draft_folder(out) as draft:
        with trace_writer(draft) as writer:
            passed = _first_pass(sources, draft / _SPOOL, filters, tallies, length, writer)
            _refuse_test_patients(tallies[0], settings)
            kept, set_tallies = _together(passed.briefs, settings)
            every = [*tallies, *set_tallies]
            _refuse_nothing(len(passed.read), kept, every)
            _second_pass(draft / _SPOOL, kept, writer)
        for source in sources:
            if source.folder is not None:
                writer.copy_images(source.path)
        report = _report(passed, kept, every, sources, length)
        told = {**settings.model_dump(mode="json"), "split": split.named, "length": length.how}
        writer.close("filter", told, _earlier(sources))
        (draft / REPORT).write_text(report.model_dump_json(indent=2) + "\n")
        (draft / PAGE).write_text(filter_page(report, title=f"Traces kept in {out.name}"))
        (draft / _SPOOL).unlink()
    return report


def _first_pass(
    sources: Sequence[TraceSource],
    spool: Path,
    filters: Sequence[Filter],
    tallies: Sequence[Tally],
    length: Length,
    writer: TraceWriter,
) -> _Passed:
    passed = _Passed()
    with spool.open("wb") as file:
        for trace in _every(sources):
            tokens = length(trace.messages, trace.tools)
            passed.read.append(tokens)
            if not _passes(trace, tokens, filters, tallies):
                continue
            passed.briefs.append(brief_of(trace, at=len(passed.briefs), tokens=tokens))
            passed.marks.append(_Marked(bool(trace.repairs), bool(trace.condensed)))
            file.write(writer.line_of(trace))
    return passed


def _every(sources: Sequence[TraceSource]) -> Iterator[Trace]:
    for source in sources:
        yield from source.traces()


def _passes(trace: Trace, tokens: int, filters: Sequence[Filter], tallies: Sequence[Tally]) -> bool:
    for each, tally in zip(filters, tallies, strict=True):
        tally.passed()
        verdict = each.verdict(trace, tokens)
        if isinstance(verdict, Dropped):
            tally.dropped(
                verdict, trace=trace.id, source=trace.origin["source"], qid=trace.qid,
                epoch=trace.epoch,
            )  # fmt: skip
            return False
    return True


def _together(briefs: Sequence[Brief], settings: FilterSettings) -> tuple[list[Brief], list[Tally]]:
    left, tallies = list(briefs), []
    for each in set_filters_of(settings):
        tally = Tally(each.name, each.says)
        tally.passed(len(left))
        gone = each.dropped(left)
        for brief in left:
            if brief.at in gone:
                tally.dropped(
                    gone[brief.at], trace=brief.id, source=brief.source, qid=brief.qid,
                    epoch=brief.epoch,
                )  # fmt: skip
        left = [brief for brief in left if brief.at not in gone]
        tallies.append(tally)
    return left, tallies


def _second_pass(spool: Path, kept: Sequence[Brief], writer: TraceWriter) -> None:
    wanted = {brief.at: brief.source for brief in kept}
    with spool.open("rb") as file:
        for at, line in enumerate(file):
            if at in wanted:
                writer.write_line(line, source=wanted[at])


def _refuse_test_patients(tally: Tally, settings: FilterSettings) -> None:
    found = tally.report().reasons.get("test patient", 0)
    if found and settings.test_patients == "refuse":
        raise SettingError(
            f"{found:,} traces are of patients of the test split, on whom nobody may train; run "
            "the teacher on rows of the training split, or leave these traces out with "
            "--test-patients drop"
        )


def _refuse_nothing(read: int, kept: Sequence[Brief], tallies: Sequence[Tally]) -> None:
    if kept:
        return
    if not read:
        raise SettingError("there are no traces to filter: no run has ended there")
    took = ", ".join(f"{each.name} took {each.gone:,}" for each in tallies if each.gone)
    raise SettingError(f"no trace is left of {read:,}: {took}; see clinseek traces filter --help")


def _report(
    passed: _Passed,
    kept: Sequence[Brief],
    tallies: Sequence[Tally],
    sources: Sequence[TraceSource],
    length: Length,
) -> FilterReport:
    tasks = Counter(brief.task for brief in kept)
    marks = [passed.marks[brief.at] for brief in kept]
    marked = {
        "with calls that the harness mended": sum(repaired for repaired, _ in marks),
        "with observations that gave way": sum(condensed for _, condensed in marks),
        "of patients who are not known": sum(brief.subject_id is None for brief in kept),
    }
    return FilterReport(
        read=len(passed.read),
        kept=len(kept),
        steps=[tally.report() for tally in tallies],
        tasks=dict(sorted(tasks.items())),
        patients=len({brief.subject_id for brief in kept} - {None}),
        tokens=histogram(passed.read, (brief.tokens for brief in kept)),
        total_tokens=sum(brief.tokens for brief in kept),
        length=length.how,
        marked={kind: number for kind, number in marked.items() if number},
        remarks=[remark for source in sources for remark in source.remarks],
    )


def _earlier(sources: Sequence[TraceSource]) -> list[dict[str, object]]:
    folders = [source.folder for source in sources if source.folder is not None]
    return [folder.about.model_dump(mode="json") for folder in folders]
