"""How long filtering, refining and exporting take: 1,000 runs of 80 turns on real cases.

    python benchmarks/traces.py STORE [--runs 1000] [--turns 80] [--chars 1500]
    python benchmarks/traces.py STORE --render TOKENIZER [--turns 80] [--chars 1500]

A run folder is written first (not measured): each run has `--turns` turns, each with one call of
the record's tools on the case of one of the store's patients, at one of several moments, and its
real observation of at most `--chars` characters or so; each tenth call repeats an earlier one.
Measured are, each in a process of its own, `traces filter`, `traces refine` (with every call made
again on its case, and without), and `traces export`: seconds on the clock, of the processor, and
the peak of memory. The claim: filter, refine and export together take at most 90 s and 1 GB.

With `--render` one run of a quarter, half, once and twice `--turns` turns is rendered with the
tokenizer of that folder: tokens, seconds of the processor for tokens and mask, and for all checks
of an export. The claim: at most 0.5 s for 80 turns and 50,000 tokens, and linear.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.splits import split_of
from clinseek.evals.rows import Row, write_rows
from clinseek.evals.runner import RunSettings
from clinseek.evals.runner.run_folder import RunPlan
from clinseek.records import NO_TIME, NO_USAGE, EvidenceEntry, ModelUsed, Record, Versions
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tools import EhrToolkit, ehr_tool_schemas

CLAIM_SECONDS, CLAIM_MEGABYTES = 90.0, 1_000
PROFILE = "available"
RENDERED = 7


def moments(store: Store, subject_id: int, *, most: int) -> list[str]:
    """Up to `most` moments at which the patient's record has grown."""
    rows = store.read_subject(subject_id).get("labevents")
    times = sorted({str(t) for t in rows.column("charttime").to_pylist() if t}) if rows else []
    return times[len(times) // 2 :: max(1, len(times) // (2 * most))][:most]


def asked(case: Case, chance: random.Random) -> tuple[str, dict[str, Any]]:
    """A call on the case, drawn by chance."""
    table = chance.choice(case.tables)
    columns = ", ".join(case.columns(table)[:4])
    return chance.choice(
        [
            ("ehr.get_column_names", {"table_name": table}),
            ("ehr.get_latest_records", {"table_name": table}),
            ("ehr.run_sql_query", {
                "sql_query": f"SELECT row_id, {columns} FROM {table} "
                f"LIMIT {chance.randint(3, 25)} OFFSET {chance.randint(0, 40)}"
            }),
        ]
    )  # fmt: skip


def made_record(row: Row, store: Store, *, turns: int, chars: int, chance: random.Random) -> Record:
    """A run that calls, and hands in the right answer."""
    assert row.subject_id is not None
    assert row.cutoff is not None
    case = open_case(store, row.subject_id, cutoff=row.cutoff, profile=PROFILE)
    tools = {tool.name: tool for tool in EhrToolkit(case=case).get_tools()}
    calls: list[tuple[str, dict[str, Any]]] = []
    while len(calls) < turns - 1:
        call = chance.choice(calls) if calls and chance.random() < 0.1 else asked(case, chance)
        if len(tools[call[0]]._run(**call[1])[0]) <= 2 * chars:
            calls.append(call)
    calls.append(("ehr.finish", {"response": ["yes"], "citations": [[f"E{turns - 1}"]]}))
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You answer from the record. " * 40},
        {"role": "user", "content": f"subject_id {row.subject_id}: {row.question}"},
    ]
    evidence: list[EvidenceEntry] = []
    for number, (name, arguments) in enumerate(calls, start=1):
        answer, origin = tools[name]._run(**arguments)
        text = f"[E{number}] {answer}"
        messages += [
            {"role": "assistant", "content": f"Step {number}: look further.",
             "reasoning_content": "The last result tells a part of it. " * 4,
             "tool_calls": [{"id": f"c{number}", "type": "function",
                             "function": {"name": name, "arguments": json.dumps(arguments)}}]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": text, "name": name},
        ]  # fmt: skip
        evidence.append(EvidenceEntry(
            id=f"E{number}", number=number, round=number, call_id=f"c{number}", tool=name,
            arguments=arguments, tables=list(origin.tables), table=origin.table,
            row_ids=list(origin.row_ids), refused=origin.refused, chars=len(text),
            sha256=hashlib.sha256(text.encode()).hexdigest(), shown_chars=len(text), seconds=0.0,
        ))  # fmt: skip
    case.close()
    return Record(
        qid=row.qid, epoch=1, row=row.content, thread=row.qid, setting="automated",
        model=ModelUsed(spec="made", parameters={}, address=None, context_length=None),
        messages=messages, tools=ehr_tool_schemas(), images={}, shortened=[], replaced=[],
        answer=["yes"], citations=[[f"E{turns - 1}"]], salvaged=None, evidence=evidence,
        status="answered", stop_reason="finish", repairs={}, turns=[], usage=NO_USAGE,
        timings=NO_TIME, errors=[],
        versions=Versions(
            package="0", rules="", role="clinseek", prompts="", store=store.fingerprint,
            profile=PROFILE,
        ),
    )  # fmt: skip


def made_rows(store: Store, runs: int) -> Iterator[Row]:
    """Rows over all patients and moments of the store."""
    subjects = [each for each in store.subjects() if split_of(each) != "test"]
    per_patient = runs // len(subjects) + 2
    places = [(s, at) for s in subjects for at in moments(store, s, most=per_patient)]
    for number in range(runs):
        subject_id, cutoff = places[number % len(places)]
        yield Row(
            qid=f"q{number}", subject_id=subject_id, cutoff=cutoff, task=f"task_{number % 20}",
            question="Is it so?", answer_form="yes_no", label="yes",
        )  # fmt: skip


def made_folder(folder: Path, store: Store, *, runs: int, turns: int, chars: int) -> None:
    """A run folder as an evaluation leaves it."""
    rows, chance = list(made_rows(store, runs)), random.Random(7)
    plan = RunPlan(
        run_id="made", command="", rows_file="", rows_fingerprint="",
        rows={row.qid: row.fingerprint for row in rows}, epochs=1,
        settings=RunSettings(model="made"), store=str(store.path),
        store_fingerprint=store.fingerprint, versions={}, begun="",
    )  # fmt: skip
    (folder / "run.json").write_text(plan.model_dump_json())
    write_rows(folder / "rows.jsonl", rows)
    with (folder / "records.jsonl").open("w") as file:
        for row in rows:
            record = made_record(row, store, turns=turns, chars=chars, chance=chance)
            file.write(record.model_dump_json() + "\n")


def measured(*arguments: object) -> tuple[float, float, float]:
    """Seconds on the clock, of the processor, and peak memory in MB of a clinseek command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    watched = [sys.executable, "-c", _WATCHED, *map(str, arguments)]
    ran = subprocess.run(watched, check=True, capture_output=True, text=True)
    elapsed = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return elapsed, busy, float(ran.stderr.splitlines()[-1])


_WATCHED = """
import resource, sys
from clinseek.cli.main import run
code = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)
sys.exit(code)
"""


class Rendered(NamedTuple):
    """What rendering one run took: seconds of the processor, the fastest of several tries."""

    turns: int
    ids: list[int]
    masked: float
    checked: float


def rendered(store: Store, tokenizer: Path, *, turns: list[int], chars: int) -> Iterator[Rendered]:
    """Rendering runs of several lengths: tokens and mask, and all checks of an export."""
    from clinseek.training.exporting.example import exported, named
    from clinseek.training.rendering import Fidelity, Renderer, Tokenizer
    from clinseek.training.traces.of_record import trace_of

    renderer = Renderer(Tokenizer.of_folder(tokenizer))
    fidelity, chance = Fidelity(renderer), random.Random(7)
    row = next(made_rows(store, 1))
    for number in turns:
        record = made_record(row, store, turns=number, chars=chars, chance=chance)
        trace = trace_of(record, row, source="made")
        tools, wired = named(trace, "wire")
        messages = [exported(message, "wire", wired) for message in trace.messages]
        took = []
        for _ in range(RENDERED):
            began = time.process_time()
            made = renderer.masked(messages, tools)
            took.append(time.process_time() - began)
        began = time.process_time()
        fidelity.check(messages, tools, made, serve=True)
        yield Rendered(number, list(made.ids), min(took), time.process_time() - began)


def main() -> None:
    """Make the runs, then measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("store", type=Path)
    options.add_argument("--runs", type=int, default=1_000)
    options.add_argument("--turns", type=int, default=80)
    options.add_argument("--chars", type=int, default=1_500)
    options.add_argument("--render", type=Path, metavar="TOKENIZER")
    given = options.parse_args()
    if given.render is not None:
        lengths = [given.turns // 4, given.turns // 2, given.turns, 2 * given.turns]
        store = Store.open(given.store)
        for each in rendered(store, given.render, turns=lengths, chars=given.chars):
            print(
                f"{each.turns:>4} turns {len(each.ids):>7,} tokens: {each.masked:.3f} s tokens and "
                f"mask, {each.checked:.3f} s checks"
            )
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "run"
        folder.mkdir()
        began = time.perf_counter()
        made_folder(
            folder, Store.open(given.store), runs=given.runs, turns=given.turns, chars=given.chars
        )
        size = (folder / "records.jsonl").stat().st_size / 1e6
        print(f"made {given.runs:,} runs, {size:,.0f} MB, {time.perf_counter() - began:.0f} s")
        kept, refined, plain, out = (Path(made) / name for name in ("k", "r", "p", "o"))
        steps = {
            "filter": ("traces", "filter", folder, "--out", kept),
            "refine": ("traces", "refine", kept, "--out", refined, "--store", given.store),
            "export": ("traces", "export", refined, "--out", out, "--max-tokens", "0"),
            "(refine, not replayed)": ("traces", "refine", kept, "--out", plain, "--no-replay"),
        }  # fmt: skip
        took = {name: measured(*arguments) for name, arguments in steps.items()}
    for name, (elapsed, busy, memory) in took.items():
        print(f"{name:<24} {elapsed:6.1f} s on the clock {busy:6.1f} s processor {memory:6.0f} MB")
    claimed = [took[name] for name in ("filter", "refine", "export")]
    total, peak = sum(each[0] for each in claimed), max(each[2] for each in claimed)
    held = total <= CLAIM_SECONDS and peak <= CLAIM_MEGABYTES
    print(f"together {total:.1f} s, {peak:.0f} MB: the claim {'holds' if held else 'FAILS'}")


if __name__ == "__main__":
    main()
