"""What filtering took and left, as an object and as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from pydantic import BaseModel

from clinseek.training.filters.verdict import Dropped

EXAMPLES = 3
_BINS = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 52_000, 100_000, 200_000)
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222}table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .7rem;"
    "text-align:left;border-bottom:1px solid #ddd;vertical-align:top}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".bar{background:#4477aa;height:.8rem;display:inline-block}.left{background:#aabbcc}"
    "small{color:#666}"
)


class Example(BaseModel):
    """One trace that a filter threw out, and why."""

    trace: str
    source: str
    qid: str
    epoch: int
    reason: str
    words: str


class StepReport(BaseModel):
    """One filter: how many traces came to it and how many were left, with some that were not."""

    name: str
    says: str
    before: int
    after: int
    reasons: dict[str, int]
    examples: list[Example]


class FilterReport(BaseModel):
    """The whole of it. `tokens` is a histogram: (up to, read, kept), the last one without end.

    `length` says how tokens were counted. `marked` counts kept traces that hold repaired calls
    or observations that gave way, and those that name no patient.
    """

    read: int
    kept: int
    steps: list[StepReport]
    tasks: dict[str, int]
    patients: int
    tokens: list[tuple[int | None, int, int]]
    total_tokens: int
    length: str
    marked: dict[str, int]
    remarks: list[str]


class Tally:
    """Counts what one filter drops; the first few are kept as examples."""

    def __init__(self, name: str, says: str) -> None:
        self._name, self._says = name, says
        self._before = 0
        self._reasons: Counter[str] = Counter()
        self._examples: list[Example] = []

    def passed(self, number: int = 1) -> None:
        """Traces came to this filter."""
        self._before += number

    def dropped(self, verdict: Dropped, *, trace: str, source: str, qid: str, epoch: int) -> None:
        """One of them was thrown out."""
        self._reasons[verdict.reason] += 1
        if self._reasons[verdict.reason] <= EXAMPLES:
            self._examples.append(
                Example(
                    trace=trace, source=source, qid=qid, epoch=epoch,
                    reason=verdict.reason, words=verdict.words,
                )
            )  # fmt: skip

    @property
    def gone(self) -> int:
        """How many were thrown out."""
        return self._reasons.total()

    @property
    def name(self) -> str:
        """The filter."""
        return self._name

    def report(self) -> StepReport:
        """The counts."""
        return StepReport(
            name=self._name,
            says=self._says,
            before=self._before,
            after=self._before - self.gone,
            reasons=dict(self._reasons.most_common()),
            examples=self._examples,
        )


def histogram(read: Iterable[int], kept: Iterable[int]) -> list[tuple[int | None, int, int]]:
    """How many of each length were read and kept: (up to, read, kept), the last without end.

    >>> histogram([900, 5_000, 900_000], [5_000])[-1]
    (None, 1, 0)
    """
    counts = [_binned(read), _binned(kept)]
    return [(edge, counts[0][edge], counts[1][edge]) for edge in (*_BINS, None)]


def _binned(lengths: Iterable[int]) -> Counter[int | None]:
    return Counter(next((edge for edge in _BINS if length <= edge), None) for length in lengths)


def filter_page(report: FilterReport, *, title: str) -> str:
    """The report as one self-contained page; it shows qids and counts, no text of a record."""
    told = [
        f"<p>{_summary(report)}</p>",
        _funnel(report.steps),
        "<h2>Tokens</h2>",
        _bars(report.tokens),
        "<h2>Tasks kept</h2>",
        _table(("task", "traces"), [(task, f"{n:,}") for task, n in report.tasks.items()]),
        "<h2>Thrown out, for example</h2>",
        *(_examples(step) for step in report.steps if step.examples),
    ]
    if report.marked:
        marks = "; ".join(f"{n:,} {kind}" for kind, n in report.marked.items())
        told.insert(1, f"<p>Kept and marked: {escape(marks)}.</p>")
    if report.remarks:
        told.insert(1, f"<p>{escape('; '.join(report.remarks))}</p>")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{''.join(told)}"
        "<p><small>Research only: not a medical device. Derived from patients' records; the terms "
        "under which those were given hold for this page.</small></p></html>\n"
    )


def _summary(report: FilterReport) -> str:
    return (
        f"{report.kept:,} of {report.read:,} traces kept, of {report.patients:,} patients, "
        f"{report.total_tokens:,} tokens by {escape(report.length)}."
    )


def _funnel(steps: Sequence[StepReport]) -> str:
    rows = [
        (step.name, step.says, f"{step.before:,}", f"{step.after:,}",
         ", ".join(f"{reason} {n:,}" for reason, n in step.reasons.items()))
        for step in steps
    ]  # fmt: skip
    return _table(("filter", "keeps", "before", "after", "thrown out"), rows)


def _examples(step: StepReport) -> str:
    rows = [
        (each.reason, f"{each.source}, {each.qid}, epoch {each.epoch}", each.words)
        for each in step.examples
    ]
    return f"<h3>{escape(step.name)}</h3>" + _table(("reason", "trace", "why"), rows)


def _bars(tokens: Sequence[tuple[int | None, int, int]]) -> str:
    most = max((read for _, read, _ in tokens), default=0) or 1
    rows = []
    for edge, read, kept in tokens:
        if read:
            named = f"to {edge:,}" if edge is not None else "more"
            bars = _bar(kept / most) + _bar((read - kept) / most, left=True)
            rows.append(f'<tr><td class="n">{named}</td><td>{bars} {kept:,} of {read:,}</td></tr>')
    return f"<table>{''.join(rows)}</table>"


def _bar(share: float, *, left: bool = False) -> str:
    kind = "bar left" if left else "bar"
    return f'<span class="{kind}" style="width:{share * 24:.2f}rem"></span>'


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"
