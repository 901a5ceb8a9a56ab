"""`clinseek bench baselines`: majority, frequency, tabular models, and the offline policy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinseek.cli.eval_table import live_table
from clinseek.cli.evaluating import (
    Evaluating,
    ModelRuns,
    default_score,
    model_and_settings,
    run_all,
)
from clinseek.cli.options import JsonOption, StoreOption
from clinseek.cli.output import emit, emit_json, live_line
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.evals.benchmarks.baselines import Measured
    from clinseek.evals.rows import Row
    from clinseek.records import Setting

_PAGE, _TABLE = "baselines.md", "baselines.json"


def register(bench: typer.Typer) -> None:
    """Add `bench baselines`."""
    bench.command("baselines")(baselines)


def baselines(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="What bench build wrote.")],
    store: StoreOption,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="For the table and the runs.")
    ],
    folds: Annotated[int, typer.Option(min=2, help="Parts of patients, each held out once.")] = 5,
    offline: Annotated[
        bool, typer.Option(help="Also run the offline policy, automated and curated.")
    ] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="The first N rows only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What those get who only count: the numbers beside which a model's should stand.

    [dim]clinseek bench baselines bench/rows.jsonl --store STORE --out baselines[/dim]

    Every baseline learns from other patients than it is asked about. DIR/baselines.md and
    DIR/baselines.json hold the table; runs of the offline policy are gone on with. A DIR
    of other rows is left as it is.
    """
    from clinseek.evals.benchmarks.baselines import (
        baseline_table,
        check_folds,
        check_learners,
        features_of_rows,
    )
    from clinseek.evals.rows import read_rows
    from clinseek.evals.runner.run_folder import fingerprint_of_rows
    from clinseek.toolkits.ehr.store import Store

    check_learners()
    chosen = read_rows(rows)[:limit]
    check_folds(chosen, folds)
    opened = Store.open(store)
    rows_hash = fingerprint_of_rows({row.qid: row.fingerprint for row in chosen})
    of = {"rows": str(rows), "rows_hash": rows_hash, "folds": folds}
    _check_same(of, out=out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"--out {out}: cannot be written ({error.strerror})") from error
    with live_line("reading cases") as tell:
        features = features_of_rows(
            opened, chosen, progress=lambda done, total: tell(f"cases: {done:,} of {total:,}")
        )
    found = baseline_table(chosen, features, folds=folds)
    told = _written(found, of, out=out)
    for setting in ("automated", "curated") if offline else ():
        found += _offline(chosen, setting, store=store, out=out, rows_file=str(rows))
        told = _written(found, of, out=out)
    if as_json:
        emit_json(told)
        return
    emit((out / _PAGE).read_text(encoding="utf-8"))


def _check_same(of: Mapping[str, Any], *, out: Path) -> None:
    """SettingError where `out` holds the table of other rows, or of other folds."""
    try:
        held = json.loads((out / _TABLE).read_text(encoding="utf-8"))
        same = all(held[name] == of[name] for name in ("rows_hash", "folds"))
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise SettingError(
            f"--out {out} holds the baselines of other rows or folds; name a new folder"
        )


def _written(found: Sequence[Measured], of: Mapping[str, Any], *, out: Path) -> dict[str, Any]:
    """What was measured so far, as files: a run that is stopped leaves what came before it."""
    from clinseek.evals.benchmarks.baselines import baseline_page

    told = {**of, "measured": [each.as_json() for each in found]}
    page = baseline_page(found, rows_file=Path(of["rows"]).name, folds=of["folds"])
    (out / _PAGE).write_text(page, encoding="utf-8")
    (out / _TABLE).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return told


def _offline(
    rows: Sequence[Row], setting: Setting, *, store: Path, out: Path, rows_file: str
) -> list[Measured]:
    from clinseek.evals.benchmarks.baselines import runs_measured
    from clinseek.evals.runner.running import Limits
    from clinseek.evals.scorers import of_store

    folder = out / f"offline-{setting}"
    model, settings = model_and_settings("offline", setting=setting, profile="available")
    evaluating = Evaluating(
        rows=rows, rows_file=rows_file, store=store, epochs=1,
        limits=Limits(), score_of=default_score(store),
    )  # fmt: skip
    runs = ModelRuns("offline", folder, model, settings)
    with live_table(f"offline {setting}", folder) as on_change:
        run_all(evaluating, runs, on_change=on_change)
    return runs_measured(f"offline {setting}", folder, at_hand=of_store(store))
