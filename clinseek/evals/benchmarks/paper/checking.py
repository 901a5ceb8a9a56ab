"""What would end the evaluations of a table at once, seen before their cost is told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.paper.planning import PaperRun
from clinseek.evals.rows import Row
from clinseek.evals.runner.asking import check_patients, check_rows, settled_settings
from clinseek.evals.runner.attachments import attachments_of, root_of
from clinseek.evals.runner.opening import check_folder, plan_runs
from clinseek.evals.runner.run_folder import RunFolder
from clinseek.evals.runner.running import Limits
from clinseek.evals.runner.settings import RunSettings
from clinseek.toolkits.ehr.store import Store


def check_at_hand(
    runs: Sequence[tuple[PaperRun, RunSettings]],
    rows: Sequence[Row],
    *,
    epochs: int,
    store: Path,
    image_root: Path | None,
    rows_file: Path,
    out: Path,
) -> None:
    """See that rows can be run in every setting, patients and images are there, and `out` can be.

    SettingError where they are not, or where a folder was begun with other rows or settings than
    the run is to be made with now; StoreError for a folder that is no store. Patients are not
    looked for where no run opens a record; a few missing images fail their runs alone.
    """
    _check_writable(out)
    for setting in dict.fromkeys(run.setting for run, _ in runs):
        check_rows(rows, setting)
    opened = Store.open(store)
    if any(run.setting != "curated" for run, _ in runs):
        check_patients(rows, opened, too_many=Limits(fail_on_error=0).too_many)
    root = root_of(rows, None if image_root is None else str(image_root), str(rows_file))
    attached = None if root is None else attachments_of(rows, root)
    if attached and Limits().too_many(len(attached.rows_without(rows)), len(rows)):
        raise SettingError(f"{attached.told}; name the folder of these images with --image-root")
    asks_of_records = any(row.subject_id is not None for row in rows)
    for run, settings in runs:
        plan = plan_runs(
            rows,
            rows_file=str(rows_file),
            settings=settled_settings(settings),
            store=store if asks_of_records else None,
            store_fingerprint=opened.fingerprint if asks_of_records else "",
            epochs=epochs,
            attached=attached.sha256 if attached else None,
        )
        check_folder(RunFolder(run.folder), plan)


def _check_writable(out: Path) -> None:
    """Nothing is made: a table that is refused later leaves no folder."""
    there = next(each for each in (out, *out.absolute().parents) if each.exists())
    if not there.is_dir():
        raise SettingError(f"--out {out}: {there} is no folder; name another")
    if not os.access(there, os.W_OK | os.X_OK):
        raise SettingError(f"--out {out}: nothing can be written into {there}; name another")
