"""Every row of a benchmark beside what the raw record answers: agreed, or not, or not readable."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from tests.evals.benchmarks.label_reading.raw import Answer, Key, Questions, RawRecord
from tests.evals.benchmarks.label_reading.tasks import READINGS

Outcome = Literal["agree", "disagree", "cannot be read"]
Row = Mapping[str, Any]
_OF_EACH_PATIENT_ONE = frozenset({"agentehr_diagnoses_ccs"})


class Verdict(NamedTuple):
    """What the raw record says of one row; `reason` is empty where both agree."""

    qid: str
    task: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class TaskReading:
    """One task: its questions in the raw record, and a verdict on each row of the benchmark."""

    task: str
    kept: int
    """Anchors that no exclusion leaves out."""
    left_out: int
    verdicts: tuple[Verdict, ...]

    def count(self, outcome: Outcome) -> int:
        return Counter(verdict.outcome for verdict in self.verdicts)[outcome]


def rows_of(path: Path) -> list[Row]:
    """The rows of a rows.jsonl."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read(rows: Iterable[Row], record: RawRecord) -> list[TaskReading]:
    """A reading of every task that the rows name, in the order of their first row."""
    by_task: dict[str, list[Row]] = {}
    for row in rows:
        by_task.setdefault(row["task"], []).append(row)
    return [_read_task(task, own, record) for task, own in by_task.items()]


def _read_task(task: str, rows: list[Row], record: RawRecord) -> TaskReading:
    if task not in READINGS:
        return _unread(task, rows, "no raw file names its classes")
    try:
        questions = READINGS[task](record)
    except FileNotFoundError as missing:
        return _unread(task, rows, str(missing))
    answers = [answer for same in questions.values() for answer in same]
    kept = sum(not answer.excluded for answer in answers)
    verdicts = tuple(_verdict(row, questions) for row in rows)
    if task in _OF_EACH_PATIENT_ONE:
        verdicts = tuple(_alone(verdict, rows) for verdict in verdicts)
    return TaskReading(task, kept, len(answers) - kept, verdicts)


def _unread(task: str, rows: list[Row], why: str) -> TaskReading:
    verdicts = (Verdict(row["qid"], task, "cannot be read", why) for row in rows)
    return TaskReading(task, 0, 0, tuple(verdicts))


def _verdict(row: Row, questions: Questions) -> Verdict:
    stay = str(row.get("stay_id") or row.get("hadm_id") or 0)
    key = Key(str(row["subject_id"]), stay, pd.Timestamp(row["cutoff"]))
    qid = f"{row['task']}_{key.subject_id}_{stay}_{key.cutoff:%Y%m%dT%H%M%S}"
    said = frozenset([row["label"]] if isinstance(row["label"], str) else row["label"])

    def verdict(outcome: Outcome, reason: str = "") -> Verdict:
        return Verdict(row["qid"], row["task"], outcome, reason)

    if row["qid"] != qid:
        return verdict("disagree", f"its fields spell {qid}")
    if len(said) != len([row["label"]] if isinstance(row["label"], str) else row["label"]):
        return verdict("disagree", "a name stands twice in the label")
    answers = questions.get(key, [])
    if len(answers) > 1:
        return verdict("cannot be read", f"{len(answers)} anchors fall into this second")
    if not answers:
        return verdict("disagree", "the raw record has no such anchor")
    return verdict(*_compared(said, answers[0]))


def _compared(said: frozenset[str], answer: Answer) -> tuple[Outcome, str]:
    if answer.excluded:
        return "disagree", f"excluded: {answer.excluded}"
    if said == answer.label:
        return "agree", ""
    only_row, only_raw = sorted(said - answer.label), sorted(answer.label - said)
    return "disagree", f"only the row has {only_row}, only the raw record has {only_raw}"


def _alone(verdict: Verdict, rows: list[Row]) -> Verdict:
    """The verdict, of a task that may ask about one admission of a patient at most."""
    patient = {row["qid"]: row["subject_id"] for row in rows}
    if Counter(patient.values())[patient[verdict.qid]] == 1:
        return verdict
    return verdict._replace(outcome="disagree", reason="not the one question of its patient")


def table(readings: Iterable[TaskReading]) -> str:
    """A line for each task, the sum, and below them a line for each row that does not agree."""
    lines = [
        "| task | questions | left out | rows | agree | disagree | cannot be read |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    readings = list(readings)
    for one in readings:
        counts = [one.kept, one.left_out, len(one.verdicts), *_outcomes([one])]
        lines.append(f"| {one.task} | {' | '.join(f'{count:,}' for count in counts)} |")
    rows = sum(len(one.verdicts) for one in readings)
    total = [rows, *_outcomes(readings)]
    lines += [f"| all | | | {' | '.join(f'{count:,}' for count in total)} |", ""]
    lines += [
        f"- {verdict.outcome}: {verdict.qid}: {verdict.reason}"
        for one in readings
        for verdict in one.verdicts
        if verdict.outcome != "agree"
    ]
    return "\n".join(lines) + "\n"


def _outcomes(readings: list[TaskReading]) -> list[int]:
    outcomes: tuple[Outcome, ...] = ("agree", "disagree", "cannot be read")
    return [sum(one.count(outcome) for one in readings) for outcome in outcomes]
