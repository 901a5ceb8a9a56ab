"""What things cost at 1, 4 and 16 times as many rows, patients and rounds."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import graph, ingest
from benchmarks.table.costs import END, SHORT_CHARS, Place
from benchmarks.table.lines import Growth
from clinseek.toolkits.ehr import store as stores
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.tools import EhrToolkit

TIMES = (1, 4, 16)
INGESTED, ROWS, PATIENTS, ROUNDS, TURNS = 250_000, 2_000, 50, 25, 40
TRIES = 5


def of_rows(_: Place) -> Iterator[Growth]:
    """A case, and a tool that reads it, over the rows of one patient."""
    sizes = _sizes(ROWS)
    cases, calls = [], []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            store, subject = _store(Path(folder), patients=1, rows_each=size)
            cases.append(_case_ms(store, subject))
            calls.append(_call_ms(store, subject))
    yield Growth("case", "rows of the patient", "ms", sizes, tuple(cases))
    yield Growth("SQL over all rows", "rows of the patient", "ms", sizes, tuple(calls))


def of_patients(_: Place) -> Iterator[Growth]:
    """The case of one patient, by how many others the store has."""
    sizes, took = _sizes(PATIENTS), []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            took.append(_case_ms(*_store(Path(folder), patients=size, rows_each=1_000)))
    yield Growth("case of one patient", "patients in the store", "ms", sizes, tuple(took))


def of_raw_rows(_: Place) -> Iterator[Growth]:
    """Ingest, in seconds of the processor."""
    sizes, took = _sizes(INGESTED), []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            ingest.write_raw(Path(folder, "raw"), size // ingest.ROWS_A_PATIENT)
            _clock, busy, _peak = ingest.run_ingest(Path(folder, "raw"), Path(folder, "store"))
            took.append(busy)
    yield Growth("ingest", "raw rows", "s of the processor", sizes, tuple(took))


def of_rounds(_: Place) -> Iterator[Growth]:
    """A whole run of the graph."""
    sizes = _sizes(ROUNDS)
    took: list[float] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            asyncio.run(graph.run(size, home=Path(folder), observation="x" * SHORT_CHARS))
            took.append(time.process_time() - began)
    yield Growth("a run of the graph", "rounds", "s of the processor", sizes, tuple(took))


def of_turns(place: Place) -> Iterator[Growth]:
    """Tokens and mask of a run, without what the tokenizer alone takes; needs `training`.

    The tokenizer is not ours, and grows by itself: 16 times the text costs it 24 times as much.
    """
    from tokenizers import Tokenizer

    from benchmarks.traces import rendered
    from tests.training.tokenizers_made import CHATML, a_tokenizer

    sizes = _sizes(TURNS)
    with tempfile.TemporaryDirectory() as folder:
        made = a_tokenizer(Path(folder) / "tokenizer", CHATML)
        each = list(rendered(stores.Store.open(place.store), made, turns=list(sizes), chars=1_500))
        alone = Tokenizer.from_file(str(made / "tokenizer.json"))
        took = tuple(one.masked - _tokenised(alone, one.ids) for one in each)
    tokens = tuple(len(one.ids) for one in each)
    what = "rendering with mask, the tokenizer left out"
    yield Growth(what, "tokens", "s of the processor", tokens, took)


def _tokenised(tokenizer: Any, ids: Sequence[int]) -> float:
    """The fewest seconds of the processor of a few goes over the text of these tokens."""
    text = tokenizer.decode(ids, skip_special_tokens=False)
    took = []
    for _ in range(7):
        began = time.process_time()
        tokenizer.encode(text)
        took.append(time.process_time() - began)
    return min(took)


GROWING: dict[str, Callable[[Place], Iterator[Growth]]] = {
    "rows": of_rows,
    "patients": of_patients,
    "raw-rows": of_raw_rows,
    "rounds": of_rounds,
    "turns": of_turns,
}


def _sizes(least: int) -> tuple[int, ...]:
    return tuple(least * times for times in TIMES)


def _store(folder: Path, *, patients: int, rows_each: int) -> tuple[Path, int]:
    """A store of patients with so many chart rows each, and its first patient."""
    ingest.write_raw(folder / "raw", patients, rows_each=rows_each)
    stores.ingest(folder / "raw", folder / "store")
    return folder / "store", stores.Store.open(folder / "store").subjects()[0]


def _case_ms(store: Path, subject_id: int) -> float:
    def opened() -> None:
        open_case(store, subject_id, cutoff=END).close()

    opened()
    return statistics.median(_milliseconds(opened))


def _call_ms(store: Path, subject_id: int) -> float:
    query = {"sql_query": "SELECT itemid, count(*), avg(valuenum) FROM chartevents GROUP BY itemid"}
    call = {"type": "tool_call", "id": "1", "name": "ehr.run_sql_query", "args": query}
    with closing(open_case(store, subject_id, cutoff=END)) as case:
        tools = {tool.name: tool for tool in EhrToolkit(case=case).get_tools()}
        tools["ehr.run_sql_query"].invoke(call)
        return statistics.median(_milliseconds(lambda: tools["ehr.run_sql_query"].invoke(call)))


def _milliseconds(work: Callable[[], object]) -> Sequence[float]:
    """What `work` took each time it was done, in milliseconds of the processor."""
    took = []
    for _ in range(TRIES):
        began = time.process_time()
        work()
        took.append(1000 * (time.process_time() - began))
    return took
