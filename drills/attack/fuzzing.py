"""Every tool with arguments that nobody would send: seeded, so that a fault comes back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drills.attack.case import shown
from drills.attack.ground import called, case_in, files_under
from drills.attack.sql import ENDLESS, REFUSED
from drills.drill import Line, Size, by_size

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from clinseek.toolkits.ehr.case import Case

SEED = 20_261
LONGEST_SECONDS = 5.0
_LONGEST_WAIT = 30.0
"""By the clock, which other work of the machine may hold up; the bound itself is processor time."""
LONGEST_ANSWER = 400_000
BOMB_SECONDS = 0.5
"""An endless statement is given so long here; a run gives it ten seconds."""

_ODD_TEXTS: Sequence[str] = (
    "", " ", "\0", "a\0b", "\ud800", "\U0010ffff", "\u202e\u2066abc", "é" * 3_000, "%" * 5_000,
    "_" * 5_000, "(" * 3_000, "[" * 3_000, "a" * 200_000, "'", '"', "`", "--", ";", "\\", "\n" * 99,
    "' OR 1=1 --", "labevents; DROP TABLE labevents", "../../etc/passwd", "/etc/passwd",
    "file:///etc",
    "made/../x", "http://127.0.0.1:1/", "http://169.254.169.254/", "javascript:alert(1)", "corpus://",
    "corpus://demo/../x", "view-source:http://[::1]", "2150-13-45", "0000-00-00",
    "9999-12-31 23:59:59",
    "2150-01-01T00:00:00Z", "-1", "1e999", "NaN", "inf", "0x10", "١٢٣", "null", "true", "[]", "{}",
    '{"a": [1', "<|im_start|>system", "【1†L2】", "E1#1", "[E3]", "*", "^(a+)+$", "(?:(?:a*)*)*b",
    "AND OR NOT", '"unclosed', "NEAR(a b)", "col:val", "sqlite_master", "main.labevents", "temp.x",
)  # fmt: skip
_ODD_VALUES: Sequence[Any] = (
    None, True, False, 0, -1, 1, 7, 10**9, 2**31, 2**63, -(2**63), 10**400, 1.5, -0.0, 1e308,
    float("inf"), float("nan"), [], {}, [[]], [None], [1, "a", None], {"a": 1}, [[[[[[]]]]]],
    ["a"] * 5_000, {"x": {"y": {"z": []}}}, list(range(3_000)),
)  # fmt: skip
_WORDS: Sequence[str] = (
    "labevents", "discharge", "patients", "d_labitems", "prescriptions", "no_such_table",
    "charttime",
    "itemid", "valuenum", "subject_id", "potassium", "Creatinine", "heart failure", "2150-03-01",
    "2150-03-05 08:00:00", "one.png", "made/one.png", "one.dcm", "broken.png", "deep/two.png",
)  # fmt: skip


_FIT: Mapping[str, Sequence[Any]] = {
    "table_name": ("labevents", "discharge", "prescriptions", "admissions", "d_labitems"),
    "image_path": ("one.png", "one.dcm", "deep/two.png", "broken.png"),
    "dicom_path": ("one.dcm", "one.png"),
    "subject_id": (None, ""),
    "query": ("high potassium", "sodium", "dose in renal failure"),
    "pattern": ("potassium", "mmol"),
    "id": (0, 1, "corpus://demo/potassium.md"),
    "cursor": (-1, 0, 1, 2),
    "start_time": ("2150-01-01", None),
    "end_time": ("2199-01-01", None),
}
"""Arguments that a tool answers, so that others are tried beside them."""


def lines(size: Size, place: Path) -> Iterator[Line]:
    """The EHR tools, those of the browser and those of images, each with its share of the calls."""
    calls = by_size(size, quick=300, short=2_000, full=20_000)
    case = case_in(place)
    yield _fuzzed("ehr.* tools", _ehr_tools(case), int(calls * 0.6), place, case)
    with closing(_Browser(case, place)) as browser:
        yield _fuzzed("browser.* tools", browser.tools, int(calls * 0.25), place, case)
    try:
        tools = _image_tools(place)
    except ImportError as error:
        yield Line("image.* tools", gap=f"{error.name} is not installed")
        return
    yield _fuzzed("image.* tools", tools, calls - int(calls * 0.6) - int(calls * 0.25), place, case)


def _fuzzed(what: str, tools: Sequence[BaseTool], calls: int, place: Path, case: Case) -> Line:
    """Call the tools in turn; what each may not do."""
    from clinseek.toolkits.ehr.tools import sql

    drawn = random.Random(f"{SEED} {what}")
    watched = (case.path.parent, place / "store", place / "images")
    before = files_under(*watched)
    broken: list[str] = []
    longest, refused = 0.0, 0
    kept, sql.LONGEST_SECONDS = sql.LONGEST_SECONDS, BOMB_SECONDS
    try:
        for number in range(calls):
            tool = tools[number % len(tools)]
            arguments = drawn_arguments(tool, drawn)
            began, worked = time.monotonic(), time.process_time()
            fault, was_refused = fault_of(tool, arguments, hidden=(str(place),))
            took = time.monotonic() - began
            longest, refused = max(longest, took), refused + was_refused
            busy = time.process_time() - worked
            if busy > LONGEST_SECONDS or took > _LONGEST_WAIT:
                fault = f"took {took:.1f} s"
            if fault is not None:
                broken.append(f"{tool.name} {shown(repr(arguments))}: {fault}")
    finally:
        sql.LONGEST_SECONDS = kept
    if files_under(*watched) != before:
        broken.append("a file of the record was changed")
    note = f"{refused:,} refused with a sentence; the longest took {longest:.2f} s"
    return Line(f"{what}: calls with arguments nobody sends", calls, broken, note=note)


def fault_of(
    tool: BaseTool, arguments: dict[str, Any], *, hidden: Sequence[str]
) -> tuple[str | None, bool]:
    """What was wrong with the answer to a call, None for nothing; whether it was a refusal."""
    try:
        text, seen = called(tool, arguments)
    except Exception as error:
        return f"raised {type(error).__name__}: {str(error)[:150]}", False
    faults = (
        (not text.strip(), "said nothing"),
        ("Traceback (most recent call last)" in text, "showed a traceback"),
        (len(text) > LONGEST_ANSWER, f"answered with {len(text):,} characters"),
        (any(path in text for path in hidden), "told a path of this machine"),
        (any("\ud800" <= letter <= "\udfff" for letter in text), "told half a character"),
    )
    return next((fault for holds, fault in faults if holds), None), seen.refused


def drawn_arguments(tool: BaseTool, drawn: random.Random) -> dict[str, Any]:
    """Some of the tool's arguments, each fit or odd; now and then one that it does not have."""
    schema = tool.args_schema
    assert isinstance(schema, dict)
    names = list(schema["properties"])
    required = set(schema.get("required", ()))
    chosen = [name for name in names if drawn.random() < (0.95 if name in required else 0.4)]
    given = {name: _value(name, drawn) for name in chosen}
    if drawn.random() < 0.05:
        given[drawn.choice(("sql", "path", "__class__", "self", "", "ünknown"))] = _odd(drawn)
    return given


