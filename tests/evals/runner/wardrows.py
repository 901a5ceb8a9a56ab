"""Rows about the ward's one patient, and an evaluation of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from clinseek.evals.rows import Row
from clinseek.evals.runner.evaluation import Evaluated, run_rows
from clinseek.evals.runner.running import Limits
from clinseek.evals.runner.settings import RunSettings
from tests.graphs.doubles import (
    CUTOFF,
    LATEST_LABS,
    SUBJECT,
    ScriptedModel,
    Ward,
    calling,
    finishing,
    scripted,
)

EVIDENCE = "## Laboratory results\n- Potassium: 3.2"


def row(number: int = 1, **over: Any) -> Row:
    told: dict[str, Any] = {
        "qid": f"q{number}",
        "subject_id": SUBJECT,
        "cutoff": CUTOFF,
        "task": "latest_lab",
        "question": f"What was the latest potassium? ({number})",
        "answer_form": "number",
        "label": 3.2,
        "curated_evidence": EVIDENCE,
        **over,
    }
    return Row(**told)


def rows(count: int = 3) -> list[Row]:
    return [row(number) for number in range(1, count + 1)]


def able() -> ScriptedModel:
    """Looks at the labs, then answers with a citation."""
    return scripted(
        calling(LATEST_LABS, tag="look"), finishing("3.2", citations=["E1#3"], tag="answer")
    )


def evaluated(
    ward: Ward,
    out: Path,
    items: Sequence[Row] | None = None,
    *,
    model: BaseChatModel | None = None,
    limits: Limits | None = None,
    settings: dict[str, Any] | None = None,
    **options: Any,
) -> Evaluated:
    """The rows, run over the ward into `out`."""
    return asyncio.run(
        run_rows(
            items if items is not None else rows(),
            model=model or able(),
            settings=RunSettings(model="scripted", **(settings or {})),
            out=out,
            store=ward.folder,
            means=ward.means(),
            limits=limits or Limits(concurrency=2),
            **options,
        )
    )
