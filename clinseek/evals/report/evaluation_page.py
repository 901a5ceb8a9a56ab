"""Evaluations as one HTML page that needs nothing else: no network, no script.

Its policy forbids it to load or run anything, and allows the one style sheet that it holds by its
hash. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence

from clinseek import __version__
from clinseek.evals.report.figures.heatmap import heatmap
from clinseek.evals.report.flipped_cases import flipped_cases
from clinseek.evals.report.gains import gain_rows, gain_sentence
from clinseek.evals.report.markup import Markup, document, element, join
from clinseek.evals.report.page_head import RESEARCH_ONLY, head_of, opening
from clinseek.evals.report.pairing import NotCompared, ReportedPair
from clinseek.evals.report.reported_run import ReportedRun
from clinseek.evals.report.sections.cases import cases_section
from clinseek.evals.report.sections.differences import differences_section
from clinseek.evals.report.sections.scores import (
    by_group_section,
    cost_section,
    summary_section,
)
from clinseek.evals.report.sections.tools import tools_section
from clinseek.toolkits.ehr.availability import warning_of

MOST_CASES = 40


def evaluation_page(
    runs: Sequence[ReportedRun],
    pairs: Sequence[ReportedPair] = (),
    *,
    not_compared: Sequence[NotCompared] = (),
    title: str = "Evaluation",
    cases: int = MOST_CASES,
) -> str:
    """The page of `runs` and of the `pairs` that were compared among them.

    At most `cases` flipped cases are told of each pair; with 0 the page holds no row of a patient.
    """
    sections = [
        summary_section(runs),
        _gains_section(pairs),
        differences_section(pairs, not_compared),
        by_group_section(runs),
        cost_section(runs),
        tools_section(runs),
        *(cases_section(pair, flipped_cases(pair, most=cases)) for pair in pairs if cases),
    ]
    shown = [section for section in sections if section is not None]
    body = element(
        "body",
        element("a", "Skip to the results", href="#summary", class_="skip"),
        opening(
            "clinseek, a report",
            title,
            [_warning(text) for text in _warnings(runs)],
            _contents(shown),
        ),
        element("main", [section for _, _, section in shown]),
        element("footer", f"{RESEARCH_ONLY} Made by clinseek {__version__}. ", _held(cases, pairs)),
    )
    return document(head_of(title), body)


Section = tuple[str, str, Markup]
"""Its id, its title, and itself."""


def _gains_section(pairs: Sequence[ReportedPair]) -> Section | None:
    evidence = [pair for pair in pairs if pair.kind == "evidence"]
    if not evidence:
        return None
    rows, columns = gain_rows(evidence)
    title = "Automated minus curated"
    caption = "Score with evidence that the agent sought, minus score with packaged evidence"
    return (
        "gains",
        title,
        element(
            "section",
            element("h2", title),
            element("p", gain_sentence(rows)),
            heatmap(rows, columns, caption=caption, last="models that gain"),
            id="gains",
            class_="card",
        ),
    )


def _contents(sections: Sequence[Section]) -> Markup:
    links = [element("li", element("a", title, href=f"#{name}")) for name, title, _ in sections]
    return element("nav", element("ul", links), aria_label="Contents")


def _warnings(runs: Sequence[ReportedRun]) -> list[str]:
    profiles = dict.fromkeys(profile for run in runs for profile in run.profiles)
    return [text for profile in profiles if (text := warning_of(profile)) is not None]


def _warning(text: str) -> Markup:
    return element("p", text, class_="warning")


def _held(cases: int, pairs: Sequence[ReportedPair]) -> Markup:
    if cases and any(pair.compared.flips for pair in pairs):
        return join("The cases hold rows of patients: keep this file where the record may lie.")
    return join("It holds no row of a patient.")
