"""The card of a dataset: what it is, what it is made of, and what may not be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

EXPORT_VERSION = 1
PUBLISHED_DROPPED = 0.183
"""The share of traces that the published system left out for their length, at 52,000 tokens."""


_FRONT = """---
license: other
task_categories: [text-generation]
tags: [tool-use, clinical, clinseek]
---"""
_LICENCE = (
    "**Research only: not a medical device.** Where the runs are of real patients, this is derived "
    "patient data: the licence of its source (for MIMIC, PhysioNet's credentialed use agreement) "
    "holds for it, and for models trained on it. Share it with nobody who has not agreed to that, "
    "and send it to no service that has not."
)


class ExportReport(BaseModel):
    """What was exported. `dropped` counts traces left out by reason; `files` are hashes.

    `unknown_patients` counts traces that name no patient; all of them are in the part `train`.
    """

    schema_version: int = EXPORT_VERSION
    format: str
    names: str
    traces: int
    examples: dict[str, int]
    patients: dict[str, int]
    unknown_patients: int = 0
    tasks: dict[str, int]
    tokens: dict[str, int]
    longest: int
    length: str
    max_tokens: int | None
    long: str
    windowed: int
    dropped: dict[str, int]
    loss: str
    trained_turns: int
    turns: int
    split: str
    models: list[str]
    profiles: list[str]
    rules: list[str]
    prompts: list[str]
    packages: list[str]
    records: str
    source: dict[str, Any]
    template: dict[str, str] | None = None
    files: dict[str, str]

    @property
    def dropped_for_length(self) -> float:
        """The share of traces that were left out for their length."""
        return self.dropped.get("too long", 0) / self.traces if self.traces else 0.0


def card(report: ExportReport, *, name: str) -> str:
    """The card as Markdown, for the README of the dataset."""
    parts = {
        part: (
            report.examples.get(part, 0),
            report.patients.get(part, 0),
            report.tokens.get(part, 0),
        )
        for part in ("train", "validation")
    }
    return "\n\n".join(
        [
            f"{_FRONT}\n# {name}",
            "Runs of an agent that seeks clinical evidence, as examples for fine-tuning.",
            _LICENCE,
            "## What is in it",
            _table(("part", "examples", "patients", "tokens"), parts),
            "\n".join(f"- {told}" for told in _told(report)),
            _table(("task", "traces"), {task: (n,) for task, n in report.tasks.items()}),
            "## Where it is from",
            "\n".join(f"- {told}" for told in _origin(report)),
            "## Files",
            _table(("file", "sha256"), {file: (digest,) for file, digest in report.files.items()}),
            "",
        ]
    )


def _told(report: ExportReport) -> list[str]:
    form = (
        f"Format `{report.format}`; tool names {report.names}; arguments of calls are JSON text, "
        "to be made objects where a template is rendered."
    )
    return [
        form,
        f"Tokens by {report.length}; the longest example has {report.longest:,}.",
        _length_line(report),
        f"Loss on {report.trained_turns:,} of {report.turns:,} turns ({report.loss}).",
        f"Split by patient: {report.split}. {_tested(report)}",
    ]


def _tested(report: ExportReport) -> str:
    if not report.unknown_patients:
        return "No patient of the test part is in it."
    return (
        f"**Of {report.unknown_patients:,} traces the patient is not known**: they are in the part "
        "`train`, and may be of patients of the test part. No other trace is."
    )


def _origin(report: ExportReport) -> list[str]:
    return [
        f"Models: {_listed(report.models)}",
        f"Profiles of the record: {_listed(report.profiles)}",
        f"Availability rules: {_listed(report.rules)}",
        f"Prompts: {_listed(report.prompts)}",
        f"clinseek: {_listed(report.packages)}",
        f"Records: sha256 {report.records}",
        *(f"The student's {kind}: sha256 {held}" for kind, held in (report.template or {}).items()),
        "How the traces were chosen stands in `export.json` under `source`.",
    ]


def length_told(report: ExportReport) -> str:
    """What was left out for its length, beside the published share."""
    dropped = report.dropped.get("too long", 0)
    if report.max_tokens is None:
        return "no limit of length"
    return (
        f"{dropped:,} of {report.traces:,} traces left out for more than {report.max_tokens:,} "
        f"tokens ({report.dropped_for_length:.1%}; the published system: {PUBLISHED_DROPPED:.1%})"
    )


def _length_line(report: ExportReport) -> str:
    told = length_told(report)
    if report.windowed:
        told += f"; {report.windowed:,} traces in windows at turn borders"
    return f"{told[:1].upper()}{told[1:]}."


def _listed(values: list[str]) -> str:
    return ", ".join(value for value in values if value) or "not told"


def _table(columns: tuple[str, ...], rows: Mapping[str, tuple[Any, ...]]) -> str:
    head = f"| {' | '.join(columns)} |"
    rule = f"|{' --- |' * len(columns)}"
    body = [
        f"| {name} | "
        + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells)
        + " |"
        for name, cells in rows.items()
    ]
    return "\n".join([head, rule, *body])
