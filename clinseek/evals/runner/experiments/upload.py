"""Sending an experiment to LangSmith: only when asked to, and said before anything goes out."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import Any

from clinseek.errors import SettingError
from clinseek.evals.runner.experiments.results import ExperimentResults

_LOG = logging.getLogger("clinseek")
_HOME = "https://api.smith.langchain.com"


def check_upload(upload: str) -> None:
    """SettingError for another place than LangSmith, or without a key; before anything runs."""
    if upload != "langsmith":
        raise SettingError(f'upload={upload!r}: there is "langsmith", or None for nowhere')
    if not os.environ.get("LANGSMITH_API_KEY"):
        raise SettingError('upload="langsmith" needs LANGSMITH_API_KEY in the environment; set it')


def what_goes_out(results: ExperimentResults) -> str:
    """The sentence on what is sent, and where."""
    where = os.environ.get("LANGSMITH_ENDPOINT") or _HOME
    scores = sum(len(row["evaluation_results"]["results"]) for row in results)
    return (
        f"upload: {len(results)} runs go to {where} as experiment {results.experiment_name!r}: "
        "each with its question, patient id and cutoff, the right answer, the answer and every "
        f"message (the patient's rows and notes included), and {scores} scores"
    )


def upload_experiment(results: ExperimentResults) -> ExperimentResults:
    """Send it: a data set of its examples, an experiment over that, runs and scores."""
    from langsmith import Client

    _LOG.warning(what_goes_out(results))
    client = Client(
        api_url=os.environ.get("LANGSMITH_ENDPOINT") or _HOME,
        api_key=os.environ["LANGSMITH_API_KEY"],
        auto_batch_tracing=False,
        tracing_sampling_rate=1.0,  # asked for by name: what the environment samples is traces
    )
    try:
        url = _send(client, results)
    except Exception as error:
        raise SettingError(
            f"upload: LangSmith refused the experiment ({type(error).__name__}: {error}); the "
            "results on this machine are whole"
        ) from error
    return replace(results, url=url)


def _send(client: Any, results: ExperimentResults) -> str | None:
    dataset = client.create_dataset(f"clinseek {results.experiment_name}")
    examples = {row["example"].id: row["example"] for row in results}
    client.create_examples(
        dataset_id=dataset.id,
        examples=[
            {"id": each.id, "inputs": each.inputs, "reference_outputs": each.outputs,
             "metadata": each.metadata}
            for each in examples.values()
        ],
    )  # fmt: skip
    project = client.create_project(
        results.experiment_name,
        reference_dataset_id=dataset.id,
        metadata=results.metadata or None,
        project_extra=None,
    )
    for row in results:
        run = row["run"]
        client.create_run(
            run.name, inputs=run.inputs, run_type="chain", id=run.id, outputs=run.outputs,
            error=run.error, start_time=run.start_time, end_time=run.end_time, extra=run.extra,
            project_name=results.experiment_name, reference_example_id=run.reference_example_id,
        )  # fmt: skip
        for result in row["evaluation_results"]["results"]:
            client.create_feedback(
                run.id, result.key, score=result.score, value=result.value,
                comment=result.comment, session_id=project.id, start_time=run.start_time,
            )  # fmt: skip
    for result in results.summary:
        client.create_feedback(
            None, result.key, score=result.score, value=result.value, comment=result.comment,
            project_id=project.id,
        )  # fmt: skip
    url: str | None = getattr(project, "url", None)
    return url
