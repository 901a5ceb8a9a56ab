"""From the folders of EHRXQA, MedMod and MIMIC-CXR to a store and a benchmark over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.drafts import draft_of
from clinseek.errors import SettingError
from clinseek.evals.benchmarks.multimodal.choosing import (
    Chosen,
    of_instances,
    of_questions,
    of_stays,
)
from clinseek.evals.benchmarks.multimodal.films_store import store_with_films
from clinseek.evals.benchmarks.multimodal.items import Item
from clinseek.evals.benchmarks.multimodal.manifest_items import (
    Facts,
    PublishedItem,
    instances_by_name,
    of_manifest,
    published_items,
    splits_of,
)
from clinseek.evals.benchmarks.multimodal.patients import Patients
from clinseek.evals.benchmarks.multimodal.placing import Assets, lay_out, look_for
from clinseek.evals.benchmarks.multimodal.reading import ReadSources, read_sources
from clinseek.evals.benchmarks.multimodal.report import IMAGE_MISSING, VISIBLE, RebuildReport
from clinseek.evals.benchmarks.multimodal.sources import SOURCES, Source, Split, sources_of
from clinseek.evals.benchmarks.suites import SUITES, PreparedSuite, prepare_suite
from clinseek.evals.benchmarks.suites.multimodal_rows import multimodal_row
from clinseek.evals.benchmarks.suites.visibility import visibility
from clinseek.toolkits.ehr.store import Store

MANIFEST, REPORT = "mm_bench.jsonl", "rebuild.json"
PER_TASK, SEED = 125, 42
"""As many rows of each task of MedMod were drawn for the published benchmark, by that seed."""
_SUITE = SUITES["clinseek-multimodal"]
_FEW = 3

Tell = Callable[[str], None]


class Rebuilt(NamedTuple):
    """What was found on the way, and the benchmark as `bench prepare` left it."""

    folder: Path
    store: Path
    report: RebuildReport
    prepared: PreparedSuite

    @property
    def faults(self) -> list[str]:
        """What is wrong by either report, a sentence each; the rows were written all the same."""
        return [*self.report.faults, *self.prepared.report.faults]

    def as_json(self) -> dict[str, Any]:
        """Both reports as plain values."""
        return {
            "folder": str(self.folder),
            "store": str(self.store),
            **self.report.as_json(),
            "prepared": self.prepared.as_json(),
        }


def rebuild_multimodal(
    *,
    ehrxqa: Path | None,
    medmod: Path | None,
    cxr: Sequence[Path],
    store: Path,
    out: Path,
    mimic: Sequence[Path] = (),
    manifest: Path | None = None,
    splits: Sequence[Split] = ("test",),
    per_task: int = PER_TASK,
    seed: int = SEED,
    tell: Tell = lambda _line: None,
    notice: Tell = lambda _line: None,
) -> Rebuilt:
    """Write ClinSeek-Bench multimodal into `out` from its sources, over a store that has X-rays.

    With `manifest`, the released one, its rows; without, the questions of EHRXQA that can be asked
    of the record and, drawn by `seed`, `per_task` instances of each task of MedMod. `out` gets
    `mm_bench.jsonl` in the published shape with images and reports below it, `rebuild.json`, and
    what `prepare_suite` makes of them. Where `store` has no X-rays it is made, or added to, from
    `mimic` and `cxr`. `tell` hears how far it is, `notice` each thing that is missing.

    SettingError for folders, files, lines and an `out` that cannot be, before anything is written
    there; what `ingest` and `prepare_suite` raise.
    """
    with draft_of(out) as draft:
        published = None if manifest is None else published_items(manifest)
        wanted = dict.fromkeys(SOURCES, splits) if published is None else splits_of(published)
        found = sources_of(ehrxqa=ehrxqa, medmod=medmod, cxr=cxr, splits=wanted)
        read = read_sources(found, with_answers=published is not None, tell=tell)
        opened = store_with_films(
            store, mimic=mimic, cxr=cxr,
            subjects=lambda: _subjects(read, published),
            progress=lambda at: tell(f"ingesting {at.table}: {at.rows:,} rows"),
        )  # fmt: skip
        tell("choosing rows")
        chosen, report = _chosen(
            read, published, Patients(opened),
            compared=found.at_hand, per_task=per_task, seed=seed,
        )  # fmt: skip
        assets = look_for(chosen.items, found.images)
        _notice_missing(assets, notice)
        items = _kept(chosen, assets, opened)
        report.note(items, chosen, assets)
        if not items:
            raise SettingError(f"no row came of it: {report.reasons()}")
        tell("laying out images")
        _write(items, assets, report, draft)
    prepared = prepare_suite(
        _SUITE, out, store=opened.path, out=out,
        progress=lambda at: tell(f"{at.stage}: {at.done:,} of {at.total:,}"),
    )  # fmt: skip
    return Rebuilt(out, opened.path, report, prepared)


def _subjects(read: ReadSources, published: Iterable[PublishedItem] | None) -> set[int]:
    if published is None:
        return read.subjects
    return {item.row.subject_id for item in published if item.row.subject_id is not None}


def _chosen(
    read: ReadSources,
    published: Sequence[PublishedItem] | None,
    patients: Patients,
    *,
    compared: frozenset[Source],
    per_task: int,
    seed: int,
) -> tuple[Chosen, RebuildReport]:
    report = RebuildReport(dict(read.read))
    if published is not None:
        facts = Facts(compared, read.answers, instances_by_name(read.instances), read.stays)
        chosen, differences = of_manifest(published, facts, patients)
        report.differences.update(differences.found)
        return chosen, report
    parts = [
        of_questions(read.questions, read.asked, patients),
        of_instances(read.instances, read.stays, patients, per_task=per_task, seed=seed),
        of_stays(read.patient_splits, read.stays.values(), patients, per_task=per_task, seed=seed),
    ]
    left_out = read.left_out.copy()
    for part in parts:
        left_out.update(part.left_out)
    return Chosen([item for part in parts for item in part.items], left_out), report


def _kept(chosen: Chosen, assets: Assets, store: Store) -> list[Item]:
    """The rows whose images are there and whose label the record at the cutoff does not show."""
    there = [assets.placed(item) for item in chosen.items if assets.complete(item)]
    chosen.left_out[IMAGE_MISSING] += len(chosen.items) - len(there)
    rows = [multimodal_row(item.published(0, reports={}), at=item.qid) for item in there]
    visible = frozenset(visibility(store, rows, profile="available").visible)
    chosen.left_out[VISIBLE] += sum(item.qid in visible for item in there)
    return [item for item in there if item.qid not in visible]


def _notice_missing(assets: Assets, notice: Tell) -> None:
    for kind, paths in (("images", assets.missing_images), ("reports", assets.missing_reports)):
        if paths:
            more = ", ..." if len(paths) > _FEW else ""
            notice(f"{len(paths):,} {kind} are missing: {', '.join(paths[:_FEW])}{more}")


def _write(items: Sequence[Item], assets: Assets, report: RebuildReport, folder: Path) -> None:
    reports = {
        film.study_id: film.laid_report
        for item in items
        if item.has_reports
        for film in item.films
        if film.study_id in assets.reports
    }
    try:
        lay_out(items, assets, folder)
        with (folder / MANIFEST).open("w", encoding="utf-8") as opened:
            for number, item in enumerate(items):
                told = item.published(number, reports=reports if item.has_reports else {})
                opened.write(json.dumps(told, ensure_ascii=False) + "\n")
        text = json.dumps(report.as_json(), indent=2, ensure_ascii=False)
        (folder / REPORT).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingError(
            f"--out {folder.parent}: cannot be written ({error.strerror})"
        ) from error
