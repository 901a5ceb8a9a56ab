"""Rows and values that several definitions speak of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tests.evals.benchmarks.openseek.pandas_reading.raw_folder import Frame, Parameters, Record


def results(record: Record, asked: Parameters, *, category: str | None = None) -> Frame:
    """The results of a laboratory item: its label, fluid Blood, a number, the unit."""
    labs = record["labevents"]
    mine = labs[
        (labs["label"] == asked["label"])
        & (labs["fluid"] == "Blood")
        & labs["valuenum"].notna()
        & (labs["valueuom"] == asked["lab_unit"])
    ]
    return mine if category is None else mine[mine["category"] == category]


def of_stay(record: Record, asked: Parameters) -> Frame:
    found = results(record, asked)
    return found[found["charttime"] >= record.admitted]


def within_hours(frame: Frame, time: str, record: Record, asked: Parameters) -> Frame:
    return frame[frame[time] > record.now - pd.Timedelta(hours=int(asked["hours"]))]


def doses_of(record: Record, asked: Parameters) -> Frame:
    emar = record["emar"]
    return emar[(emar["medication"] == asked["drug"]) & (emar["event_txt"] == "Administered")]


def value_at(frame: Frame, time: str, which: str, column: str) -> Any:
    """The one value of the rows at the earliest or latest moment; None where there are no rows."""
    if frame.empty:
        return None
    moment = frame[time].min() if which == "first" else frame[time].max()
    values = frame.loc[frame[time] == moment, column].dropna().unique()
    return only(list(values))


def only(values: Sequence[Any]) -> Any:
    if len(values) > 1:
        raise ValueError(f"{len(values)} answers where one was asked for: {values}")
    return values[0] if values else None


def minute(moment: Any) -> str | None:
    return None if moment is None or pd.isna(moment) else moment.strftime("%Y-%m-%d %H:%M")


def ends_of(frame: Frame) -> tuple[Any, Any] | None:
    """The values at the earliest and at the latest charttime, where these are two moments."""
    if frame["charttime"].nunique() < 2:
        return None
    return (
        value_at(frame, "charttime", "first", "valuenum"),
        value_at(frame, "charttime", "last", "valuenum"),
    )


def outpatient(record: Record, name: str) -> Any:
    named = record["omr"][record["omr"]["result_name"] == name]
    numbers = named.assign(number=named["result_value"].astype(float))
    return value_at(numbers, "chartdate", "last", "number")


def stay_begun(record: Record, asked: Parameters, table: str, time: str) -> Frame:
    return record[table][record[table][time] == pd.Timestamp(asked["begun"])]


def count(frame: Frame) -> int | None:
    """How many rows; None where there are none, since nobody is asked about nothing."""
    return len(frame) or None


def in_icu(frame: Frame, record: Record, asked: Parameters) -> Frame:
    """The rows charted within the ICU stay that began at the moment asked for, ends included."""
    stay = stay_begun(record, asked, "icustays", "intime")
    if len(stay) != 1:
        return frame.iloc[:0]
    begun, left = stay.iloc[0]["intime"], stay.iloc[0]["outtime"]
    until = record.now if pd.isna(left) else left
    return frame[(frame["charttime"] >= begun) & (frame["charttime"] <= until)]
