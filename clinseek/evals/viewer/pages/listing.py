"""The list of runs, with a form that filters and searches it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clinseek.evals.report.markup import Markup, element, scrolled
from clinseek.evals.viewer.choosing import ORDERS, PAGE_LINES, Choice, chosen
from clinseek.evals.viewer.index import IndexedRun, RunIndex
from clinseek.evals.viewer.pages.frame import page_of

_STATUSES = ("answered", "abstained", "failed")
_OUTCOMES = ("right", "wrong", "unscored", "differs")


def listing_page(index: RunIndex, choice: Choice, *, root: str) -> str:
    """One page of the runs that `choice` asks for."""
    found = chosen(index, choice)
    pages = max(1, -(-len(found) // PAGE_LINES))
    page = min(choice.page, pages)
    shown = found[(page - 1) * PAGE_LINES : page * PAGE_LINES]
    names = ", ".join(folder.label for folder in index.folders)
    return page_of(
        names,
        element(
            "header",
            element("p", "clinseek, runs", class_="eyebrow"),
            element("h1", names),
            _form(index, choice),
        ),
        element(
            "main",
            element(
                "p", f"{len(found):,} of {len(index.runs):,} runs", class_="quiet", role="status"
            ),
            _table(index, shown, choice, root) if shown else None,
            _pages(choice, page, pages, root),
            id="main",
        ),
        root=root,
    )


def _form(index: RunIndex, choice: Choice) -> Markup:
    folders = [(str(at), folder.label) for at, folder in enumerate(index.folders)]
    return element(
        "form",
        element(
            "label",
            "Search ",
            element("input", type="search", name="words", value=choice.words, id="search"),
        ),
        _choose("task", "Task", choice.task, _plain(index.tasks)),
        _choose("outcome", "Outcome", choice.outcome, _plain(_OUTCOMES)),
        _choose("status", "Status", choice.status, _plain(_STATUSES)),
        _choose("folder", "Evaluation", choice.folder, folders) if len(folders) > 1 else None,
        _choose("order", "Order by", choice.order, _plain(ORDERS)),
        element(
            "label",
            element(
                "input", type="checkbox", name="inside", value="1", checked=bool(choice.inside)
            ),
            " also inside transcripts",
        ),
        element("button", "Show", type="submit"),
        method="get",
        role="search",
        class_="filters",
    )


def _plain(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


def _choose(name: str, title: str, held: str, options: Sequence[tuple[str, str]]) -> Markup:
    drawn = [
        element("option", told, value=value, selected=value == held)
        for value, told in [("", "all" if name != "order" else "row"), *options]
    ]
    return element("label", f"{title} ", element("select", drawn, name=name))


def _table(index: RunIndex, runs: Sequence[IndexedRun], choice: Choice, root: str) -> Markup:
    several = len(index.folders) > 1
    numbers = ("calls", "tokens", "seconds")
    names = ("score", "run", *(("evaluation",) if several else ()), "task", "question", "answer",
             "ended", *numbers)  # fmt: skip
    head = [element("th", n, scope="col", class_="number" if n in numbers else None) for n in names]
    body = [_line(index, run, choice, root, several=several) for run in runs]
    table = element(
        "table",
        element("caption", "Runs", class_="skip"),
        element("thead", element("tr", head)),
        element("tbody", body),
        class_="runs",
    )
    return scrolled(table, "Runs")


def _line(index: RunIndex, run: IndexedRun, choice: Choice, root: str, *, several: bool) -> Markup:
    name = run.qid if run.epoch == 1 else f"{run.qid} ({run.epoch})"
    query = choice.address(page=1)
    address = f"{root}run/{run.number}" + (f"?{query}" if query else "")
    again = f", {run.attempts} attempts" if run.attempts > 1 else ""
    return element(
        "tr",
        element("td", score_tag(run)),
        element("th", element("a", name, href=address), scope="row"),
        element("td", index.folders[run.folder].label) if several else None,
        element("td", run.task),
        element("td", _cut(run.question)),
        element("td", _cut(run.answer) or "-"),
        element("td", f"{run.status} ({run.stop_reason}){again}"),
        element("td", f"{run.calls:,}", class_="number"),
        element("td", f"{run.tokens:,}", class_="number"),
        element("td", f"{run.seconds:,.1f}", class_="number"),
    )


def score_tag(run: IndexedRun) -> Markup:
    """The score of a run in points, marked as right, wrong or unscored."""
    score = run.score
    told = "-" if score is None or score.value is None else f"{100 * score.value:.0f}"
    title = score.explanation if score else "not scored; clinseek score does"
    return element("span", told, class_=f"tag {run.outcome}", title=title)


def _cut(text: str, most: int = 110) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _pages(choice: Choice, page: int, pages: int, root: str) -> Markup | None:
    if pages < 2:
        return None
    links = [
        element(
            "a",
            str(number),
            href=f"{root}?{choice.address(page=number)}",
            aria_current="page" if number == page else None,
        )
        for number in range(1, pages + 1)
    ]
    return element("nav", links, aria_label="Pages of the list", class_="pages")
