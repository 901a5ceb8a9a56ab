"""Each line of the table: the cost, taken by the script that has the claim, and its limit."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from benchmarks import case as cases
from benchmarks import checkpoints, graph, ingest, mcp_calls, model_turns, scripted_server, tools
from benchmarks.table import limits
from benchmarks.table.lines import Limit, Line
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import Store

END = "2199-01-01 00:00:00"
ROUNDS, LONG_ROUNDS, LONG_CHARS, SHORT_CHARS = 200, 200, 100_000, 500


class Place(NamedTuple):
    """Where lines are measured: a store, the raw folder it was made of, its largest patient."""

    store: Path
    raw: Path
    subject_id: int
    runs: int


_LABS = "SELECT * FROM labevents"
TOOL_TARGETS: dict[str, tuple[float, str]] = {
    "by_time labs, 200 rows": (3, f"{_LABS} ORDER BY charttime LIMIT 200"),
    "latest labs": (3, f"{_LABS} ORDER BY charttime DESC LIMIT 50"),
    "event counts": (3, "SELECT count(*) FROM labevents WHERE charttime >= '1800-01-01'"),
    "SQL, five rows": (5, str(tools.CALLS["SQL, five rows"][1]["sql_query"])),
}
"""Tools with a target, and what SQLite alone is asked for beside it."""
CANDIDATE_TARGETS = {"candidates by keyword": 5.0, "candidates, fuzzy": 50.0}


def case_line(place: Place) -> Iterator[Line]:
    """The case of the largest patient, first in a fresh process."""
    took = cases.in_fresh_processes(place.store, place.subject_id, at=END, runs=place.runs)
    with _opened(place) as case:
        least = limits.rows_copied_ms(case.path)
    yield Line(
        "case of the largest patient", statistics.median(took), "ms", 150,
        Limit("SQLite copies its rows", least),
    )  # fmt: skip


def tool_lines(place: Place) -> Iterator[Line]:
    """The tools of the record, once their SQL is compiled."""
    took = tools.in_fresh_processes(
        place.store, place.subject_id, at=END, runs=max(1, place.runs // 3), calls=20
    )
    with _opened(place) as case:
        for what, (target, sql) in TOOL_TARGETS.items():
            least = limits.query_ms(case.path, sql)
            yield Line(
                what, took[what][1], "ms", target, Limit("SQLite alone, as many rows", least)
            )
    size = (place.store / "vocabulary.sqlite").stat().st_size
    scan = Limit("copying the vocabulary in memory", limits.copied_ms(size))
    for what, target in CANDIDATE_TARGETS.items():
        yield Line(what, took[what][1], "ms", target, scan)


def mcp_lines(place: Place) -> Iterator[Line]:
    """What a call over MCP adds to the same call in this process."""
    here = mcp_calls.in_process(place.store, place.subject_id, 60)
    wired = asyncio.run(mcp_calls.over_the_wire(place.store, place.subject_id, 60))
    trip = Limit("one HTTP round trip", limits.round_trip_ms())
    for wire, target in (("stdio", 9.0), ("http", 16.0)):
        yield Line(
            f"MCP call over {wire}, added", wired[wire].median - here.median, "ms", target, trip
        )


def graph_line(_: Place) -> Iterator[Line]:
    """A round of the graph with its checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        asyncio.run(graph.run(5, home=home / "warm", observation="x"))
        observation = "x" * SHORT_CHARS
        _record, starts = asyncio.run(
            graph.run(ROUNDS, home=home / "home", observation=observation)
        )
        kept = sum(file.stat().st_size for file in (home / "home").glob("threads.sqlite*"))
    took = [1000 * (end - start) for start, end in pairwise(starts)]
    least = limits.commit_ms(max(1, kept // ROUNDS))
    yield Line(
        "graph and checkpoint, a round", statistics.median(took), "ms", 12,
        Limit("one SQLite commit of its bytes", least),
    )  # fmt: skip


def checkpoint_line(_: Place) -> Iterator[Line]:
    """What a long run leaves on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        observation = checkpoints.words(LONG_CHARS - 20)
        record, _starts = asyncio.run(graph.run(LONG_ROUNDS, home=home, observation=observation))
        size = sum(file.stat().st_size for file in home.glob("threads.sqlite*")) / 1e6
    said = sum(entry["chars"] for entry in record.evidence) / 1e6
    yield Line(
        f"{LONG_ROUNDS} rounds of {LONG_CHARS:,} characters on the disk", size, "MB", 40,
        Limit("the characters themselves", said),
    )  # fmt: skip


def ingest_line(place: Place) -> Iterator[Line]:
    """Raw csv.gz to store."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, _, _ = ingest.run_ingest(place.raw, Path(folder) / "store")
    least = limits.gunzip_seconds(place.raw)
    yield Line("ingest of the raw folder", seconds, "s", 15, Limit("gunzip alone", least))


def client_line(_: Place) -> Iterator[Line]:
    """What the client of a model adds to the exchange of the same bytes."""
    with scripted_server.serving(rounds=61) as url:
        asyncio.run(model_turns.measured(url, rounds=3, chars=1000))
        found = asyncio.run(model_turns.measured(url, rounds=60, chars=1000))
    bare = statistics.median(each.clock for each in found.bare)
    yield Line(
        "model client, a turn, added", found.ours(0, 60).work, "ms", 10,
        Limit("one HTTP round trip of the same bytes", bare),
    )  # fmt: skip


def rendering_line(place: Place) -> Iterator[Line]:
    """Tokens and mask of a run of 80 turns; none without the extra `training`."""
    from tokenizers import Tokenizer

    from benchmarks.traces import rendered
    from tests.training.tokenizers_made import CHATML, a_tokenizer

    with tempfile.TemporaryDirectory() as folder:
        made = a_tokenizer(Path(folder) / "tokenizer", CHATML)
        (trace,) = rendered(Store.open(place.store), made, turns=[80], chars=1500)
        bare = Tokenizer.from_file(str(made / "tokenizer.json"))
        text = bare.decode(trace.ids, skip_special_tokens=False)
        least = limits.median_ms(lambda: bare.encode(text), times=3) / 1000
    yield Line(
        f"rendering {len(trace.ids):,} tokens with mask", trace.masked, "s", 0.5,
        Limit("the tokenizer alone", least),
    )  # fmt: skip


COSTS: dict[str, Callable[[Place], Iterator[Line]]] = {
    "case": case_line,
    "tools": tool_lines,
    "mcp": mcp_lines,
    "graph": graph_line,
    "checkpoints": checkpoint_line,
    "ingest": ingest_line,
    "client": client_line,
    "rendering": rendering_line,
}


def _opened(place: Place) -> AbstractContextManager[Case]:
    """The case of the largest patient, while the block runs."""
    return closing(open_case(place.store, place.subject_id, cutoff=END))
