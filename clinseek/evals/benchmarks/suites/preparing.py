"""A published suite made ready to run over a store: rows of ours, and what was found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from clinseek.errors import CutoffError, SettingError
from clinseek.evals.benchmarks.suites.expected import Suite
from clinseek.evals.benchmarks.suites.validation import SuiteReport, validate_suite
from clinseek.evals.benchmarks.suites.visibility import Visibility, visibility
from clinseek.evals.curated import package
from clinseek.evals.published import placed_rows
from clinseek.evals.rows import Row, write_rows
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.validity.probe.patient import KeptRecord

Evidence = Literal["published", "case"]
_FEW = 5


class SuiteProgress(NamedTuple):
    """How far it is: rows whose case was opened."""

    stage: str
    done: int
    total: int
    seconds: float


@dataclass(frozen=True)
class PreparedSuite:
    """Where the rows lie, and what was found on the way.

    `strangers` are the qids of rows whose patient, or whose cutoff, the store does not have,
    `unanswerable` of those whose candidates lack the right answer; both are left out of `rows`.
    """

    file: Path
    rows: Sequence[Row]
    report: SuiteReport
    strangers: Sequence[str]
    unanswerable: Sequence[str]
    rendered: int
    visible: dict[str, Visibility]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "rows_file": str(self.file),
            "rows": len(self.rows),
            "left_out_not_in_store": list(self.strangers),
            "left_out_candidates_without_answer": list(self.unanswerable),
            "evidence_rendered_from_the_case": self.rendered,
            "label_visible_at_the_cutoff": {
                profile: {"looked": told.looked, "visible": len(told.visible), "qids": told.visible}
                for profile, told in self.visible.items()
            },
            "manifest": self.report.as_json(),
        }


def prepare_suite(
    suite: Suite,
    source: Path,
    *,
    store: Path,
    out: Path,
    evidence: Evidence = "published",
    progress: Callable[[SuiteProgress], None] = lambda _progress: None,
) -> PreparedSuite:
    """Write `out/rows.jsonl` and `out/report.json` from the manifests under `source`.

    The packaged evidence is the published one where a row has it, and is rendered from the case
    where it has none, or everywhere with `evidence` "case": then both settings know the same. Rows
    of patients that the store lacks, and rows whose candidates lack the right answer, are left out
    and counted. SettingError where `out` holds rows already or cannot be written, or where no row
    is left; StoreError for a folder that is no store.
    """
    file = out / "rows.jsonl"
    if file.exists():
        raise SettingError(f"{file} is there already; name a new folder with --out")
    opened = Store.open(store)
    report = validate_suite(suite, source)
    root = source if report.assets is None else report.assets.root
    unanswerable = report.read.without_gold
    answerable = [row for row in report.read.rows if row.qid not in frozenset(unanswerable)]
    if not answerable:
        raise SettingError(
            f"all {len(unanswerable)} rows have candidates without their own answer; the manifest "
            "is not what was published"
        )
    rows, strangers, rendered = _with_evidence(
        opened, placed_rows(answerable, root), evidence=evidence, progress=progress
    )
    if not rows:
        raise SettingError(
            f"none of the {len(answerable)} rows is of a patient of {store}; name the store "
            "that was made of the release that the suite asks about"
        )
    visible = {
        profile: visibility(opened, rows, profile=profile) for profile in ("available", "reference")
    }
    made = PreparedSuite(file, rows, report, strangers, unanswerable, rendered, visible)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_rows(file, rows)
        told = json.dumps(made.as_json(), indent=2, ensure_ascii=False)
        (out / "report.json").write_text(told + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingError(f"--out {out}: cannot be written ({error.strerror})") from error
    return made


def _with_evidence(
    store: Store,
    rows: Sequence[Row],
    *,
    evidence: Evidence,
    progress: Callable[[SuiteProgress], None],
) -> tuple[list[Row], list[str], int]:
    """The rows that the store can answer, in their order, each with packaged evidence."""
    began, known, done = time.monotonic(), set(store.subjects()), 0
    kept: dict[str, Row] = {}
    rendered = 0
    for subject_id, of_patient in _by_patient(rows).items():
        record = KeptRecord(store, subject_id) if subject_id in known else None
        for row in of_patient:
            done += 1
            progress(SuiteProgress("cases", done, len(rows), time.monotonic() - began))
            if subject_id is not None and record is None:
                continue
            if record is None or (row.curated_evidence and evidence == "published"):
                kept[row.qid] = row
                continue
            told = _rendered(record, row)
            if told is not None:
                rendered += 1
                kept[row.qid] = row.model_copy(update={"curated_evidence": told})
    ordered = [kept[row.qid] for row in rows if row.qid in kept]
    return ordered, [row.qid for row in rows if row.qid not in kept], rendered


def _by_patient(rows: Sequence[Row]) -> dict[int | None, list[Row]]:
    found: dict[int | None, list[Row]] = {}
    for row in rows:
        found.setdefault(row.subject_id, []).append(row)
    return found


def _rendered(record: KeptRecord, row: Row) -> str | None:
    """The package of the row's case; None where the record begins after the cutoff."""
    subject_id, cutoff = row.bound
    try:
        with closing(open_case(record, subject_id, cutoff=cutoff)) as case:
            return package(case)
    except CutoffError:
        return None
