"""How long a tool call takes: the largest patient of the open demo at the end of the record.

    python benchmarks/tools.py STORE [--subject 10014354] [--at "2199-01-01 00:00:00"] [--runs 7]

Each run is a fresh process with the libraries imported and the case open. `first` is the first call
of its kind there (its SQL is composed and compiled), `again` the median of the calls after it;
both are given as medians over the runs, in milliseconds, from the tool's `invoke` to its message.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "by_time labs, 200 rows": ("ehr.get_records_by_time", {"table_name": "labevents"}),
    "latest labs": ("ehr.get_latest_records", {"table_name": "labevents"}),
    "event counts": ("ehr.get_event_counts_by_time", {}),
    "event counts of a month": (
        "ehr.get_event_counts_by_time",
        {"start_time": "2148-08-01", "end_time": "2148-08-31"},
    ),
    "SQL, five rows": (
        "ehr.run_sql_query",
        {
            "sql_query": "SELECT row_id, charttime, valuenum FROM labevents WHERE itemid = 50912 "
            "ORDER BY charttime DESC LIMIT 5"
        },
    ),
    "keyword in labs": (
        "ehr.get_records_by_keyword",
        {"table_name": "labevents", "keyword": "creatinine"},
    ),
    "keyword in diagnoses": (
        "ehr.get_records_by_keyword",
        {"table_name": "diagnoses_icd", "keyword": "kidney"},
    ),
    "value in labs": (
        "ehr.get_records_by_value",
        {"table_name": "labevents", "column_name": "label", "value": "Creatinine"},
    ),
    "unique lab flags": (
        "ehr.get_unique_values",
        {"table_name": "labevents", "column_name": "flag"},
    ),
    "load_ehr": ("ehr.load_ehr", {}),
    "candidates by keyword": (
        "ehr.get_candidates_by_keyword",
        {"table_name": "diagnoses_icd_candidates", "keyword": "diabetes kidney"},
    ),
    "candidates, fuzzy": (
        "ehr.get_candidates_by_fuzzy_matching",
        {"table_name": "diagnoses_icd_candidates", "keywords": "acute kidny failure"},
    ),
}


def _one(store: str, subject_id: int, cutoff: str, calls: int) -> dict[str, tuple[float, float]]:
    import rapidfuzz.process  # noqa: F401
    import sqlalchemy.dialects.sqlite  # noqa: F401

    from clinseek.toolkits.ehr.case import open_case
    from clinseek.toolkits.ehr.tools import EhrToolkit

    case = open_case(store, subject_id, cutoff=cutoff)
    tools = {tool.name: tool for tool in EhrToolkit(case=case).get_tools()}
    tools["ehr.think"].invoke(
        {"type": "tool_call", "id": "0", "name": "", "args": {"response": ""}}
    )
    times: dict[str, tuple[float, float]] = {}
    for what, (name, arguments) in CALLS.items():
        call = {"type": "tool_call", "id": "1", "name": name, "args": arguments}
        taken = []
        for _ in range(calls + 1):
            began = time.perf_counter()
            message = tools[name].invoke(call)
            taken.append(1000 * (time.perf_counter() - began))
            if message.artifact.refused:
                sys.exit(f"{what}: {message.content}")
        times[what] = taken[0], statistics.median(taken[1:])
    case.close()
    return times


def in_fresh_processes(
    store: str | Path, subject_id: int, *, at: str, runs: int, calls: int
) -> dict[str, tuple[float, float]]:
    """Milliseconds of the first call of each kind, and of a later one: medians over processes."""
    command = [sys.executable, __file__, str(store), "--one", "--calls", str(calls)]
    command += ["--subject", str(subject_id), "--at", at]
    took = [
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        for _ in range(runs)
    ]
    return {
        what: (
            statistics.median(run[what][0] for run in took),
            statistics.median(run[what][1] for run in took),
        )
        for what in CALLS
    }


def main() -> None:
    """Run the calls in fresh processes and print the figures in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("--subject", type=int, default=10014354)
    parser.add_argument("--at", default="2199-01-01 00:00:00")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--calls", type=int, default=30, help="calls of a kind after the first")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(_one(given.store, given.subject, given.at, given.calls)))
        return
    took = in_fresh_processes(
        given.store, given.subject, at=given.at, runs=given.runs, calls=given.calls
    )
    print(f"{'ms':26} {'first':>8} {'again':>8}")
    for what, (first, again) in took.items():
        print(f"{what:26} {first:8.2f} {again:8.2f}")


if __name__ == "__main__":
    main()
