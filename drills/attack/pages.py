"""Hostile texts of a record: on every page that is made of runs, traces and filters, in a table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from drills.attack.case import Tried, line_of
from drills.drill import Line, Size

CHROMIUM = "/usr/bin/chromium"

MARKUP: Sequence[str] = (
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "<svg onload=\"document.title='ran'\">",
    "</pre></details></style></title><script>document.title='ran'</script>",
    "<iframe srcdoc=\"<script>parent.document.title='ran'</script>\"></iframe>",
    "<a href=\"javascript:document.title='ran'\">x</a>",
    "<base href='http://127.0.0.1:1/'><link rel=stylesheet href='http://127.0.0.1:1/x.css'>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:1/'>",
    "<form action='http://127.0.0.1:1/'><button autofocus>x</button></form>",
    "<style>*{background:url(http://127.0.0.1:1/x)}</style>",
    '" onmouseover="document.title=\'ran\'" x="',
    "' onfocus='document.title=1' autofocus='",
    "--><!--<script>document.title='ran'</script>",
    "<![CDATA[<script>document.title='ran'</script>]]>",
    "\u2028<math><mtext><style><img src=x onerror=\"document.title='ran'\"></style></mtext></math>",
    "&lt;script&gt;document.title='ran'&lt;/script&gt;",
    "{{constructor.constructor('document.title=1')()}}",
)
"""Texts that a browser would run, load or follow, where a page let them."""

FORMULAS: Sequence[str] = (
    "=1+1", "=HYPERLINK(\"http://127.0.0.1:1/?\"&A1)", "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", "\uff1d1+1", "=IMPORTXML(\"http://127.0.0.1:1\",\"//a\")",
)  # fmt: skip
"""Texts that a spreadsheet would run."""
_ALL = "all of it"
_ACTIVE = frozenset({"script", "iframe", "object", "embed", "form", "base", "link"})


def lines(size: Size, place: Path) -> Iterator[Line]:
    """CSV cells, and the pages of runs, traces and filters, in Chromium as well.

    In quick form Chromium opens a run and a report alone, on which everything stands.
    """
    yield line_of(
        "cells of CSV that a spreadsheet would run", [Tried(f, _cell(f, place)) for f in FORMULAS]
    )
    every = " ".join(MARKUP)
    pages = {f"page {n}": _run_page(text) for n, text in enumerate(MARKUP)}
    pages[_ALL] = _run_page(every)
    pages |= {"of a trace": _trace_page(every), "of a filter": _filter_page(every)}
    folders = _run_folders(every, place)
    pages["of a report"] = _report_page(folders)
    quiet = [Tried(name, _quiet(html)) for name, html in pages.items()]
    yield line_of(
        "pages of runs, reports, the viewer, traces and filters: their policy and their elements",
        [*quiet, *_viewed(folders)],
    )
    in_chromium = "pages of runs, reports, traces and filters in Chromium"
    if not Path(CHROMIUM).exists():
        yield Line(in_chromium, gap=f"{CHROMIUM} is not installed")
        return
    try:
        few = (_ALL, "of a report")
        opened = {name: pages[name] for name in few} if size == "quick" else pages
        yield line_of(in_chromium, _in_chromium(opened, place))
    except ImportError:
        yield Line(in_chromium, gap="playwright is not installed")


def _run_page(text: str) -> str:
    from clinseek.evals.report.run_page import run_page

    labs = f"[E1] labevents: rows 1-1 of 1\n\nrow  comments\n---  --------\n1    {text}"
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "ehr.get_latest_records", "arguments": text},
    }
    entry = {
        "id": "E1", "number": 1, "round": 1, "call_id": "c1", "tool": "ehr.get_latest_records",
        "arguments": {"table_name": text}, "tables": ["labevents"], "table": "labevents",
        "row_ids": [1], "refused": False, "sha256": "0" * 64, "chars": len(labs),
        "shown_chars": len(labs), "seconds": 0.1,
    }  # fmt: skip
    record: dict[str, Any] = {
        "row": {"question": text, "subject_id": 10014354, "cutoff": "2150-03-05 08:00:00",
                "candidates": [text, "no"]},
        "model": {"spec": text, "parameters": {text: text}},
        "messages": [
            {"role": "system", "content": text},
            {"role": "user", "content": text},
            {"role": "assistant", "content": text, "reasoning_content": text, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": labs},
            {"role": "assistant", "content": text},
        ],
        "answer": [text], "citations": [["E1#1", text]], "evidence": [entry],
        "errors": [{"where": "act", "round": 1, "number": 1, "kind": text, "message": text}],
        "thread": text, "stop_reason": "finish", "status": "answered",
        "usage": {"model_calls": 1, "input_tokens": 1, "output_tokens": 1, "estimated": False},
        "timings": {"model": 0.0, "tools": 0.0, "waiting": 0.0, "elapsed": 0.0},
        "versions": {"package": text},
    }  # fmt: skip
    return run_page(record)


def _trace_page(text: str) -> str:
    """The text twice: as the record said it, and as what a student is trained on."""
    from clinseek.training.rendering import Masked
    from clinseek.training.rendering.showing import page

    ends = range(1, 2 * len(text) + 1)
    mask = [0] * len(text) + [1] * len(text)
    places = [(end - 1, end) for end in ends]
    return page(Masked(text * 2, [*ends], places, mask, [], 0), title=text)


def _filter_page(text: str) -> str:
    from clinseek.training.filters import FilterReport
    from clinseek.training.filters.filter_page import filter_page
    from clinseek.training.filters.report import Example, StepReport

    example = Example(trace=text, source=text, qid=text, epoch=1, reason=text, words=text)
    step = StepReport(
        name=text, says=text, before=2, after=1, reasons={text: 1}, examples=[example]
    )
    report = FilterReport(
        read=2, kept=1, steps=[step], tasks={text: 1}, patients=1, tokens=[(None, 2, 1)],
        total_tokens=9, length=text, marked={text: 1}, remarks=[text],
    )  # fmt: skip
    return filter_page(report, title=text)


def _run_folders(text: str, place: Path) -> list[Path]:
    """Two runs of the same questions, whatever is free text in them the hostile one."""
    from tests.evals.scorers.made import a_record, a_row, a_run_folder, an_entry

    labs = f"labs\n\nrow  label\n---  -----\n7    {text}"
    rows = [
        a_row("yes", qid=f"q{n}", subject_id=10 + n, task=text, group=text, question=text,
              candidates=[text, "yes"])
        for n in range(4)
    ]  # fmt: skip
    seeks = [
        a_record([text if n else "yes"], qid=f"q{n}", citations=[["E1#7"]],
                 evidence=[an_entry(1, labs, row_ids=[7], tool=text, arguments={"a": text})])
        for n in range(4)
    ]  # fmt: skip
    packaged = [a_record(["yes"], qid=f"q{n}", setting="curated") for n in range(4)]
    return [
        a_run_folder(place / "auto", rows, seeks, model=text),
        a_run_folder(place / "curated", rows, packaged, model=text, setting="curated"),
    ]


def _report_page(folders: Sequence[Path]) -> str:
    from clinseek.evals.report.evaluation_page import evaluation_page
    from clinseek.evals.report.pairing import pairs_of
    from clinseek.evals.report.reported_run import reported_run
    from clinseek.evals.scorers.run_source import run_source

    title = MARKUP[0]
    runs = [
        reported_run(folder, run_source(folder), label=f"{title} {folder.name}")
        for folder in folders
    ]
    pairs, not_compared = pairs_of(runs)
    return evaluation_page(runs, pairs, not_compared=not_compared, title=title)


def _viewed(folders: Sequence[Path]) -> list[Tried]:
    """Pages of the viewer as its server sends them: the list, a run, two side by side, a search."""
    from clinseek.evals.runner import open_run
    from clinseek.evals.viewer.index import index_of
    from clinseek.evals.viewer.server import serving

    index = index_of([open_run(folder) for folder in folders], [MARKUP[0], MARKUP[1]])
    asked = quote(MARKUP[0])
    paths = ("", f"?words={asked}&inside=1&task={asked}", "run/1", f"run/1?find={asked}",
             f"run/1?whole={asked}", "sides/1/5")  # fmt: skip
    with serving(index) as server:
        sent = {path: _sent(f"{server.address}{path}") for path in paths}
        root = server.root
    return [
        Tried(f"viewer: {path or 'the list'}", partial(_fault_of_viewer, policy, html, root))
        for path, (policy, html) in sent.items()
    ]


def _sent(address: str) -> tuple[str, str]:
    """The policy and the page."""
    import httpx

    answer = httpx.get(address, trust_env=False)
    return answer.headers.get("Content-Security-Policy", ""), answer.text


def _fault_of_viewer(policy: str, html: str, root: str) -> str | None:
    """Its own script and style alone, loaded from its own address, and no element of a record."""
    rules = dict(rule.split(" ", 1) for rule in policy.split("; ") if rule)
    if rules.get("default-src") != "'none'" or rules.get("script-src") != "'self'":
        return f"its policy is {policy!r}"
    if "document.title=" not in html:
        return "the hostile text is not shown"
    page = _Elements(html)
    ours = [("script", f"{root}viewer.js"), ("link", f"{root}icon.svg"),
            ("link", f"{root}viewer.css")]  # fmt: skip
    loads = [(tag, held.get("src") or held.get("href")) for tag, held in page.found
             if tag in {"script", "link"}]  # fmt: skip
    if sorted(loads, key=str) != sorted(ours, key=str):
        return f"it loads {loads[:4]}"
    return next((fault for each in page.found if (fault := _fault_of(*each, root))), None)


def _fault_of(tag: str, held: dict[str, str | None], root: str) -> str | None:
    if tag in _ACTIVE - {"script", "link", "form"}:
        return f"it has <{tag}>"
    if handlers := [name for name in held if name.startswith("on")]:
        return f"<{tag}> has {handlers[0]}"
    places = [where for name in ("href", "src", "action") if (where := held.get(name))]
    outside = [where for where in places if not where.startswith((root, "#", "?"))]
    return f"<{tag}> leads to {outside[0]!r}" if outside else None


class _Elements(HTMLParser):
    """The elements that a browser would find, with what each has."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _quiet(html: str) -> Callable[[], str | None]:
    def held() -> str | None:
        from tests.evals.report.test_run_page import Page

        page = Page(html)
        if "default-src 'none'" not in page.policy or "script" in page.policy:
            return f"its policy is {page.policy!r}"
        active = _ACTIVE & set(page.tags)
        if active:
            return f"it has {sorted(active)}"
        outside = [link for link in page.links if not link.startswith("#")]
        return f"it links to {outside[:2]}" if outside else None

    return held


def _in_chromium(pages: dict[str, str], place: Path) -> list[Tried]:
    from playwright.sync_api import sync_playwright

    found: dict[str, str | None] = {}
    with sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, html in pages.items():
            (place / "run.html").write_text(html)
            found[name] = _looked_at(browser, (place / "run.html").as_uri())
        browser.close()
    return [Tried(name, lambda name=name: found[name]) for name in pages]  # type: ignore[misc]


def _looked_at(browser: Any, address: str) -> str | None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.keyboard.press("Tab")
    ran = page.title() in ("ran", "1")
    page.close()
    loaded = [url for url in asked if url != address and not url.startswith("data:")]
    return "ran a script" if ran else f"asked for {loaded[:2]}" if loaded else None


def _cell(text: str, place: Path) -> Callable[[], str | None]:
    def held() -> str | None:
        from clinseek.evals.export.tables import write_csv

        file = place / "runs.csv"
        write_csv(file, [{"question": text}], {"question": str})
        with file.open(newline="") as opened:
            (_, (cell,)) = csv.reader(opened)
        return None if cell == f"'{text}" else f"is written as {cell!r}"

    return held
