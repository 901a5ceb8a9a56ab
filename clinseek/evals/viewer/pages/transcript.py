"""One run: its answer and scores, its turns a page at a time, and the evidence beside them.

What the answer cites is on every page, so that a citation leads to its row at once; of the other
observations those of the turns that are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clinseek.evals.report.evidence import Observation, observations_of, text_of
from clinseek.evals.report.markup import Markup, element, join
from clinseek.evals.report.observation_card import fact, observation_card
from clinseek.evals.report.run_parts import (
    answer_card,
    error_notice,
    turns_of,
    warning_notice,
)
from clinseek.evals.viewer.index import IndexedRun, RunIndex
from clinseek.evals.viewer.pages.finding import found_list
from clinseek.evals.viewer.pages.frame import page_of
from clinseek.evals.viewer.pages.opened_run import TURNS_A_PAGE, Asked, OpenedRun, numbered
from clinseek.evals.viewer.pages.pictures import ImageBox, boxes_in, image_names, pictures
from clinseek.evals.viewer.pages.timing import timing_bar

MOST_ROWS = 60
MOST_CITED = 60


def transcript_page(index: RunIndex, run: IndexedRun, asked: Asked, *, root: str) -> str:
    """The page of a run."""
    record = index.read(run)
    observations = observations_of(record)
    by_call = {str(each.entry["call_id"]): each for each in observations}
    opened = OpenedRun(
        index, run, record, asked, root, observations, list(numbered(record, by_call))
    )
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
            element("div", _turns(opened), _evidence(opened), class_="columns"),
            id="main",
        ),
        root=root,
    )


def _way(opened: OpenedRun) -> Markup:
    """Back to the list, and on to the runs beside this one."""
    run, runs, root = opened.run, opened.index.runs, opened.root
    query = f"?{opened.asked.query}" if opened.asked.query else ""
    links = [element("a", "All runs", href=f"{root}{query}")]
    for title, number, key in (("Previous", run.number - 1, "p"), ("Next", run.number + 1, "n")):
        if 0 <= number < len(runs):
            address = f"{root}run/{number}{query}"
            links.append(element("a", title, href=address, data_key=key))
    return element("nav", links, aria_label="Runs", class_="pages")


def _heading(opened: OpenedRun) -> Markup:
    record, run = opened.record, opened.run
    row, usage, timings = record["row"], record["usage"], record["timings"]
    facts = [
        ("run", f"{run.qid}, epoch {run.epoch}"),
        ("evaluation", opened.index.folders[run.folder].label),
        ("task", run.task),
        ("patient", str(run.subject_id)),
        ("record as of", str(row.get("cutoff"))),
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
        element("div", element("table", element("tbody", lines)), class_="scroll", tabindex="0",
                role="region", aria_label="Scores")
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
            element("input", type="search", name="words", value=words, id="search"),
        ),
        element("button", "Find", type="submit"),
        method="get",
        action=opened.address,
        role="search",
        class_="filters",
    )
    return join(form, found_list(opened.rounds, words, where=opened.where) if words else None)


def _turns(opened: OpenedRun) -> Markup:
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
        _told_images(opened) if opened.first == 1 else None,
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
            href=f"{opened.address}?turn={first}",
            aria_current="page" if first == opened.first else None,
        )
        for first in range(1, opened.last_turn + 1, TURNS_A_PAGE)
    ]
    return element("nav", "Turns ", links, aria_label="Pages of turns", class_="pages")


def _told_images(opened: OpenedRun) -> Markup | None:
    """The images of the question, with the boxes that tools found on them."""
    names = [
        name
        for _, message in opened.rounds
        if message["role"] == "user"
        for name in image_names(message.get("content"))
    ]
    paths = [str(path) for path in opened.record["row"].get("images") or []]
    boxes: dict[str, list[ImageBox]] = {}
    for observation in opened.observations:
        path = str(observation.entry["arguments"].get("image_path") or "")
        boxes.setdefault(path, []).extend(boxes_in(observation.text))
    root = f"{opened.address}/image/"
    held = opened.record["images"]
    drawn = [
        pictures(
            [name],
            _of_path(boxes, paths[at]) if len(paths) == len(names) else [],
            held,
            root=root,
            told=paths[at] if len(paths) == len(names) else f"Image {at + 1}",
        )
        for at, name in enumerate(names)
    ]
    return join(drawn) if names else None


def _of_path(boxes: Mapping[str, Sequence[ImageBox]], path: str) -> list[ImageBox]:
    """A tool may have been given the whole path, of which the row tells the end."""
    return [box for named, held in boxes.items() if named and named.endswith(path) for box in held]


def _evidence(opened: OpenedRun) -> Markup:
    cited = [each for each in opened.observations if each.cited][:MOST_CITED]
    kept = {each.id for each in cited}
    shown = [
        each
        for each in opened.observations
        if each.id in kept or opened.is_shown(int(each.entry["round"]))
    ]
    contents = {
        str(message.get("tool_call_id")): message.get("content")
        for message in opened.record["messages"]
        if message["role"] == "tool" and not isinstance(message.get("content"), str)
    }
    cards = [_card(opened, each, contents.get(str(each.entry["call_id"]))) for each in shown]
    return element(
        "section",
        element("h2", "Evidence"),
        element(
            "p",
            f"{len(shown):,} of {len(opened.observations):,} observations: what the answer cites, "
            "and those of the turns shown.",
            class_="quiet",
        ),
        cards or element("p", "No tool was called.", class_="quiet"),
        id="evidence",
        class_="evidence",
    )


def _card(opened: OpenedRun, observation: Observation, content: Any) -> Markup:
    turn, name = observation.entry["round"], observation.id
    return observation_card(
        observation,
        where=opened.where,
        most_rows=None if opened.asked.whole == name else MOST_ROWS,
        whole=f"{opened.address}?turn={turn}&whole={name}#{name}",
        pictures=pictures(
            image_names(content),
            [],
            opened.record["images"],
            root=f"{opened.address}/image/",
            told=f"{name} {text_of(observation.entry['tool'])}",
        ),
    )
