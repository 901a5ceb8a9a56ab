"""What filtering took and left, as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from clinseek.evals.report.figures.bars import Part, stacked_bar
from clinseek.evals.report.markup import Markup, document, element, scrolled
from clinseek.evals.report.page_head import RESEARCH_ONLY, head_of, opening
from clinseek.training.filters.report import FilterReport, StepReport

_KEPT, _THROWN_OUT = "kept", "thrown-out"


def filter_page(report: FilterReport, *, title: str) -> str:
    """The report as one self-contained page; it shows qids and counts, no text of a record."""
    body = element(
        "body",
        opening(
            "clinseek, a filter report",
            title,
            [element("p", sentence) for sentence in _sentences(report)],
        ),
        element(
            "main",
            _card("What each filter left", _funnel(report.steps)),
            _card("Tokens", _key(), _bars(report.tokens)),
            _card("Tasks kept", _tasks(report)),
            _card(
                "Thrown out, for example",
                [_examples(step) for step in report.steps if step.examples],
            ),
        ),
        element(
            "footer",
            f"{RESEARCH_ONLY} Derived from patients' records; the terms under which those were "
            "given hold for this page.",
        ),
    )
    return document(head_of(title, files(__package__) / "filter_page.css"), body)


def _sentences(report: FilterReport) -> Iterator[str]:
    yield (
        f"{report.kept:,} of {report.read:,} traces kept, of {report.patients:,} patients, "
        f"{report.total_tokens:,} tokens by {report.length}."
    )
    if report.remarks:
        yield "; ".join(report.remarks)
    if report.marked:
        marks = "; ".join(f"{n:,} {kind}" for kind, n in report.marked.items())
        yield f"Kept and marked: {marks}."


def _card(title: str, *held: Markup | Sequence[Markup]) -> Markup:
    return element("section", element("h2", title), *held, class_="card")


def _funnel(steps: Sequence[StepReport]) -> Markup:
    rows = [
        (step.name, step.says, f"{step.before:,}", f"{step.after:,}",
         ", ".join(f"{reason} {n:,}" for reason, n in step.reasons.items()))
        for step in steps
    ]  # fmt: skip
    columns = ("filter", "keeps", "before", "after", "thrown out")
    return _table(columns, rows, numbers=("before", "after"), caption="What each filter left")


def _key() -> Markup:
    swatches = [
        element("span", "kept", class_=f"swatch {_KEPT}"),
        element("span", "thrown out", class_=f"swatch {_THROWN_OUT}"),
    ]
    return element("p", swatches, class_="quiet key")


def _bars(tokens: Sequence[tuple[int | None, int, int]]) -> Markup:
    most = max((read for _, read, _ in tokens), default=0)
    rows = [
        (
            "more" if edge is None else f"to {edge:,}",
            stacked_bar(
                [Part("kept", kept, _KEPT), Part("thrown out", read - kept, _THROWN_OUT)],
                longest=most,
            ),
            f"{kept:,} of {read:,}",
        )
        for edge, read, kept in tokens
        if read
    ]
    columns, numbers = ("tokens", "", "kept"), ("tokens", "kept")
    return _table(columns, rows, numbers=numbers, caption="Traces by their length in tokens")


def _tasks(report: FilterReport) -> Markup:
    rows = [(task, f"{n:,}") for task, n in report.tasks.items()]
    return _table(("task", "traces"), rows, numbers=("traces",), caption="Tasks kept")


def _examples(step: StepReport) -> Markup:
    rows = [
        (each.reason, f"{each.source}, {each.qid}, epoch {each.epoch}", each.words)
        for each in step.examples
    ]
    caption = f"Thrown out by the filter “{step.name}”"
    return element(
        "div", element("h3", step.name), _table(("reason", "trace", "why"), rows, caption=caption)
    )


def _table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str,
    numbers: Sequence[str] = (),
) -> Markup:
    kinds = ["number" if column in numbers else None for column in columns]
    head = [
        element("th", column, scope="col", class_=kind)
        for column, kind in zip(columns, kinds, strict=True)
    ]
    body = [
        element(
            "tr",
            [element("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)],
        )
        for row in rows
    ]
    table = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", head)),
        element("tbody", body),
    )
    return scrolled(table, caption)
