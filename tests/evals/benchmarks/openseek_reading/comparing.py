"""The rows of OpenSeek-QA beside this reading: labels, evidence, and why one has to abstain."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tests.evals.benchmarks.openseek_reading.answers import answer
from tests.evals.benchmarks.openseek_reading.question import Question, question
from tests.evals.benchmarks.openseek_reading.record import THE_END, RawFiles, Record, has_key
from tests.evals.benchmarks.openseek_reading.results import Answer, TwoReadingsError

EXACT: Final = 1e-6
"""Labels are written with six decimals."""
SETTING: Final = frozenset({"admissions", "edstays"})
"""Tables that say which stay is meant, and are evidence only where a row of them is named."""


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of a built benchmark."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def faults(row: Mapping[str, Any], files: RawFiles) -> list[str]:
    """What is wrong with a row, by this reading; empty where nothing is."""
    try:
        asked = question(row, files.laboratory_items)
        checks = CHECKS[row["metadata"]["outcome"]]
        return list(checks(asked, files.at(row["subject_id"], row["cutoff"]), files))
    except (TwoReadingsError, ValueError) as problem:
        return [f"{type(problem).__name__}: {problem}"]


def same(read: Answer, label: object) -> bool:
    """Whether the reading is the label; numbers to the label's six decimals."""
    if isinstance(read, str) or read is None or isinstance(read, list):
        return read == label
    return isinstance(label, float) and abs(float(read) - label) <= EXACT


def _told(asked: Question, record: Record, files: RawFiles) -> Iterator[str]:
    label, gold = asked.row["label"], asked.row.get("gold_rows", [])
    read = answer(asked, record, files)
    if not same(read, label):
        yield f"the record tells {read}, the label is {label}"
    for named in gold:
        if has_key(record[named["table"]], named["key"]).sum() != 1:
            yield f"not one known row: {named}"
    alone = record.only(gold, but=SETTING - {named["table"] for named in gold})
    if not same(from_rows := answer(asked, alone, files), label):
        yield f"the gold rows alone tell {from_rows}, the label is {label}"


def _nothing_yet(asked: Question, record: Record, files: RawFiles) -> Iterator[str]:
    if asked.row["label"] != [] or asked.row.get("gold_rows"):
        yield "to abstain is right, and there is a label or evidence"
    if (read := answer(asked, record, files)) is not None:
        yield f"the record tells {read}, the row says nothing is known"


def _never(asked: Question, record: Record, files: RawFiles) -> Iterator[str]:
    yield from _nothing_yet(asked, record, files)
    if (read := answer(asked, record.in_the_end(), files)) is not None:
        yield f"in the end the record tells {read}"


def _later(asked: Question, record: Record, files: RawFiles) -> Iterator[str]:
    yield from _nothing_yet(asked, record, files)
    subject, told = asked.row["subject_id"], asked.row["metadata"]
    known_at, coming = pd.Timestamp(told["known_at"]), told["future_answer"]
    if known_at <= record.now:
        yield f"known at {known_at}, not after the cutoff"
    then = files.at(subject, known_at)
    for moment in (known_at, THE_END):
        if not same(read := answer(asked, files.at(subject, moment), files), coming):
            yield f"at {moment} the record tells {read}, not {coming}"
    coming_rows = told["future_rows"]
    for named in coming_rows:
        if has_key(then[named["table"]], named["key"]).sum() != 1:
            yield f"not one row at {known_at}: {named}"
        cell = told["future_cell"]
        if _shown(record[named["table"]], named["key"], cell):
            yield f"already known at the cutoff: {named}"
    alone = then.only(coming_rows, but=SETTING - {named["table"] for named in coming_rows})
    if not same(read := answer(asked, alone, files), coming):
        yield f"the future rows alone tell {read}, not {coming}"


def _shown(rows: pd.DataFrame, key: Mapping[str, Any], cell: str | None) -> bool:
    there = rows[has_key(rows, key)]
    return not there.empty and (cell is None or bool(there[cell].notna().any()))


CHECKS: Final = {"told": _told, "never": _never, "later": _later}
