"""Where scored runs come from: a run folder of ours, or a published results file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.records import Record


@dataclass(frozen=True)
class RunSource:
    """Rows, the runs that there should be, and the records that there are.

    `expected` is (qid, epoch) of every run of the plan. `scores` is the folder where scores are
    kept, `store` the store of the runs where it is told, `settings` how the runs were made where
    that is. `remarks` say what was left out. A `published` file tells less of its rows than a
    folder does: no tolerance, unit or gold rows, and not always a cutoff.
    """

    name: str
    rows: tuple[Row, ...]
    expected: tuple[tuple[str, int], ...]
    records: Callable[[], Iterator[Record]]
    scores: Path
    store: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    published: bool = False


def run_source(path: str | Path, *, manifest: str | Path | None = None) -> RunSource:
    """The runs at `path`: a folder that `clinseek eval` made, or a published results file.

    `manifest` is the benchmark file of a published results file: with it, rows without a result
    are counted. SettingError where there is neither.
    """
    where = Path(path)
    if where.is_file():
        return _of_published(where, manifest)
    if manifest is not None:
        raise SettingError(f"{where} is a run folder and holds its rows; leave --manifest out")
    return _of_folder(where)


def _of_folder(path: Path) -> RunSource:
    from clinseek.evals.runner import open_run

    run = open_run(path)
    rows = tuple(run.rows())
    store = Path(run.plan.store) if run.plan.store else None
    return RunSource(
        name=run.name,
        rows=rows,
        expected=tuple((qid, epoch) for _, qid, epoch in run.plan.keys),
        records=run.records,
        scores=run.scores,
        store=store if store is not None and store.is_dir() else None,
        settings=run.settings.model_dump(mode="json"),
    )


def _of_published(path: Path, manifest: str | Path | None) -> RunSource:
    from clinseek.evals.published import read_published

    run = read_published(path, manifest=manifest)
    rows = tuple(run.rows())
    epochs = sorted({epoch for _, epoch in run.run_keys()})
    left_out = run.left_out
    told = f"{len(left_out)} results are of rows that the manifest does not have"
    return RunSource(
        name=run.name,
        rows=rows,
        expected=tuple((row.qid, epoch) for epoch in epochs for row in rows),
        records=run.records,
        scores=path.parent / f"{path.stem}.scores",
        settings={"setting": first.setting} if (first := next(run.records(), None)) else {},
        remarks=(f"{told}: {', '.join(left_out[:3])}",) if left_out else (),
        published=True,
    )
