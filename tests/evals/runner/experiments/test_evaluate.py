"""LangSmith's way of working: the same targets, evaluators and results, on this machine."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda
from langsmith.evaluation import EvaluationResult, RunEvaluator
from langsmith.schemas import Example, Run

import clinseek
from clinseek.errors import SettingError
from clinseek.evals.rows import write_rows
from clinseek.evals.runner.experiments import (
    ExperimentResults,
    aevaluate,
    evaluate,
    evaluate_comparative,
    evaluate_existing,
)
from tests.evals.runner.wardrows import able, evaluated, rows
from tests.graphs.doubles import Ward

SUMS = [
    {"inputs": {"a": 1, "b": 2}, "outputs": {"sum": 3}},
    {"inputs": {"a": 2, "b": 2}, "outputs": {"sum": 5}},
]


def add(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"sum": inputs["a"] + inputs["b"]}


def of_run_and_example(run: Run, example: Example) -> dict[str, Any]:
    assert run.outputs is not None
    assert example.outputs is not None
    return {"key": "right", "score": run.outputs["sum"] == example.outputs["sum"]}


def by_names(outputs: dict[str, Any], reference_outputs: dict[str, Any]) -> bool:
    return bool(outputs == reference_outputs)


def positional(prediction: Run, gold: Example) -> dict[str, Any]:
    return of_run_and_example(prediction, gold)


def with_inputs(inputs: dict[str, Any], outputs: dict[str, Any]) -> float:
    return float(outputs["sum"] == inputs["a"] + inputs["b"])


def of_only_outputs(*, outputs: dict[str, Any], **_: Any) -> EvaluationResult:
    return EvaluationResult(key="size", score=outputs["sum"], comment="as it is")


async def awaited(run: Run, example: Example) -> dict[str, Any]:
    await asyncio.sleep(0)
    return of_run_and_example(run, example)


def several(outputs: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": "even", "score": outputs["sum"] % 2 == 0}, {"key": "word", "value": "big"}]


def in_results(run: Run, example: Example) -> dict[str, Any]:
    return {"results": [EvaluationResult(key="one", score=1)]}


class Whole(RunEvaluator):
    def evaluate_run(
        self, run: Run, example: Example | None = None, evaluator_run_id: Any = None
    ) -> EvaluationResult:
        return EvaluationResult(key="whole", score=run.error is None)


@pytest.mark.parametrize(
    ("evaluator", "found"),
    [
        (of_run_and_example, {"right": [True, False]}),
        (by_names, {"by_names": [True, False]}),
        (positional, {"right": [True, False]}),
        (with_inputs, {"with_inputs": [1.0, 1.0]}),
        (of_only_outputs, {"size": [3, 4]}),
        (awaited, {"right": [True, False]}),
        (several, {"even": [False, True], "word": ["big", "big"]}),
        (in_results, {"one": [1, 1]}),
        (Whole(), {"whole": [True, True]}),
    ],
)
def test_evaluators_of_every_form_work_unchanged(evaluator: Any, found: dict[str, Any]) -> None:
    results = evaluate(add, SUMS, evaluators=[evaluator])
    told: dict[str, list[Any]] = {}
    for row in results:
        for result in row["evaluation_results"]["results"]:
            told.setdefault(result.key, []).append(
                result.value if result.score is None else result.score
            )
    assert told == found


def _async_target(inputs: dict[str, Any]) -> Any:
    async def later() -> dict[str, Any]:
        return add(inputs)

    return later()


@pytest.mark.parametrize("target", [add, _async_target, RunnableLambda(add)])
def test_targets_of_every_form_work(target: Any) -> None:
    results = evaluate(target, SUMS, evaluators=[by_names], max_concurrency=1)
    assert [row["run"].outputs for row in results] == [{"sum": 3}, {"sum": 4}]
    assert results.scores == {"by_names": 0.5}


def test_what_a_target_raises_is_its_runs_error() -> None:
    def broken(inputs: dict[str, Any]) -> dict[str, Any]:
        raise ValueError("no sum today")

    results = evaluate(broken, SUMS, evaluators=[Whole()])
    assert [row["run"].error for row in results] == ["ValueError: no sum today"] * 2
    assert results.scores == {"whole": 0.0}


def test_an_evaluator_that_raises_leaves_its_score_out() -> None:
    def broken(outputs: dict[str, Any]) -> bool:
        raise KeyError("sum of what?")

    results = evaluate(add, SUMS, evaluators=[broken, by_names])
    first, second = results.rows[0]["evaluation_results"]["results"]
    assert (first.key, first.score, second.score) == ("broken", None, True)
    assert "sum of what?" in str(first.comment)
    assert results.scores == {"by_names": 0.5}


def test_an_evaluator_that_cannot_be_called_is_refused_before_anything_runs() -> None:
    def three(a: Any, b: Any, c: Any) -> bool:
        return True

    asked: list[Any] = []
    with pytest.raises(SettingError, match="evaluator three"):
        evaluate(asked.append, SUMS, evaluators=[three])
    assert asked == []


def test_summary_evaluators_see_all_runs() -> None:
    def share(outputs: list[Any], reference_outputs: list[Any]) -> float:
        right = [bool(a == b) for a, b in zip(outputs, reference_outputs, strict=True)]
        return sum(right) / len(right)

    def pairs(runs: list[Run], examples: list[Example]) -> dict[str, Any]:
        return {"score": len(runs), "comment": f"{len(examples)} examples"}

    def broken(runs: list[Run]) -> None:
        raise ValueError("no summary")

    results = evaluate(add, SUMS, summary_evaluators=[share, pairs, broken])
    assert [(one.key, one.score) for one in results.summary] == [
        ("share", 0.5), ("pairs", 2), ("broken", None),
    ]  # fmt: skip


def test_repetitions_run_each_example_again() -> None:
    results = evaluate(add, SUMS, num_repetitions=3)
    assert len(results) == len({row["run"].id for row in results}) == 6
    assert len({row["example"].id for row in results}) == 2


def _right(outputs: dict[str, Any], reference_outputs: dict[str, Any]) -> bool:
    return [float(item) for item in outputs["answer"]] == [reference_outputs["answer"]]


def test_a_model_is_run_over_rows_by_the_graph(ward: Ward, tmp_path: Path) -> None:
    results = evaluate(
        able(), rows(2), evaluators=[_right], store=ward.folder, means=ward.means(),
        out=tmp_path / "run", experiment="first",
    )  # fmt: skip
    assert results.scores == {"_right": 1.0}
    outputs = results.rows[0]["run"].outputs
    assert outputs is not None
    assert outputs["citations"] == [["E1#3"]]
    assert outputs["messages"][0]["role"] == "system"
    again = evaluate_existing(tmp_path / "run", evaluators=[_right])
    assert again.scores == {"_right": 1.0}
    assert [row["example"] for row in again] == [row["example"] for row in results]


def test_rows_of_a_file_are_examples(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", rows(2))
    results = evaluate(
        lambda inputs: {"answer": [str(3.2)]}, tmp_path / "rows.jsonl", evaluators=[_right]
    )
    assert [(row["example"].inputs or {})["qid"] for row in results] == ["q1", "q2"]
    assert results.scores == {"_right": 1.0}


def test_examples_without_a_patient_cannot_be_run_by_a_model() -> None:
    with pytest.raises(SettingError, match="a model is run over rows"):
        evaluate("offline", SUMS)


@pytest.mark.parametrize("given", ["gone.jsonl", [{"question": "?"}]])
def test_what_is_no_example_is_told(given: Any) -> None:
    with pytest.raises(SettingError, match=r"no file of rows|an example is a Row"):
        evaluate(add, given)


def test_it_works_inside_a_running_loop() -> None:
    async def inside() -> tuple[ExperimentResults, ExperimentResults]:
        return evaluate(add, SUMS, evaluators=[by_names]), await aevaluate(
            add, SUMS, evaluators=[by_names]
        )

    one, other = asyncio.run(inside())
    assert one.scores == other.scores == {"by_names": 0.5}


def test_new_scores_stand_behind_those_there_are() -> None:
    results = evaluate(add, SUMS, evaluators=[by_names])
    more = evaluate_existing(results, evaluators=[with_inputs])
    assert set(more.scores) == {"by_names", "with_inputs"}
    assert set(results.scores) == {"by_names"}


def test_experiments_are_compared_run_by_run(ward: Ward) -> None:
    def larger(runs: list[Run], example: Example) -> dict[str, Any]:
        best = max(runs, key=lambda run: (run.outputs or {})["sum"])
        return {"key": "larger", "scores": {run.id: float(run is best) for run in runs}}

    def listed(outputs: list[dict[str, Any]]) -> list[float]:
        return [float(one["sum"]) for one in outputs]

    def broken(runs: list[Run], example: Example) -> dict[str, Any]:
        raise ValueError("no winner")

    first = evaluate(add, SUMS, experiment="a")
    second = evaluate(lambda inputs: {"sum": 9}, SUMS[:1], experiment="b")
    compared = evaluate_comparative([first, second], evaluators=[larger, listed, broken])
    (row,) = compared
    winner = row["evaluation_results"]["larger"].scores
    assert [winner[run.id] for run in row["runs"]] == [0.0, 1.0]
    assert list(row["evaluation_results"]["listed"].scores.values()) == [3.0, 9.0]
    assert "no winner" in str(row["evaluation_results"]["broken"].comment)
    assert compared.left_out == 1


def test_experiments_that_share_nothing_are_not_compared() -> None:
    with pytest.raises(SettingError, match="share no example"):
        evaluate_comparative([evaluate(add, SUMS[:1]), evaluate(add, SUMS[1:])], evaluators=[])


def test_a_run_folder_of_clinseek_eval_is_evaluated_afterwards(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run", rows(2))
    results = evaluate_existing(tmp_path / "run", evaluators=[_right])
    assert (results.experiment_name, results.scores) == ("run", {"_right": 1.0})


def test_run_folders_are_compared_epoch_by_epoch_in_a_loop_too(ward: Ward, tmp_path: Path) -> None:
    async def first_wins(runs: list[Run], example: Example) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"key": "first", "scores": {runs[0].id: 1, runs[1].id: 0}}

    evaluated(ward, tmp_path / "a", rows(2), epochs=2)
    evaluated(ward, tmp_path / "b", rows(2))

    async def in_a_notebook() -> Any:
        return evaluate_comparative([tmp_path / "a", tmp_path / "b"], evaluators=[first_wins])

    compared = asyncio.run(in_a_notebook())
    assert (len(compared), compared.left_out) == (2, 2)
    assert all(len(row["evaluation_results"]["first"].scores) == 2 for row in compared)


def test_a_score_that_is_no_number_is_none_and_failed_targets_are_counted() -> None:
    def broken(inputs: dict[str, Any]) -> dict[str, Any]:
        if inputs["a"] == 1:
            raise ValueError("no sum")
        return add(inputs)

    def no_number(outputs: dict[str, Any]) -> float:
        return float("nan")

    def beyond(outputs: dict[str, Any]) -> int:
        return 10**400

    results = evaluate(broken, SUMS, evaluators=[by_names, no_number, beyond])
    assert set(results.scores) == {"by_names"}
    assert results.failed == 1


def test_they_are_exported_at_the_front_door() -> None:
    assert clinseek.evaluate is evaluate
    assert clinseek.aevaluate is aevaluate
