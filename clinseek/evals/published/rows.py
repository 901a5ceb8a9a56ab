"""A row of a published manifest, or of a results file that copied one, as a row of ours."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.rows.row import NO_PATIENT, UNKNOWN_MOMENT
from clinseek.records import AnswerForm

_OF_A_RELEASE = ("AgentBench_v3", "AgentBench_v3.zip")
_LINKED = "OriginalLinked_v1"
_LABELS = ("label", "ground_truth", "output")
_QUESTIONS = ("question", "query", "instruction")


def published_row(held: Mapping[str, Any], *, at: str) -> Row:
    """The row that a published object holds. SettingError, with `at`, where it holds none."""
    qid = str(held.get("qid") or held.get("query_id") or _qid_of(held))
    label = _label(held)
    images = linked_paths(held.get("image_paths"))
    cohort = held.get("scope") == "cohort_scope"
    subject_id = _whole(held.get("subject_id"))
    if subject_id is None and not (images or cohort):
        subject_id = NO_PATIENT + zlib.crc32(qid.encode())
    moment = held.get("prediction_time") or _snapshot(held)
    try:
        return Row(
            qid=qid,
            subject_id=subject_id,
            hadm_id=_whole(held.get("hadm_id")),
            stay_id=_whole(held.get("stay_id")),
            cutoff=None if subject_id is None else str(moment or UNKNOWN_MOMENT),
            task=str(held.get("task") or held.get("task_name") or "unnamed"),
            task_type=str(held.get("task_type") or "decision"),
            question=str(next((held[name] for name in _QUESTIONS if held.get(name)), "not told")),
            candidates=[str(each) for each in held.get("candidates") or ()] or None,
            answer_form=_form(label),
            label=label,
            images=images,
            reports=linked_paths(held.get("report_paths")),
            group=held.get("source_benchmark"),
            scope="cohort" if cohort else "patient",
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise SettingError(f"{at}: {where} cannot be read ({fault['msg']})") from None


def linked_paths(paths: Any) -> list[str]:
    """Paths of images and reports as they lie in the folder of their source.

    The release writes the name of its archive in front of them, which no folder has.

    >>> linked_paths(["MedModOriginalLinked_v1/mimic-cxr/2.0.0/files/p10/a.jpg", "mimic-cxr/b.jpg"])
    ['mimic-cxr/2.0.0/files/p10/a.jpg', 'mimic-cxr/b.jpg']
    """
    return [_linked(str(path)) for path in paths or ()]


def placed_rows(rows: Iterable[Row], root: Path) -> list[Row]:
    """The rows with their paths below `root`, where it holds a folder for each source.

    The release lays its images out as `ROOT/ehrxqa/mimic-cxr/...` and `ROOT/medmod/mimic-cxr/...`;
    a path that lies below `root` itself, or nowhere, stays as it is.
    """
    return [_placed(row, root) for row in rows]


def _placed(row: Row, root: Path) -> Row:
    if not (row.group and (row.images or row.reports)):
        return row
    source = row.group

    def below(path: str) -> str:
        inside = f"{source}/{path}"
        return inside if not (root / path).exists() and (root / inside).exists() else path

    images, reports = map(below, row.images), map(below, row.reports)
    placed = {"images": list(images), "reports": list(reports)}
    # Built anew: a copy would keep the fingerprint of the row that it was.
    return Row.model_validate({**row.model_dump(), **placed})


def _linked(path: str) -> str:
    first, slash, rest = path.partition("/")
    named = first.endswith(_LINKED) or first in _OF_A_RELEASE
    return rest if slash and named else path


def _label(held: Mapping[str, Any]) -> Any:
    """The label under whichever of its names.

    Of a list the published text scorer compares texts and objects alone; a list of nothing else
    stands as objects without a name, which no answer matches. Items about images may be numbers.
    """
    label = next((held[name] for name in _LABELS if held.get(name) is not None), None)
    if not isinstance(label, list):
        return label if label is None or isinstance(label, str) else str(label)
    if held.get("image_paths") or held.get("source_benchmark") or held.get("scope"):
        return [dict(each) if isinstance(each, Mapping) else str(each) for each in label]
    named = [each for each in label if isinstance(each, (str, Mapping))]
    if any(isinstance(each, Mapping) for each in named):
        return [dict(each) if isinstance(each, Mapping) else {"name": each} for each in named]
    return named or [{"value": each} for each in label]


def _form(label: Any) -> AnswerForm | None:
    if isinstance(label, str) and label.strip().lower() in ("yes", "no"):
        return "yes_no"
    return "list" if isinstance(label, list) else None


def _qid_of(held: Mapping[str, Any]) -> str:
    """As the published loader makes one: task, patient, stay."""
    parts = [held.get("task"), _whole(held.get("subject_id")), _whole(held.get("hadm_id"))]
    return "_".join(str(part) for part in parts if part is not None) or "unknown"


def _whole(value: Any) -> int | None:
    """An id as it may be written: 10000032, "10000032", 10000032.0, "nan"."""
    try:
        return int(float(value)) if value is not None else None
    except (ValueError, OverflowError):
        return None


def _snapshot(held: Mapping[str, Any]) -> str | None:
    spec = held.get("snapshot_spec")
    return spec.get("cutoff_time") if isinstance(spec, Mapping) else None
