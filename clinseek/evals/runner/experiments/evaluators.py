"""Calling evaluators of every form that LangSmith takes, by LangSmith's own reading of them.

(run, example); any of inputs, outputs, reference_outputs, run, example by name; sync or async;
RunEvaluator objects. They give EvaluationResult(s), dict, list of dicts, bool, number or text. One
that raises leaves its score out, with the reason, and harms nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langsmith.evaluation import EvaluationResult, RunEvaluator, run_evaluator
from langsmith.schemas import Example, Run

from clinseek.errors import SettingError
from clinseek.settings import untraced

Evaluator = Callable[..., Any] | RunEvaluator
SummaryEvaluator = Callable[..., Any]

_OF_A_SUMMARY = ("runs", "examples", "inputs", "outputs", "reference_outputs")


def read_evaluators(given: Sequence[Evaluator]) -> list[RunEvaluator]:
    """The evaluators, ready to be called; SettingError for one that cannot be."""
    return [_read(each) for each in given]


async def evaluated(
    evaluators: Sequence[RunEvaluator], run: Run, example: Example
) -> list[EvaluationResult]:
    """What every evaluator says of one run, in their order."""
    found: list[EvaluationResult] = []
    for each in evaluators:
        try:
            with untraced():
                told = await each.aevaluate_run(run, example)
        except Exception as error:
            found.append(_raised(name_of(each), error))
            continue
        found.extend(told["results"] if isinstance(told, dict) else [told])
    return found


def summarised(
    evaluators: Sequence[SummaryEvaluator], runs: Sequence[Run], examples: Sequence[Example]
) -> list[EvaluationResult]:
    """What the summary evaluators say of all runs together."""
    found: list[EvaluationResult] = []
    held: dict[str, Any] = {
        "runs": runs,
        "examples": examples,
        "inputs": [example.inputs for example in examples],
        "outputs": [run.outputs or {} for run in runs],
        "reference_outputs": [example.outputs or {} for example in examples],
    }
    for each in evaluators:
        name = name_of(each)
        try:
            with untraced():
                found.extend(_results(_called(each, held), name))
        except Exception as error:
            found.append(_raised(name, error))
    return found


def name_of(evaluator: Any) -> str:
    """What to call an evaluator that gives its result no key."""
    keys = getattr(evaluator, "feedback_keys", None)
    if isinstance(keys, list) and keys:
        return str(keys[0])
    named = getattr(evaluator, "_name", None) or getattr(evaluator, "__name__", None)
    return str(named or type(evaluator).__name__)


def _read(given: Evaluator) -> RunEvaluator:
    if isinstance(given, RunEvaluator):
        return given
    wrapped = getattr(given, "as_run_evaluator", None)
    try:
        read: RunEvaluator = wrapped() if callable(wrapped) else run_evaluator(given)
    except (TypeError, ValueError) as error:
        raise SettingError(f"evaluator {name_of(given)}: {error}") from None
    return read


def _called(evaluator: SummaryEvaluator, held: Mapping[str, Any]) -> Any:
    """By the names that it asks for; two other names are runs and examples."""
    parameters = inspect.signature(evaluator).parameters
    if any(name in _OF_A_SUMMARY for name in parameters):
        return evaluator(**{name: held[name] for name in parameters if name in held})
    return evaluator(held["runs"], held["examples"])


def _results(told: Any, name: str) -> list[EvaluationResult]:
    if isinstance(told, EvaluationResult):
        return [told]
    if isinstance(told, bool | int | float):
        return [EvaluationResult(key=name, score=told)]
    if isinstance(told, str):
        return [EvaluationResult(key=name, value=told)]
    if isinstance(told, list):
        return [result for each in told for result in _results(each, name)]
    if isinstance(told, dict) and "results" in told:
        return _results(list(told["results"]), name)
    if isinstance(told, dict):
        return [EvaluationResult(**{"key": name, **told})]
    raise TypeError(f"an evaluator gives a number, a text, a dict or EvaluationResult, not {told}")


def _raised(name: str, error: Exception) -> EvaluationResult:
    said = f"{type(error).__name__}: {error}"
    return EvaluationResult(key=name, comment=said, extra={"error": True})
