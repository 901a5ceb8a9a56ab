"""A row of AgentEHR-Bench as a row of ours: the question is rendered, the label keeps its codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.suites.fields import label_texts, moment_of, row_of, whole
from clinseek.evals.rows import Row


class AgentTask(NamedTuple):
    """What a task asks for, and the table of names from which its answer is chosen."""

    asked: str
    candidates: str


AGENT_TASKS: Mapping[str, AgentTask] = {
    "diagnoses_ccs": AgentTask(
        "Which diagnoses, as CCS categories, will be coded for the present hospital stay?",
        "diagnoses_ccs_candidates",
    ),
    "procedures_ccs": AgentTask(
        "Which procedures, as CCS categories, are done on this day?", "procedures_ccs_candidates"
    ),
    "labevents": AgentTask("Which laboratory measurements are taken next?", "labevents_candidates"),
    "prescriptions": AgentTask(
        "Which drugs, as ATC names, are prescribed next?", "prescriptions_atc_candidates"
    ),
    "microbiologyevents": AgentTask(
        "Which microbiology tests are ordered next?", "microbiologyevents_candidates"
    ),
    "transfers": AgentTask(
        "To which care unit is the patient transferred next?", "transfers_candidates"
    ),
}
"""The six published tasks; the paper reports five of them and leaves prescriptions out."""

_CHOOSE = (
    "Look the names up in the candidate table {table} and answer with names exactly as they "
    "stand there, one item each; several may be right."
)


def agentehr_row(held: Mapping[str, Any], *, at: str) -> Row | None:
    """The row of a published item; None where none of its labels has a name.

    SettingError, with `at`, where a part of it is missing or the task is none of the six.
    """
    task = str(held.get("task") or held.get("task_name") or "")
    if task not in AGENT_TASKS:
        raise SettingError(f"{at}: task {task!r} is none of {', '.join(AGENT_TASKS)}")
    label = held.get("label", held.get("ground_truth"))
    names = label_texts(label, at=at)
    if not names:
        return None
    subject_id = whole(held.get("subject_id"), "subject_id", at=at)
    hadm_id = whole(held.get("hadm_id"), "hadm_id", at=at)
    asked = AGENT_TASKS[task]
    return row_of(
        {
            "qid": str(held.get("qid") or _qid(task, subject_id, hadm_id)),
            "subject_id": subject_id,
            "hadm_id": hadm_id,
            "cutoff": moment_of(held.get("prediction_time"), at=at),
            "task": task,
            "task_type": "agentehr",
            "question": f"{asked.asked} {_CHOOSE.format(table=asked.candidates)}",
            "answer_form": "list",
            "label": _coded(label, names),
        },
        at=at,
    )


def _qid(task: str, subject_id: int | None, hadm_id: int | None) -> str:
    """As the published loader makes one."""
    return "_".join(str(part) for part in (task, subject_id, hadm_id) if part is not None)


def _coded(label: Any, names: list[str]) -> list[str] | list[dict[str, Any]]:
    """Names with their codes where the label has them; of names that repeat all codes are kept."""
    if isinstance(label, list) and all(isinstance(each, Mapping) for each in label):
        return [dict(each) for each in label if each.get("name") not in (None, "")]
    return names
