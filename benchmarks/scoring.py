"""How long `clinseek score` takes: 1,800 made-up records of 65 calls each.

    python benchmarks/scoring.py [--runs 1800] [--calls 65] [--chars 2000]

A run folder is written with one yes/no or list row a record; each record has `--calls` calls with
an observation of `--chars` characters (the published runs have 65 calls a question). Measured is
the command's work from opening the folder to the written scores, in seconds on the clock and of
the processor: `reading` is what it takes to read the records alone, `scoring` what the scorers,
tool use and summaries add. The claim: scoring 1,800 records takes at most 5 s.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clinseek.evals.rows import Row, write_rows
from clinseek.evals.runner import RunSettings
from clinseek.evals.runner.run_folder import RunPlan
from clinseek.evals.scorers.run_source import run_source
from clinseek.evals.scorers.score_files import write_scores
from clinseek.evals.scorers.scored_run import score_run
from clinseek.evals.scorers.summary import summarise
from clinseek.records import NO_TIME, NO_USAGE, ModelUsed, Record, Versions

CANDIDATES = [f"Condition {letter}{number}" for letter in "ABCDE" for number in range(20)]
HEADER = f"row  {'charttime':<19}  {'label':<12}  valuenum\n---  {'-' * 19}  {'-' * 12}  --------"
CLAIM_SECONDS = 5.0


def made_rows(runs: int) -> list[Row]:
    """40 % yes/no rows, the others lists from 100 candidates; 45 tasks, 0.87 patients a row."""
    return [
        Row(
            qid=f"q{number}",
            subject_id=1 + number * 87 // 100,
            cutoff="2150-03-05 08:00:00",
            task=f"task_{number % 45}",
            question="Which?",
            candidates=None if number % 5 < 2 else CANDIDATES,
            answer_form="yes_no" if number % 5 < 2 else "list",
            label="yes" if number % 5 < 2 else CANDIDATES[number % 90 : number % 90 + 5],
        )
        for number in range(runs)
    ]


def made_records(rows: list[Row], *, calls: int, chars: int) -> Iterator[Record]:
    """One run a row, right in half of them, its answer citing its last call."""
    for number, row in enumerate(rows):
        right = row.label if isinstance(row.label, list) else ["yes"]
        answer = right if number % 2 else ["no"]
        cited = [[f"E{calls}#{calls}"] for _ in answer]
        messages, evidence = _transcript(calls, chars)
        arguments = json.dumps({"response": answer, "citations": cited})
        messages.append(_called("f", "ehr.finish", arguments))
        yield Record(
            qid=row.qid, epoch=1, row=row.content, thread=row.qid, setting="automated",
            model=ModelUsed(spec="made", parameters={}, address=None, context_length=None),
            messages=messages, tools=[{"function": {"name": "ehr.get_records_by_time"}}], images={},
            shortened=[], replaced=[], answer=[str(each) for each in answer], citations=cited,
            salvaged=None, evidence=evidence, status="answered", stop_reason="finish", repairs={},
            turns=[], usage=NO_USAGE, timings=NO_TIME, errors=[],
            versions=Versions(
                package="0", rules="", role="clinseek", prompts="", store="", profile="available"
            ),
        )  # fmt: skip


def _transcript(calls: int, chars: int) -> tuple[list[dict[str, Any]], list[Any]]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You"}]
    evidence: list[Any] = []
    line = "17   2150-03-05 06:00:00  Condition A1  4.1"
    for number in range(1, calls + 1):
        rows = "\n".join([line] * (chars // len(line)))
        last = line.replace("17 ", f"{number:<3}", 1)
        text = f"[E{number}] labs\n\n{HEADER}\n{rows}\n{last}"
        messages += [
            _called(f"c{number}", "ehr.get_records_by_time", '{"table_name": "labevents"}'),
            {"role": "tool", "tool_call_id": f"c{number}", "content": text},
        ]
        evidence.append(
            {
                "id": f"E{number}", "number": number, "round": number, "call_id": f"c{number}",
                "tool": "ehr.get_records_by_time", "arguments": {"table_name": "labevents"},
                "tables": ["labevents"], "table": "labevents", "row_ids": [17, number],
                "refused": False, "sha256": "0" * 64, "chars": len(text), "shown_chars": len(text),
                "seconds": 0.01,
            }
        )  # fmt: skip
    return messages, evidence


def _called(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": call_id, "function": function}],
    }


def made_folder(folder: Path, *, runs: int, calls: int, chars: int) -> None:
    """A run folder as an evaluation leaves it."""
    rows = made_rows(runs)
    plan = RunPlan(
        run_id="made", command="", rows_file="", rows_fingerprint="",
        rows={row.qid: row.fingerprint for row in rows}, epochs=1,
        settings=RunSettings(model="made"), store="", store_fingerprint="", versions={}, begun="",
    )  # fmt: skip
    (folder / "run.json").write_text(plan.model_dump_json())
    write_rows(folder / "rows.jsonl", rows)
    with (folder / "records.jsonl").open("w") as file:
        for record in made_records(rows, calls=calls, chars=chars):
            file.write(record.model_dump_json() + "\n")


def main() -> None:
    """Print the seconds of each part."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--runs", type=int, default=1800)
    reading.add_argument("--calls", type=int, default=65)
    reading.add_argument("--chars", type=int, default=2000)
    asked = reading.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        made_folder(folder, runs=asked.runs, calls=asked.calls, chars=asked.chars)
        size = (folder / "records.jsonl").stat().st_size / 1e6
        source = run_source(folder)
        began = time.perf_counter(), time.process_time()
        count = sum(1 for _ in source.records())
        read = _since(began)
        began = time.perf_counter(), time.process_time()
        scored = score_run(source)
        summaries = [summarise(name, scores) for name, scores in scored.scores.items()]
        write_scores(source.scores, scored, summaries)
        whole = _since(began)
    print(f"{count:,} records, {size:,.0f} MB")
    print(f"reading  {read[0]:5.2f} s, processor {read[1]:5.2f} s")
    print(
        f"scoring  {whole[0] - read[0]:5.2f} s, processor {whole[1] - read[1]:5.2f} s  "
        f"(claim: at most {CLAIM_SECONDS:g} s)"
    )


def _since(began: tuple[float, float]) -> tuple[float, float]:
    return time.perf_counter() - began[0], time.process_time() - began[1]


if __name__ == "__main__":
    main()
