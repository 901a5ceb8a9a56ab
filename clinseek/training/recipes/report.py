"""What a training ends with: a report for programs, and a model card for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from clinseek.errors import SettingError
from clinseek.training.exporting.card import ExportReport
from clinseek.training.recipes.curve import PICTURES
from clinseek.training.recipes.folder import ADAPTER, MODEL
from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.requirements import packages

_LICENCE = (
    "**Research only: not a medical device.** It was trained on conversations over patients' "
    "records. Where those are of real patients, the model is derived patient data: the licence of "
    "their source (for MIMIC, PhysioNet's credentialed use agreement) holds for it as for the "
    "records, beside the licence of the base model. Models keep some of what they are trained on: "
    "share it with nobody, and send it to no service, that has not agreed to that."
)


class TrainReport(BaseModel):
    """What was trained by what. `losses` are the first and the last that were logged."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    recipe: dict[str, Any]
    base: str
    base_sha256: str
    dataset: str
    dataset_sha256: str
    files: dict[str, str]
    """SHA-256 of each file of tokens."""
    source: dict[str, Any]
    """What the dataset's card tells of where it is from."""
    split: str
    examples: int
    validation_examples: int
    patients: int
    unknown_patients: int = 0
    """Examples of which the patient is not known."""
    tokens: int
    trained_tokens: int
    steps: int
    epochs: float
    rows: int
    device: str
    precision: str
    processes: int
    first_loss: float | None
    last_loss: float | None
    validation_loss: float | None
    parameters: int
    packages: dict[str, str]
    folders: list[str]


def report_of(plan: Plan, logged: Sequence[Mapping[str, Any]]) -> TrainReport:
    """The report of a training that came to its end."""
    losses = [line["loss"] for line in logged if "loss" in line]
    validated = [line["validation_loss"] for line in logged if "validation_loss" in line]
    return TrainReport(
        recipe=plan.recipe.model_dump(mode="json"),
        base=plan.student.folder.absolute().name,
        base_sha256=plan.student.sha256,
        dataset=plan.dataset.folder.absolute().name,
        dataset_sha256=plan.dataset.sha256,
        files=plan.dataset.hashes,
        source=_source(plan.dataset.report),
        split=plan.split,
        examples=plan.train.examples,
        validation_examples=plan.validation.examples,
        patients=len(plan.train.patients),
        unknown_patients=plan.train.unknown,
        tokens=plan.train.tokens,
        trained_tokens=plan.train.trained,
        steps=plan.steps,
        epochs=round(plan.epochs, 3),
        rows=plan.rows,
        device=plan.device,
        precision=plan.precision,
        processes=plan.processes,
        first_loss=losses[0] if losses else None,
        last_loss=losses[-1] if losses else None,
        validation_loss=validated[-1] if validated else None,
        parameters=plan.student.parameters,
        packages={each.name: each.found or "" for each in packages(plan.recipe)},
        folders=[name for name in (MODEL, ADAPTER) if (plan.folder.path / name).is_dir()],
    )


def _source(report: ExportReport) -> dict[str, Any]:
    kept = ("models", "profiles", "rules", "prompts", "packages", "records", "split", "loss")
    return {name: value for name, value in report.model_dump().items() if name in kept}


def read_evaluation(folder: Path) -> dict[str, Any]:
    """The summary of scores in RUN/scores (or RUN). SettingError where there is none."""
    for held in (folder / "summary.json", folder / "scores" / "summary.json", folder):
        if held.is_file():
            break
    else:
        raise SettingError(
            f"{folder}: no scores; name the folder RUN/scores that clinseek eval or score wrote"
        )
    try:
        read = json.loads(held.read_bytes())
        return {
            "run": str(read["run"]),
            "scores": {name: each["micro"] for name, each in read["scorers"].items()},
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingError(f"{held}: is no summary of scores; score the run again") from None


def card(report: TrainReport, *, name: str, evaluation: Mapping[str, Any] | None) -> str:
    """The model card as Markdown."""
    front = (
        f"---\nlicense: other\ntags: [tool-use, clinical, clinseek]\nbase_model: {report.base}\n---"
    )
    parts = [
        f"{front}\n# {name}",
        f"`{report.base}`, trained on runs of an agent that seeks clinical evidence.",
        _LICENCE,
        "## What it was trained on",
        "\n".join(f"- {told}" for told in _data_told(report)),
        _table(("file", "sha256"), report.files.items()),
        "## How",
        "\n".join(f"- {told}" for told in _training_told(report)),
        f"![loss]({PICTURES[1]})",
        _table(("setting", "value"), ((key, value) for key, value in report.recipe.items())),
        _table(("package", "version"), report.packages.items()),
        *_evaluated(evaluation),
    ]
    return "\n\n".join(parts) + "\n"


def _data_told(report: TrainReport) -> list[str]:
    origin = [f"{name}: {_listed(value)}" for name, value in report.source.items()]
    return [
        (
            f"Dataset `{report.dataset}` (sha256 {report.dataset_sha256}): {report.examples:,} "
            f"examples of {report.patients:,} patients, {report.tokens:,} tokens, "
            f"{report.trained_tokens:,} of them trained; {report.validation_examples:,} examples "
            "of other patients to validate on."
        ),
        _tested(report),
        *origin,
    ]


def _tested(report: TrainReport) -> str:
    if not report.unknown_patients:
        return f"No patient of it is for testing: {report.split}."
    return (
        f"**Of {report.unknown_patients:,} examples the patient is not known**, and may be for "
        f"testing; of the others none is: {report.split}."
    )


def _training_told(report: TrainReport) -> list[str]:
    told = [
        (
            f"Base model: {report.base}, {report.parameters:,} parameters (sha256 "
            f"{report.base_sha256})."
        ),
        (
            f"{report.steps:,} steps over {report.rows:,} rows ({report.epochs:g} epochs) on "
            f"{report.processes} x {report.device} in {report.precision}."
        ),
    ]
    if report.first_loss is not None and report.last_loss is not None:
        told.append(f"Loss {report.first_loss:.4f} at first, {report.last_loss:.4f} at last.")
    if report.validation_loss is not None:
        told.append(f"Loss on the validation patients at last: {report.validation_loss:.4f}.")
    return told


def _evaluated(evaluation: Mapping[str, Any] | None) -> list[str]:
    if evaluation is None:
        return []
    rows = [(scorer, _estimate(micro)) for scorer, micro in evaluation["scores"].items() if micro]
    return ["## Evaluation", f"Run `{evaluation['run']}`.", _table(("scorer", "score"), rows)]


def _estimate(micro: Mapping[str, Any]) -> str:
    interval = ""
    if micro.get("low") is not None and micro.get("high") is not None:
        interval = f" [{micro['low']:.3f}, {micro['high']:.3f}]"
    return f"{micro['value']:.3f}{interval}, n = {micro['n']:,}"


def _listed(value: Any) -> str:
    return ", ".join(map(str, filter(None, value))) if isinstance(value, list) else str(value)


def _table(columns: tuple[str, str], rows: Any) -> str:
    head = f"| {' | '.join(columns)} |\n| --- | --- |"
    return "\n".join([head, *(f"| {name} | {value} |" for name, value in rows)])
