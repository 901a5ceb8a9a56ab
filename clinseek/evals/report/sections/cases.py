"""Flipped cases side by side: one question, two answers, and the rows that each cites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clinseek.evals.report.flipped_cases import CaseSide, FlippedCase
from clinseek.evals.report.markup import Markup, element, scrolled
from clinseek.evals.report.pairing import ReportedPair
from clinseek.evals.rows import Row
from clinseek.evals.transcripts.observation_text import Grid

Section = tuple[str, str, Markup]


def cases_section(pair: ReportedPair, cases: Sequence[FlippedCase]) -> Section | None:
    """The flipped cases of a pair; None where nothing flipped."""
    flips = pair.compared.flips
    if not flips:
        return None
    gained = sum(flip.direction == "gained" for flip in flips)
    name = f"cases-{pair.a.label}-{pair.b.label}".replace(" ", "-").replace(",", "")
    title = f"Flipped: {pair.b.label} against {pair.a.label}"
    told = f"{gained:,} gained, {len(flips) - gained:,} lost"
    shown = "" if len(cases) == len(flips) else f"; {len(cases)} of them are shown"
    section = element(
        "section",
        element("h2", title),
        element("p", f"{told}{shown}.", class_="quiet"),
        [_case(case) for case in cases],
        id=name,
        class_="card",
    )
    return name, title, section


def _case(case: FlippedCase) -> Markup:
    flip, row = case.flip, case.row
    facts = [
        ("task", row.task),
        *_about(row),
        ("right answer", _label(row.label)),
        ("epoch", str(flip.epoch)),
    ]
    summary = element(
        "summary",
        element("span", flip.direction, class_=f"tag {flip.direction}"),
        element("code", flip.qid),
        element("span", _start(row.question), class_="quiet"),
    )
    return element(
        "details",
        summary,
        element("p", row.question, class_="text"),
        element("dl", [_fact(*fact) for fact in facts], class_="facts"),
        element("div", _side("A", case.a), _side("B", case.b), class_="sides"),
        class_="case",
    )


def _about(row: Row) -> list[tuple[str, str]]:
    """Whom and what a row is about; no patient where it names none."""
    patient = [] if row.subject_id is None else [("patient", str(row.subject_id))]
    moment = [] if row.cutoff is None else [("record as of", row.cutoff)]
    return [*patient, *moment, *(("image", path) for path in row.images)]


def _label(label: Any) -> str:
    """A right answer as words.

    >>> _label([{"name": "Sepsis", "icd_code": "A41"}, "Shock"]), _label([]), _label(None)
    ('Sepsis; Shock', 'to abstain', 'not known')
    """
    if label is None:
        return "not known"
    if not isinstance(label, list):
        return str(label)
    names = [str(each.get("name", each)) if isinstance(each, dict) else each for each in label]
    return "; ".join(names) or "to abstain"


def _start(question: str) -> str:
    first = question.strip().split("\n", 1)[0]
    return first if len(first) <= 140 else first[:139] + "…"


def _fact(name: str, value: str) -> Markup:
    return element("div", element("dt", name), element("dd", value))


def _side(letter: str, side: CaseSide) -> Markup:
    run = side.run
    answers = [
        element("li", item, element("span", " ".join(cited), class_="quiet"))
        for item, cited in zip(
            run.answer, [*run.citations, *([()] * len(run.answer))], strict=False
        )
    ]
    ended = f"{run.status} ({run.stop_reason})" if run.stop_reason else run.status
    return element(
        "section",
        element("h3", f"{letter}: {side.label}"),
        element("ul", answers) if answers else element("p", "No answer.", class_="quiet"),
        element("p", f"{100 * side.value:.0f} points: {side.explanation}"),
        element("p", ended, class_="quiet"),
        [_rows(evidence, grid) for evidence, grid in side.cited],
        class_="right" if side.value >= 0.5 else "wrong",
    )


def _rows(evidence: str, grid: Grid) -> Markup:
    caption = f"Cited rows of {evidence}"
    head = element("tr", [element("th", column, scope="col") for column in grid.columns])
    body = [element("tr", [element("td", cell) for cell in row]) for row in grid.rows]
    table = element(
        "table", element("caption", caption), element("thead", head), element("tbody", body)
    )
    return scrolled(table, caption)
