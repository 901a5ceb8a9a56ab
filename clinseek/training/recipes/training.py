"""`train`: by a recipe, from a dataset, to a folder that goes on where a kill left it."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.training.recipes.curve import draw_curve
from clinseek.training.recipes.folder import CARD, LOG, REPORT, SESSIONS, step_of
from clinseek.training.recipes.log import TrainingLog
from clinseek.training.recipes.plan import Plan, plan_of
from clinseek.training.recipes.progress import OnProgress, Progress
from clinseek.training.recipes.report import TrainReport, card, read_evaluation, report_of
from clinseek.training.recipes.requirements import check_packages, packages
from clinseek.training.recipes.settings import AnyRecipe
from clinseek.training.splits import BenchmarkSplit, PatientSplit
from clinseek.whole_file import whole_file

_TOO_SMALL = ("out of memory", "can't allocate memory", "not enough memory")
"""What torch says of GPUs and of the host."""
_DISK_FULL = ("no space left", "unexpected pos", "pytorchstreamwriter failed")
"""What safetensors and torch say when they cannot write on; torch names no reason."""


def train(
    recipe: AnyRecipe,
    *,
    dataset: Path,
    model: Path,
    out: Path,
    split: PatientSplit | None = None,
    evaluation: Path | None = None,
    on_progress: OnProgress = lambda _: None,
    on_remark: Callable[[str], None] = lambda _: None,
) -> TrainReport:
    """Train `model` on the tokens of `dataset`; the trained model is OUT/model. The report.

    The same call goes on where a killed one was, and ends in the same files; after the end it
    trains no more, and writes the card anew where an `evaluation` (RUN/scores) is named. `split`
    says who is for testing (by default as the benchmarks made here): a patient of whom stops it.
    `on_remark` hears of a damaged checkpoint, before which it goes on from an older one.
    SettingError for each thing that cannot be; nothing is written then.
    """
    scores = None if evaluation is None else read_evaluation(evaluation)
    plan = plan_of(
        recipe, dataset=dataset, model=model, out=out, split=split or BenchmarkSplit(), gpus=gpus()
    )
    if not plan.folder.finished:
        check_packages(recipe)
    with plan.folder.alone():
        plan.folder.open(plan.identity)
        begins = not plan.folder.finished
        for remark in plan.folder.drop_damaged() if begins else ():
            on_remark(remark)
        report = _trained(plan, on_progress) if begins else _read_report(plan)
        if begins or scores is not None:
            told = card(report, name=out.absolute().name, evaluation=scores)
            _write(out / CARD, told)
        if begins:  # last, for it says that all else is there
            _write(out / REPORT, report.model_dump_json(indent=2) + "\n")
        plan.folder.drop_checkpoints()  # also those that a kill left behind the last step
    return report


def _trained(plan: Plan, on_progress: OnProgress) -> TrainReport:
    engine = importlib.import_module(f"clinseek.training.recipes.engines.{plan.recipe.engine}")
    session = _Session(plan, on_progress)
    session.begin()
    try:
        engine.run(plan, session.on_progress)
    except Exception as error:
        told = _out_of_memory(error) or _no_room(error, plan.folder.path)
        if told is None:
            raise
        raise told from None
    session.end()
    logged = list(TrainingLog(plan.folder.path / LOG).lines())
    draw_curve(logged, plan.folder.path, title=f"{plan.student.folder.absolute().name}, trained")
    return report_of(plan, logged)


def _out_of_memory(error: Exception) -> SettingError | None:
    """The sentence for a device that is too small; None for any other fault."""
    said = str(error).lower()
    if not isinstance(error, MemoryError) and not any(each in said for each in _TOO_SMALL):
        return None
    return SettingError(
        "out of memory: try --set micro_batch=1, recompute=true, method=lora, or shorter examples "
        "(clinseek traces export --max-tokens); --dry-run reckons what is needed"
    )


def _no_room(error: Exception, out: Path) -> SettingError | None:
    """The sentence for a disk that is full; None for any other fault."""
    if not any(each in str(error).lower() for each in _DISK_FULL):
        return None
    return SettingError(
        f"the disk is full: a checkpoint or the model could not be written in {out}; make room and "
        "run the same command again, it goes on"
    )


def _read_report(plan: Plan) -> TrainReport:
    return TrainReport.model_validate_json((plan.folder.path / REPORT).read_bytes())


def _write(file: Path, text: str) -> None:
    with whole_file(file) as made:
        made.write_text(text, encoding="utf-8")


class _Session:
    """One time that the command runs: what differs from run to run, kept apart from the log."""

    def __init__(self, plan: Plan, on_progress: OnProgress) -> None:
        self._plan, self._told = plan, on_progress
        self._last: Progress | None = None
        self._began = time.monotonic()

    def begin(self) -> None:
        checkpoint = self._plan.folder.last_checkpoint()
        self._add(
            began=datetime.now(UTC).isoformat(timespec="seconds"),
            from_step=step_of(checkpoint) if checkpoint else 0,
            packages={each.name: each.found for each in packages(self._plan.recipe)},
        )

    def on_progress(self, at: Progress) -> None:
        self._last = at
        self._told(at)

    def end(self) -> None:
        seconds = time.monotonic() - self._began
        pace = None if self._last is None else round(self._last.tokens_a_second, 1)
        self._add(to_step=self._plan.steps, seconds=round(seconds, 1), tokens_a_second=pace)

    def _add(self, **told: Any) -> None:
        with (self._plan.folder.path / SESSIONS).open("a", encoding="utf-8") as opened:
            opened.write(json.dumps(told) + "\n")


def gpus() -> int:
    """How many CUDA devices there are here; none without torch."""
    try:
        import torch
    except ModuleNotFoundError:
        return 0
    return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0