def _value(name: str, drawn: random.Random) -> Any:
    if name == "sql_query":
        return _statement(drawn)
    if drawn.random() < 0.25:
        return _odd(drawn)
    return drawn.choice(_FIT.get(name, _WORDS))


def _odd(drawn: random.Random) -> Any:
    makes: Sequence[Callable[[], Any]] = (
        lambda: drawn.choice(_ODD_TEXTS),
        lambda: drawn.choice(_ODD_VALUES),
        lambda: "".join(chr(drawn.randrange(0x11_0000)) for _ in range(drawn.randrange(40))),
        lambda: [drawn.choice(_WORDS), drawn.choice(_ODD_TEXTS)],
        lambda: drawn.choice(_WORDS) + drawn.choice(_ODD_TEXTS),
    )
    return drawn.choice(makes)()


def _statement(drawn: random.Random) -> Any:
    """A statement of the tables, one of them spoilt, two put together, or no statement at all."""
    kind = drawn.random()
    if kind < 0.15:
        return _odd(drawn)
    if kind < 0.17:
        return drawn.choice(ENDLESS)
    table, column, odd = drawn.choice(_WORDS), drawn.choice(_WORDS), drawn.choice(_ODD_TEXTS)
    good = f"SELECT * FROM {table} WHERE {column} = {odd[:500]!r}"
    first = drawn.choice((*REFUSED, good, "SELECT count(*) FROM labevents"))
    if kind < 0.4:
        return first
    if kind < 0.6:
        at = drawn.randrange(len(first) + 1)
        return first[:at] + drawn.choice(_ODD_TEXTS)[:1_000] + first[at:]
    if kind < 0.8:
        return f"{first} UNION SELECT {drawn.choice(_WORDS)} FROM {drawn.choice(_WORDS)}"
    return first[: drawn.randrange(len(first) + 1)]


def _ehr_tools(case: Case) -> Sequence[BaseTool]:
    from clinseek.toolkits.ehr.tools import EhrToolkit

    return EhrToolkit(case=case).get_tools()


class _Browser:
    """The browser of a run over the demonstration's pages, beside the open record."""

    def __init__(self, case: Case, place: Path) -> None:
        from clinseek.toolkits.browser.archive import Archive
        from clinseek.toolkits.browser.backends.build import build_web
        from clinseek.toolkits.browser.guards.of_run import guards_of_run
        from clinseek.toolkits.browser.reader import Reader
        from clinseek.toolkits.browser.session import BrowserSession
        from clinseek.toolkits.browser.stack import BrowserState
        from clinseek.toolkits.browser.tools import BrowserToolkit

        guards = guards_of_run(case.path)
        self._archive = Archive.open(place / "web.sqlite")
        self._web = build_web(
            "offline", guards=guards, environment={}, folder=place / "web-index", corpora=[]
        )
        reader = Reader(
            web=self._web, archive=self._archive, mode="record", guards=guards,
            now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        self._threads = ThreadPoolExecutor(1)
        session = BrowserSession(reader, BrowserState())
        self.tools = BrowserToolkit(session=session, executor=self._threads).get_tools()

    def close(self) -> None:
        """Close what is open."""
        self._archive.close()
        self._threads.shutdown()


def _image_tools(place: Path) -> Sequence[BaseTool]:
    """The tools that need no weights, over a folder with sound and broken files."""
    from clinseek.toolkits.imaging import Engine, ImageRoot, ImagingToolkit, weights_folder
    from tests.toolkits.imaging.drawing import chest, dataset_of, dicom_bytes, write_png

    images = place / "images"
    (images / "deep").mkdir(parents=True)
    write_png(images / "one.png")
    write_png(images / "deep" / "two.png")
    (images / "one.dcm").write_bytes(dicom_bytes(dataset_of((chest() * 4_000).astype("uint16"))))
    (images / "broken.png").write_bytes((images / "one.png").read_bytes()[:300])
    root = ImageRoot(images, made=place / "made")
    engine = Engine(weights_folder(home=place / "home"))
    return ImagingToolkit(root=root, engine=engine).get_tools()
