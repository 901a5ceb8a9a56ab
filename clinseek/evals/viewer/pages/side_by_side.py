"""Two runs side by side: what they share stands level, and what differs is marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from clinseek.evals.report.markup import Markup, element, join, scrolled
from clinseek.evals.transcripts.evidence import Observation, observations_of, text_of
from clinseek.evals.viewer.index import IndexedRun, RunIndex
from clinseek.evals.viewer.pages.frame import page_of
from clinseek.evals.viewer.pages.listing import score_tag

Standing = Literal["same", "other answer", "only here"]
MOST_LINES = 2_000


class Step(NamedTuple):
    """One call of a run, as it is compared: the tool with its arguments, and what came back."""

    call: str
    tool: str
    arguments: str
    observation: Observation

    @property
    def result(self) -> str:
        """What came back, without the number that it has in its run."""
        return self.observation.text.removeprefix(f"[{self.observation.id}]").strip()


class Level(NamedTuple):
    """One line of the two runs; None where one of them has nothing beside the other."""

    a: Step | None
    b: Step | None

    @property
    def standing(self) -> Standing:
        """`same` call and answer, the same call with another answer, or a call of one alone."""
        if self.a is None or self.b is None:
            return "only here"
        return "same" if self.a.result == self.b.result else "other answer"


def side_by_side_page(index: RunIndex, a: IndexedRun, b: IndexedRun, *, root: str) -> str:
    """The page of two runs."""
    first, second = index.read(a), index.read(b)
    title = f"{a.qid}: {_name(index, a)} and {_name(index, b)}"
    return page_of(
        title,
        element(
            "header",
            element("nav", element("a", "All runs", href=root), aria_label="Runs", class_="pages"),
            element("p", "clinseek, two runs", class_="eyebrow"),
            element("h1", a.question),
            None if a.question == b.question else element("p", b.question),
        ),
        element(
            "main",
            _table_of_facts(index, (a, first), (b, second), root),
            _calls(index, (a, first), (b, second), root),
            id="main",
        ),
        root=root,
    )


Opened = tuple[IndexedRun, Mapping[str, Any]]


def _name(index: RunIndex, run: IndexedRun) -> str:
    return f"{index.folders[run.folder].label}, epoch {run.epoch}"


def levels_of(a: Sequence[Step], b: Sequence[Step]) -> Iterator[Level]:
    """The calls of two runs in one order: equal calls level with each other."""
    matcher = SequenceMatcher(
        None, [step.call for step in a], [step.call for step in b], autojunk=False
    )
    for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if kind == "equal":
            yield from (Level(*pair) for pair in zip(a[a_from:a_to], b[b_from:b_to], strict=True))
            continue
        yield from (Level(step, None) for step in a[a_from:a_to])
        yield from (Level(None, step) for step in b[b_from:b_to])


def steps_of(record: Mapping[str, Any]) -> list[Step]:
    """The calls of a record in the order of their numbers."""
    return [_step(each) for each in observations_of(record)]


def _step(observation: Observation) -> Step:
    tool = str(observation.entry["tool"])
    arguments = json.dumps(observation.entry["arguments"], sort_keys=True, ensure_ascii=False)
    return Step(f"{tool} {arguments}", tool, arguments, observation)


def marked(text: str, beside: str) -> Markup:
    """`text` with the words that `beside` does not have in their place marked.

    >>> marked("in 3 days", "in 7 days")
    'in <mark>3</mark> days'
    """
    words, others = text.split(" "), beside.split(" ")
    pieces: list[Markup | str] = []
    for kind, start, end, _, _ in SequenceMatcher(None, words, others).get_opcodes():
        if start == end:
            continue
        piece = " ".join(words[start:end])
        if pieces:
            pieces.append(" ")
        pieces.append(piece if kind == "equal" else element("mark", piece))
    return join(*pieces)


def _table_of_facts(index: RunIndex, a: Opened, b: Opened, root: str) -> Markup:
    lines = [
        ("answer", "; ".join(a[1]["answer"]) or "none", "; ".join(b[1]["answer"]) or "none"),
        ("cites", _citations(a[1]), _citations(b[1])),
        *((name, one, other) for (name, one), (_, other) in zip(_facts(a), _facts(b), strict=True)),
        ("last words", _last_words(a[1]), _last_words(b[1])),
    ]
    body = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", marked(one, other)),
            element("td", marked(other, one)),
            class_="differs" if one != other else None,
        )
        for name, one, other in lines
    ]
    head = element(
        "tr", element("th", "", scope="col"), _head(index, a, root), _head(index, b, root)
    )
    table = element("table", element("thead", head), element("tbody", body), class_="sides")
    label = "The two runs"
    return element(
        "div", table, class_="scroll card", tabindex="0", role="region", aria_label=label
    )


def _head(index: RunIndex, opened: Opened, root: str) -> Markup:
    run = opened[0]
    link = element("a", _name(index, run), href=f"{root}run/{run.number}")
    return element("th", link, " ", score_tag(run), scope="col")


def _facts(opened: Opened) -> list[tuple[str, str]]:
    run, record = opened
    usage, timings = record["usage"], record["timings"]
    return [
        ("why this score", run.score.explanation if run.score else "not scored"),
        ("ended", f"{run.status} ({run.stop_reason})"),
        ("model", str(record["model"]["spec"])),
        ("setting", str(record["setting"])),
        ("record as of", str(record["row"].get("cutoff") or "no record")),
        ("calls", f"{run.calls:,}"),
        ("tokens", f"{usage['input_tokens']:,} in, {usage['output_tokens']:,} out"),
        ("time", f"{timings['elapsed']:.2f} s"),
    ]


def _citations(record: Mapping[str, Any]) -> str:
    return " ".join(text for cited in record["citations"] for text in cited) or "nothing"


def _last_words(record: Mapping[str, Any]) -> str:
    said = [text_of(m.get("content")) for m in record["messages"] if m["role"] == "assistant"]
    return next((text for text in reversed(said) if text.strip()), "none")[:4_000]


def _calls(index: RunIndex, a: Opened, b: Opened, root: str) -> Markup:
    levels = list(levels_of(steps_of(a[1]), steps_of(b[1])))
    same = sum(level.standing == "same" for level in levels)
    other = sum(level.standing == "other answer" for level in levels)
    told = (
        f"{same:,} calls are the same with the same answer, {other:,} the same with another "
        f"answer, {len(levels) - same - other:,} were made by one run alone."
    )
    body = [
        element(
            "tr",
            _cell(level, level.a, a[0], root),
            _cell(level, level.b, b[0], root),
            class_=level.standing.replace(" ", "-"),
        )
        for level in levels[:MOST_LINES]
    ]
    head = element("tr", _head(index, a, root), _head(index, b, root))
    table = element("table", element("thead", head), element("tbody", body), class_="sides calls")
    return element(
        "section",
        element("h2", "Calls"),
        element("p", told, class_="quiet", role="status"),
        scrolled(table, "Calls"),
        class_="card",
    )


def _cell(level: Level, step: Step | None, run: IndexedRun, root: str) -> Markup:
    if step is None:
        return element("td", element("span", "no such call", class_="quiet"))
    entry = step.observation.entry
    address = f"{root}run/{run.number}?turn={entry['round']}#{step.observation.id}"
    cited = element("span", "cited", class_="tag right") if step.observation.cited else None
    said = "refused" if entry["refused"] else f"{entry['chars']:,} characters"
    standing = None if level.standing == "same" else element("span", level.standing, class_="tag")
    return element(
        "td",
        join(" ", element("a", step.observation.id, href=address), " "),
        element("code", step.tool),
        " ",
        element("span", said, class_="quiet"),
        cited,
        standing,
        element("pre", step.arguments),
    )
