"""A row of a published manifest, or of a results file that copied one, as a row of ours."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.records import AnswerForm

UNKNOWN_MOMENT = "9000-01-01 00:00:00"
"""Stands for a prediction time that the file does not tell; nothing is looked up by it."""
_COHORT = 9_000_000_000
"""Rows without a patient are patients of their own: above any id of MIMIC."""
_LABELS = ("label", "ground_truth", "output")
_QUESTIONS = ("question", "query", "instruction")


def published_row(held: Mapping[str, Any], *, at: str) -> Row:
    """The row that a published object holds. SettingError, with `at`, where it holds none."""
    qid = str(held.get("qid") or held.get("query_id") or _qid_of(held))
    label = _label(held)
    try:
        return Row(
            qid=qid,
            subject_id=_subject(held, qid),
            hadm_id=_whole(held.get("hadm_id")),
            stay_id=_whole(held.get("stay_id")),
            cutoff=str(held.get("prediction_time") or _snapshot(held) or UNKNOWN_MOMENT),
            task=str(held.get("task") or held.get("task_name") or "unnamed"),
            task_type=str(held.get("task_type") or "decision"),
            question=str(next((held[name] for name in _QUESTIONS if held.get(name)), "not told")),
            candidates=[str(each) for each in held.get("candidates") or ()] or None,
            answer_form=_form(label),
            label=label,
            group=held.get("source_benchmark"),
            scope="cohort" if held.get("scope") == "cohort_scope" else "patient",
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise SettingError(f"{at}: {where} cannot be read ({fault['msg']})") from None


def _label(held: Mapping[str, Any]) -> Any:
    """The label under whichever of its names; numbers among it as the text that is compared."""
    label = next((held[name] for name in _LABELS if held.get(name) is not None), None)
    if isinstance(label, list):
        return [_named(each) for each in label]
    return label if label is None or isinstance(label, str) else str(label)


def _named(each: Any) -> Any:
    return dict(each) if isinstance(each, Mapping) else str(each)


def _form(label: Any) -> AnswerForm | None:
    if isinstance(label, str) and label.strip().lower() in ("yes", "no"):
        return "yes_no"
    return "list" if isinstance(label, list) else None


def _qid_of(held: Mapping[str, Any]) -> str:
    """As the published loader makes one: task, patient, stay."""
    parts = [held.get("task"), _whole(held.get("subject_id")), _whole(held.get("hadm_id"))]
    return "_".join(str(part) for part in parts if part is not None) or "unknown"


def _subject(held: Mapping[str, Any], qid: str) -> int:
    return _whole(held.get("subject_id")) or _COHORT + zlib.crc32(qid.encode())


def _whole(value: Any) -> int | None:
    """An id as it may be written: 10000032, "10000032", 10000032.0, "nan"."""
    try:
        return int(float(value)) if value is not None else None
    except (ValueError, OverflowError):
        return None


def _snapshot(held: Mapping[str, Any]) -> str | None:
    spec = held.get("snapshot_spec")
    return spec.get("cutoff_time") if isinstance(spec, Mapping) else None
