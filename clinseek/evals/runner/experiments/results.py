"""What an experiment gave: runs with their examples and scores, and the summary of all."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from statistics import mean
from typing import Any
from uuid import UUID

from langsmith.evaluation import EvaluationResult
from langsmith.schemas import Example, Run
from typing_extensions import TypedDict

from clinseek.errors import SettingError
from clinseek.evals.runner.experiments.examples import experiment_id


class ScoredRun(TypedDict):
    """One run, as LangSmith's results give it; `evaluation_results` is {"results": [...]}."""

    run: Run
    example: Example
    evaluation_results: dict[str, list[EvaluationResult]]


@dataclass(frozen=True)
class ExperimentResults:
    """The runs of an experiment in the order of its examples; `summary` is over all of them."""

    experiment_name: str
    rows: Sequence[ScoredRun]
    summary: Sequence[EvaluationResult] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    url: str | None = None

    @property
    def id(self) -> UUID:
        """The id of the experiment."""
        return experiment_id(self.experiment_name)

    def __iter__(self) -> Iterator[ScoredRun]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def scores(self) -> dict[str, float]:
        """The mean of each key over the runs that were scored by it; see `failed` for others.

        A score that is no finite number is none.
        """
        held: dict[str, list[float]] = defaultdict(list)
        for row in self.rows:
            for result in row["evaluation_results"]["results"]:
                if (score := _finite(result.score)) is not None:
                    held[result.key].append(score)
        return {key: mean(values) for key, values in held.items()}

    @property
    def failed(self) -> int:
        """How many runs ended in an error: evaluators see no outputs of theirs."""
        return sum(row["run"].error is not None for row in self.rows)

    def to_pandas(self) -> Any:
        """A DataFrame, a line a run: inputs.*, outputs.*, reference.*, feedback.*, and more.

        SettingError without pandas, which clinseek does not need elsewhere.
        """
        try:
            frame = import_module("pandas").DataFrame
        except ImportError:
            raise SettingError("to_pandas needs pandas; pip install pandas") from None
        return frame([_line(row) for row in self.rows])


def _finite(score: Any) -> float | None:
    try:
        number = float(score) if isinstance(score, bool | int | float) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _line(row: ScoredRun) -> dict[str, Any]:
    run, example = row["run"], row["example"]
    ended = run.end_time or run.start_time
    return {
        **{f"inputs.{name}": value for name, value in (example.inputs or {}).items()},
        **{f"outputs.{name}": value for name, value in (run.outputs or {}).items()},
        "error": run.error,
        **{f"reference.{name}": value for name, value in (example.outputs or {}).items()},
        **{
            f"feedback.{result.key}": result.value if result.score is None else result.score
            for result in row["evaluation_results"]["results"]
        },
        "execution_time": (ended - run.start_time).total_seconds(),
        "example_id": example.id,
        "id": run.id,
    }
