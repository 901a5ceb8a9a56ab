"""A row of ClinSeek-Bench multimodal as a row of ours: images by path, groups by a written rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from clinseek.evals.benchmarks.suites.fields import label_texts, moment_of, row_of, whole
from clinseek.evals.benchmarks.suites.groups import group_of
from clinseek.evals.benchmarks.suites.sections import sections_of
from clinseek.evals.published import linked_paths
from clinseek.evals.rows import Row

_COHORT_IDS = range(991_000_000, 991_001_000)
"""Placeholders of cohort rows: no patient has such an id."""
_TRUTHS = {"1": "yes", "0": "no", "yes": "yes", "no": "no", "true": "yes", "false": "no"}
_STUDY = re.compile(r"/(s\d+)(?:/|\.txt$)")


def multimodal_row(held: Mapping[str, Any], *, at: str) -> Row:
    """The row of a published item. SettingError, with `at`, where a part of it is missing.

    A polar gold item (0, 1, yes, no) becomes the label yes or no; the packaged evidence is the
    `<ehr_context>` of `input_text` where the manifest has one (the released one has not).
    """
    question = _question(str(held.get("question") or ""))
    gold = label_texts(held.get("label", held.get("ground_truth")), at=at)
    images, reports = linked_paths(held.get("image_paths")), linked_paths(held.get("report_paths"))
    task = str(held.get("task") or "unnamed")
    polar = _TRUTHS.get(gold[0].strip().lower()) if len(gold) == 1 else None
    subject_id = whole(held.get("subject_id"), "subject_id", at=at)
    cohort = held.get("scope") == "cohort_scope" or subject_id in _COHORT_IDS
    moment = held.get("prediction_time") or _snapshot(held)
    return row_of(
        {
            "qid": str(held.get("qid") or ""),
            "subject_id": None if cohort else subject_id,
            "hadm_id": whole(held.get("hadm_id"), "hadm_id", at=at),
            "stay_id": whole(held.get("stay_id"), "stay_id", at=at),
            "cutoff": None if cohort or subject_id is None else moment_of(moment, at=at),
            "task": task,
            "task_type": group_of(task, question, gold, studies=len(_studies([*images, *reports]))),
            "question": question,
            "answer_form": "yes_no" if polar else "list",
            "label": polar or gold,
            "curated_evidence": sections_of(str(held.get("input_text") or "")).get("ehr_context"),
            "images": images,
            "reports": reports,
            "group": held.get("source_benchmark"),
            "scope": "cohort" if cohort else "patient",
            "metadata": {"split": held.get("source_split") or held.get("official_split")},
        },
        at=at,
    )


def _question(text: str) -> str:
    """Task and question; patient and images are told by the harness, not by the row."""
    told = sections_of(text)
    parts = [told[name] for name in ("task_instruction", "question") if told.get(name)]
    return "\n\n".join(parts) or text.strip() or "not told"


def _studies(paths: Sequence[str]) -> set[str]:
    found = (_STUDY.search(path) for path in paths)
    return {study[1] for study in found if study}


def _snapshot(held: Mapping[str, Any]) -> Any:
    spec = held.get("snapshot_spec")
    return spec.get("cutoff_time") if isinstance(spec, Mapping) else None
