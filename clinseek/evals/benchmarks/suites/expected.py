"""The published suites: which files they are, and how many of everything the publications count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clinseek.evals.benchmarks.suites.agentehr_rows import AGENT_TASKS, agentehr_row
from clinseek.evals.benchmarks.suites.multimodal_rows import multimodal_row
from clinseek.evals.benchmarks.suites.text_rows import text_row
from clinseek.evals.rows import Row

SuiteName = Literal["clinseek-text", "clinseek-multimodal", "agentehr"]


@dataclass(frozen=True)
class Suite:
    """A published benchmark. `manifests` are patterns of file names, one file each.

    `read` makes a row of ours, or None where a published row cannot be scored. `counts` are the
    published ones, by the names that `counts_of` gives; `all_manifests` where each must be there;
    `rows_a_manifest` where each holds as many.
    """

    name: SuiteName
    title: str
    manifests: Sequence[str]
    read: Callable[[Mapping[str, Any], str], Row | None]
    counts: Mapping[str, int]
    all_manifests: bool = True
    rows_a_manifest: int | None = None


SUITES: Mapping[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite(
            "clinseek-text",
            "ClinSeek-Bench, text",
            ("ClinSeek-Bench_text.json*",),
            lambda held, at: text_row(held, at=at),
            {
                "rows": 1800,
                "tasks": 45,
                "patients": 1563,
                "rows of decision_making": 1080,
                "rows of risk_prediction": 720,
            },
        ),
        Suite(
            "clinseek-multimodal",
            "ClinSeek-Bench, multimodal",
            ("mm_bench.json*",),
            lambda held, at: multimodal_row(held, at=at),
            {
                "rows": 989,
                "rows of ehrxqa": 497,
                "rows of medmod": 492,
                "images of ehrxqa": 350,
                "images of medmod": 477,
                "reports of ehrxqa": 356,
                "rows of medmod_decompensation": 125,
                "rows of medmod_in_hospital_mortality": 125,
                "rows of medmod_phenotyping": 120,
                "rows of medmod_radiology": 122,
            },
        ),
        Suite(
            "agentehr",
            "AgentEHR-Bench",
            tuple(f"{task}_500.json*" for task in AGENT_TASKS),
            lambda held, at: agentehr_row(held, at=at),
            {"tasks": 6},
            all_manifests=False,
            rows_a_manifest=500,
        ),
    )
}
"""Sources: the paper (arXiv 2605.20176) and the data cards and validator that came with it."""

DATABASES: Mapping[str, int] = {"ehrxqa": 165, "medmod": 395}
"""How many patient databases the assets of the multimodal suite hold, by source."""


def counts_of(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows, tasks, patients, and by kind, task, source: rows, images and reports."""
    told = {
        "rows": len(rows),
        "tasks": len({row.task for row in rows}),
        "patients": len({row.subject_id for row in rows} - {None}),
    }
    for row in rows:
        for name in dict.fromkeys((row.task_type, row.task, row.group)):
            if name:
                told[f"rows of {name}"] = told.get(f"rows of {name}", 0) + 1
    for source in sorted({row.group for row in rows if row.group}):
        of_it = [row for row in rows if row.group == source]
        for kind in ("images", "reports"):
            paths = {path for row in of_it for path in getattr(row, kind)}
            if paths:
                told[f"{kind} of {source}"] = len(paths)
    return told
