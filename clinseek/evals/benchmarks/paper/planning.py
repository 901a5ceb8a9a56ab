"""Which evaluations fill a table, and what they will cost, before the first of them begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from clinseek.evals.rows import Row
from clinseek.evals.runner import open_run
from clinseek.evals.runner.naming import folder_names
from clinseek.models.prices import price_of
from clinseek.records import Setting
from clinseek.toolkits.ehr.availability.profiles import CaseProfile

_CHARS_A_TOKEN = 3.5
_PROMPT_TOKENS, _ANSWER_TOKENS = 3_000, 1_000
_ROUNDS, _TOKENS_A_ROUND, _WORDS_A_ROUND = 25, 2_500, 300
"""Assumed of a run that seeks, until runs of the same evaluation tell better."""


class PaperRun(NamedTuple):
    """One evaluation of a table: a model in a setting, over a record by a profile."""

    model: str
    setting: Setting
    profile: CaseProfile
    folder: Path


class Cost(NamedTuple):
    """What an evaluation will use. `dollars` is None where the price of the model is not known.

    `measured` is how many runs of the same evaluation it goes by; 0 stands for an assumption.
    """

    run: PaperRun
    runs: int
    input_tokens: int
    output_tokens: int
    dollars: float | None
    measured: int


def paper_runs(
    models: Sequence[str],
    *,
    curated_only: Sequence[str],
    settings: Sequence[Setting],
    profiles: Sequence[CaseProfile],
    out: Path,
) -> list[PaperRun]:
    """The evaluations of a table; a package is the same under every profile, so is asked once."""
    every = list(dict.fromkeys([*models, *curated_only]))
    return [
        PaperRun(model, setting, profile, out / name / f"{setting}-{profile}")
        for model, name in zip(every, folder_names(every), strict=True)
        for setting in settings
        if setting == "curated" or model not in curated_only
        for profile in (profiles[:1] if setting == "curated" else profiles)
    ]


def costs_of(runs: Sequence[PaperRun], rows: Sequence[Row], *, epochs: int) -> list[Cost]:
    """What is left to be run of each evaluation, by what its runs so far used, else assumed."""
    return [_cost(run, rows, epochs=epochs) for run in runs]


def _cost(run: PaperRun, rows: Sequence[Row], *, epochs: int) -> Cost:
    used = list(_usage(run.folder))
    left = max(0, len(rows) * epochs - len(used))
    if used:
        each_in, each_out = (sum(part) / len(used) for part in zip(*used, strict=True))
        told_in, told_out = each_in * left, each_out * left
    else:
        told_in, told_out = _assumed(run.setting, rows)
        told_in, told_out = told_in * epochs, told_out * epochs
    price = price_of(run.model)
    dollars = (
        None if price is None else (told_in * price.input + told_out * price.output) / 1_000_000
    )
    return Cost(run, left, round(told_in), round(told_out), dollars, len(used))


def _assumed(setting: Setting, rows: Sequence[Row]) -> tuple[float, float]:
    told = sum(len(row.question) + len(row.curated_evidence or "") for row in rows)
    package = told / _CHARS_A_TOKEN + _PROMPT_TOKENS * len(rows)
    if setting == "curated":
        return package, _ANSWER_TOKENS * len(rows)
    grown = sum(_PROMPT_TOKENS + turn * _TOKENS_A_ROUND for turn in range(_ROUNDS))
    return grown * len(rows), _ROUNDS * _WORDS_A_ROUND * len(rows)


def _usage(folder: Path) -> Iterator[tuple[int, int]]:
    """The tokens, in and out, of every run of a folder that ended."""
    if not (folder / "records.jsonl").is_file():
        return
    for record in open_run(folder).records():
        if record.status != "failed":
            yield record.usage["input_tokens"], record.usage["output_tokens"]
