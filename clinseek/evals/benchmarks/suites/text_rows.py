"""A row of ClinSeek-Bench text as a row of ours: task text and packaged evidence apart.

The published `question` holds both in one string. Here the task is the instruction, the packaged
evidence is the timeline, and neither ever holds the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.suites.fields import label_texts, moment_of, row_of, whole
from clinseek.evals.benchmarks.suites.sections import sections_of
from clinseek.evals.rows import Row

_YES_NO = frozenset({"yes", "no"})


def text_row(held: Mapping[str, Any], *, at: str) -> Row:
    """The row of a published text item. SettingError, with `at`, where a part of it is missing."""
    told = sections_of(str(held.get("question") or held.get("query") or ""))
    question = str(held.get("instruction") or told.get("task_instruction") or "").strip()
    if not question:
        raise SettingError(
            f"{at}: no task text (an instruction, or a question with <task_instruction>); the row "
            "cannot be parted into task and evidence"
        )
    evidence = str(held.get("input") or told.get("patient_timeline") or "").strip()
    label = held.get("label", held.get("output"))
    risk = isinstance(label, str) and label.strip().lower() in _YES_NO
    texts = label_texts(label, at=at)
    return row_of(
        {
            "qid": str(held.get("qid") or held.get("query_id") or ""),
            "subject_id": whole(held.get("subject_id"), "subject_id", at=at),
            "hadm_id": whole(held.get("hadm_id"), "hadm_id", at=at),
            "cutoff": moment_of(held.get("prediction_time"), at=at),
            "task": str(held.get("task") or "unnamed"),
            "task_type": str(
                held.get("task_type") or ("risk_prediction" if risk else "decision_making")
            ),
            "question": question,
            "candidates": [str(each) for each in held.get("candidates") or ()] or None,
            "answer_form": "yes_no" if risk else "list",
            "label": texts[0].lower() if risk else texts,
            "curated_evidence": evidence or None,
        },
        at=at,
    )
