"""How long `compare` takes with 10,000 bootstrap samples and 10,000 permutations.

    python benchmarks/compare.py [--rows 1800] [--tasks 45] [--draws 10000]

Two evaluations with made-up scores (binary and graded rows, 0.87 patients a row) are compared
overall and by task, as `clinseek compare` does once both are scored. The claim: at most 5 s.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from clinseek.evals.comparison import compare_runs
from clinseek.evals.rows import Row
from clinseek.evals.scorers import RowScore
from clinseek.evals.scorers.run_source import RunSource
from clinseek.evals.scorers.scored_run import ScoredRun
from clinseek.evals.tool_use import ToolUseCount

CLAIM_SECONDS = 5.0


def made_run(name: str, rows: int, tasks: int, rng: np.random.Generator) -> ScoredRun:
    """An evaluation with a score of its own for each row."""
    asked = [
        Row(
            qid=f"q{number}",
            subject_id=1 + number * 87 // 100,
            cutoff="2150-03-05 08:00:00",
            task=f"task_{number % tasks}",
            question="Which?",
            label="yes",
        )
        for number in range(rows)
    ]
    scores = [
        RowScore(
            qid=row.qid, epoch=1, subject_id=row.cluster, task=row.task, task_type="risk",
            group=None, scorer="default", rule="yes_no", value=_value(number, rng), state="scored",
            explanation="", parts={}, answered=True, confidence=None,
        )
        for number, row in enumerate(asked)
    ]  # fmt: skip
    source = RunSource(name, tuple(asked), (), lambda: iter(()), Path("nowhere"))
    return ScoredRun(source, {"default": scores}, ToolUseCount().result(), rows, (), {})


def _value(number: int, rng: np.random.Generator) -> float:
    return float(rng.random() < 0.6) if number % 5 < 2 else float(rng.beta(1, 2))


def main() -> None:
    """Print the seconds."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--rows", type=int, default=1800)
    reading.add_argument("--tasks", type=int, default=45)
    reading.add_argument("--draws", type=int, default=10_000)
    asked = reading.parse_args()
    rng = np.random.default_rng(1)
    a, b = (made_run(name, asked.rows, asked.tasks, rng) for name in ("A", "B"))
    began = time.perf_counter()
    compared = compare_runs(a, b, draws=asked.draws)
    took = time.perf_counter() - began
    print(
        f"{compared.rows:,} rows, {compared.overall.test.clusters:,} patients, {asked.tasks} tasks"
    )
    print(f"compare {took:5.2f} s  (claim: at most {CLAIM_SECONDS:g} s)")


if __name__ == "__main__":
    main()
