"""One run: its answer and scores, its turns a page at a time, and the evidence beside them.

What the answer cites is on every page, so that a citation leads to its row at once; of the other
observations those of the turns that are shown.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from clinseek.evals.report.markup import Markup, element, join, scrolled
from clinseek.evals.report.observation_card import fact, observation_card
from clinseek.evals.report.run_parts import (
    about,
    answer_card,
    error_notice,
    turns_of,
    warning_notice,
)
from clinseek.evals.transcripts.evidence import Observation, observations_of
from clinseek.evals.viewer.choosing import beside
from clinseek.evals.viewer.index import IndexedRun, RunIndex
from clinseek.evals.viewer.pages.finding import found_list
from clinseek.evals.viewer.pages.frame import page_of
from clinseek.evals.viewer.pages.opened_run import TURNS_A_PAGE, Asked, OpenedRun, numbered
from clinseek.evals.viewer.pages.pictures import Gallery
from clinseek.evals.viewer.pages.timing import timing_bar

MOST_ROWS = 60


def transcript_page(index: RunIndex, run: IndexedRun, asked: Asked, *, root: str) -> str:
    """The page of a run."""
    record = index.read(run)
    observations = observations_of(record)
    by_call = {str(each.entry["call_id"]): each for each in observations}
    opened = OpenedRun(
        index, run, record, asked, root, observations, list(numbered(record, by_call))
    )
    gallery = Gallery(opened)
    turn_address = lambda turn: opened.where(f"turn-{turn}")  # noqa: E731
    return page_of(
        run.qid,
        element("header", _way(opened), _heading(opened)),
        element(
            "main",
            warning_notice(record),
            answer_card(record, observations, where=opened.where),
            _scores(opened),
            error_notice(record),
            timing_bar(record, turn_address=turn_address),
            _search(opened),
            element("div", _turns(opened, gallery), _evidence(opened, gallery), class_="columns"),
            id="main",
        ),
        root=root,
    )


def _way(opened: OpenedRun) -> Markup:
    """Back to the list, and on to the runs beside this one in it."""
    listed, root = opened.asked.listed, opened.root
    query = f"?{asked}" if (asked := listed.address(page=1)) else ""
    links = [element("a", "All runs" if not query else "The list", href=f"{root}{query}")]
    before, after = beside(opened.index, opened.run, listed)
    for title, run, key in (("Previous", before, "p"), ("Next", after, "n")):
        if run is not None:
            address = f"{root}run/{run.number}{query}"
            links.append(element("a", title, href=address, data_key=key))
    return element("nav", links, aria_label="Runs", class_="pages")


def _heading(opened: OpenedRun) -> Markup:
    record, run = opened.record, opened.run
    row, usage, timings = record["row"], record["usage"], record["timings"]
    facts = [
        ("run", f"{run.qid}, epoch {run.epoch}"),
        ("evaluation", opened.index.folders[run.folder].label),
        ("task", run.task),
        *about(row),
        ("status", f"{run.status} ({run.stop_reason})"),
        ("model", str(record["model"]["spec"])),
        ("setting", str(record["setting"])),
        ("tokens", f"{usage['input_tokens']:,} in, {usage['output_tokens']:,} out"),
        ("time", f"{timings['elapsed']:.2f} s"),
        ("attempts", str(run.attempts)),
    ]
    return join(
        element("p", "clinseek, a run", class_="eyebrow"),
        element("h1", run.question),
        element("dl", [fact(name, value) for name, value in facts], class_="facts"),
        _siblings(opened),
    )


def _siblings(opened: OpenedRun) -> Markup | None:
    siblings = opened.index.siblings(opened.run)
    if not siblings:
        return None
    links = [
        element(
            "li",
            element(
                "a",
                f"{opened.index.folders[each.folder].label}, epoch {each.epoch}",
                href=f"{opened.root}sides/{opened.run.number}/{each.number}",
            ),
            f" ({each.outcome})",
        )
        for each in siblings
    ]
    return element("nav", "Side by side with ", element("ul", links), class_="siblings",
                   aria_label="The same question elsewhere")  # fmt: skip


def _scores(opened: OpenedRun) -> Markup:
    scores = opened.index.scores(opened.run)
    row = opened.index.row(opened.run)
    right = "not known" if row is None or row.label is None else _label(row.label)
    lines = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", "-" if score.value is None else f"{100 * score.value:.0f}",
                    class_="number"),
            element("td", score.state),
            element("td", score.explanation),
        )
        for name, score in scores.items()
    ]  # fmt: skip
    return element(
        "section",
        element("h2", "Scores"),
        element("p", "Right answer: ", element("strong", right)),
        scrolled(element("table", element("tbody", lines)), "Scores")
        if lines
        else element("p", "Not scored yet: clinseek score does it.", class_="quiet"),
        class_="card",
    )  # fmt: skip


def _label(label: Any) -> str:
    if not isinstance(label, list):
        return str(label)
    names = [str(each.get("name", each)) if isinstance(each, dict) else each for each in label]
    return "; ".join(names) or "none: to abstain is right"


def _search(opened: OpenedRun) -> Markup:
    words = opened.asked.words
    form = element(
        "form",
        element(
            "label",
            "Find in this run ",
            element("input", type="search", name="find", value=words, id="search"),
        ),
        [
            element("input", type="hidden", name=name, value=str(held))
            for name, held in opened.asked.listed._asdict().items()
            if held not in ("", 1)
        ],
        element("button", "Find", type="submit"),
        method="get",
        action=opened.address,
        role="search",
        class_="filters",
    )
    return join(form, found_list(opened.rounds, words, where=opened.where) if words else None)


def _turns(opened: OpenedRun, gallery: Gallery) -> Markup:
    shown = [message for number, message in opened.rounds if opened.is_shown(number)]
    turns = turns_of(
        opened.record,
        opened.observations,
        messages=shown,
        after=opened.first - 1,
        where=opened.where,
    )
    return element(
        "section",
        element("h2", "The run"),
        _pages(opened),
        gallery.of_the_question() if opened.first == 1 else None,
        list(turns),
        _pages(opened),
    )


def _pages(opened: OpenedRun) -> Markup | None:
    if opened.last_turn <= TURNS_A_PAGE:
        return None
    links = [
        element(
            "a",
            f"{first} to {min(first + TURNS_A_PAGE - 1, opened.last_turn)}",
            href=opened.page(turn=first),
            aria_current="page" if first == opened.first else None,
        )
        for first in range(1, opened.last_turn + 1, TURNS_A_PAGE)
    ]
    return element("nav", "Turns ", links, aria_label="Pages of turns", class_="pages")


def _evidence(opened: OpenedRun, gallery: Gallery) -> Markup:
    shown = [
        each
        for each in opened.observations
        if each.id in opened.always or opened.is_shown(int(each.entry["round"]))
    ]
    cards = [_card(opened, each, gallery) for each in shown]
    return element(
        "section",
        element("h2", "Evidence"),
        element(
            "p",
            f"{len(shown):,} of {len(opened.observations):,} observations: what the answer cites, "
            "and those of the turns shown.",
            class_="quiet",
        ),
        _cited_elsewhere(opened, {each.id for each in shown}),
        cards or element("p", "No tool was called.", class_="quiet"),
        id="evidence",
        class_="evidence",
    )


def _cited_elsewhere(opened: OpenedRun, shown: Collection[str]) -> Markup | None:
    """Links to what the answer cites beyond what every page holds."""
    left = [each.id for each in opened.observations if each.cited and each.id not in shown]
    if not left:
        return None
    links = [element("a", name, href=opened.where(name)) for name in left]
    told = f"{len(left):,} more are cited, each on the page of its turn:"
    return element("nav", told, links, aria_label="Other cited evidence", class_="pages")


def _card(opened: OpenedRun, observation: Observation, gallery: Gallery) -> Markup:
    turn, name = observation.entry["round"], observation.id
    return observation_card(
        observation,
        where=opened.where,
        most_rows=None if opened.asked.whole == name else MOST_ROWS,
        whole=f"{opened.page(turn=turn, whole=name)}#{name}",
        pictures=gallery.of(observation),
    )
