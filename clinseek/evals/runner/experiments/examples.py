"""What is asked and answered, in LangSmith's shapes: examples from rows, runs from records."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from langsmith.schemas import Example, Run

from clinseek.errors import SettingError
from clinseek.evals.rows import Row, read_rows
from clinseek.records import Record

_SPACE = UUID("6f9d2f52-5d0e-4b6f-9a53-0f6f0d2d5f41")
"""Ids are made of what they name, so that two experiments over the same rows can be compared."""
_ASKED = (
    "qid", "subject_id", "hadm_id", "stay_id", "cutoff", "question", "candidates", "answer_form",
)  # fmt: skip

Examples = str | os.PathLike[str] | Iterable[Row | Example | Mapping[str, Any]]
"""A file of rows, or rows, LangSmith examples, or `{"inputs": ..., "outputs": ...}`."""


def examples_of(given: Examples) -> list[Example]:
    """The examples; SettingError for what is none."""
    if isinstance(given, str | os.PathLike):
        if not Path(given).exists():
            raise SettingError(
                f"{os.fspath(given)}: no file of rows; a data set of LangSmith by name is not "
                "fetched: hand over its examples (client.list_examples)"
            )
        given = read_rows(Path(given))
    return [_example(each, at) for at, each in enumerate(given, start=1)]


def _example(given: Row | Example | Mapping[str, Any], at: int) -> Example:
    if isinstance(given, Example):
        return given
    if isinstance(given, Row):
        return example_of_row(given)
    if not isinstance(given, Mapping) or not isinstance(given.get("inputs"), Mapping):
        raise SettingError(
            f"example {at}: an example is a Row, a LangSmith Example, or a dict with inputs (and "
            "outputs, metadata)"
        )
    inputs, outputs = dict(given["inputs"]), given.get("outputs")
    return Example(
        id=given.get("id") or uuid5(_SPACE, f"{at} {inputs} {outputs}"),
        inputs=inputs,
        outputs=None if outputs is None else dict(outputs),
        metadata=dict(given.get("metadata") or {}),
    )


def example_of_row(row: Row) -> Example:
    """A row as an example: `inputs` as it is asked, `outputs` {"answer": the label}."""
    told = row.model_dump(mode="json")
    return Example(
        id=uuid5(_SPACE, f"{row.fingerprint} {row.qid}"),
        inputs={name: told[name] for name in _ASKED}
        | {name: told[name] for name in ("images", "reports") if told[name]},
        outputs={"answer": told["label"]},
        metadata={**row.metadata, "task": row.task, "group": row.group},
    )


def run_of(record: Record, example: Example, *, experiment: UUID) -> Run:
    """A record as a run; `outputs` hold answer, citations, status and messages."""
    end = datetime.now(UTC)
    usage = record.usage
    return Run(
        id=uuid5(experiment, f"{record.key}"),
        name=record.model["spec"],
        run_type="chain",
        start_time=end - timedelta(seconds=record.timings["elapsed"]),
        end_time=end,
        inputs=example.inputs or {},
        outputs={
            "answer": record.answer,
            "citations": record.citations,
            "status": record.status,
            "messages": record.messages,
        },
        error=_why_failed(record),
        extra={
            "metadata": {
                "qid": record.qid, "epoch": record.epoch, "thread": record.thread,
                "stop_reason": record.stop_reason,
            }
        },
        reference_example_id=example.id,
        session_id=experiment,
        trace_id=uuid5(experiment, f"{record.key}"),
        dotted_order="",
        prompt_tokens=usage["input_tokens"],
        completion_tokens=usage["output_tokens"],
        total_tokens=usage["input_tokens"] + usage["output_tokens"],
    )  # fmt: skip


def _why_failed(record: Record) -> str | None:
    if record.status != "failed":
        return None
    return record.errors[-1]["message"] if record.errors else record.stop_reason


def experiment_id(name: str) -> UUID:
    """The id of an experiment, made of its name."""
    return uuid5(_SPACE, f"experiment {name}")
