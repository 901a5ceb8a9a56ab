"""Rows that several definitions start from, and how one value is taken from rows of one moment."""

from typing import Any

import pandas as pd

from tests.evals.benchmarks.openseek_reading.question import Question
from tests.evals.benchmarks.openseek_reading.record import RawFiles, Record

Answer = float | str | list[str] | None
"""None where the record does not tell."""
MINUTE = "%Y-%m-%d %H:%M"


class TwoReadingsError(Exception):
    """Rows of one moment differ: the record has more than one answer."""


def one(values: "pd.Series[Any]") -> Any:
    """The one value that all rows agree on; None where there are no rows."""
    different = values.dropna().unique()
    if len(different) > 1:
        raise TwoReadingsError(f"{list(different)}")
    return different[0] if len(different) else None


def one_number(values: "pd.Series[Any]") -> float | None:
    """The one number that all rows agree on, if there is one."""
    value = one(values)
    return None if value is None else float(value)


def one_text(values: "pd.Series[Any]") -> str | None:
    """The one text that all rows agree on, if there is one."""
    value = one(values)
    return None if value is None else str(value)


def last(rows: pd.DataFrame, by: str = "charttime") -> pd.DataFrame:
    """The rows with the latest time."""
    return rows[rows[by] == rows[by].max()]


def first(rows: pd.DataFrame, by: str = "charttime") -> pd.DataFrame:
    """The rows with the earliest time."""
    return rows[rows[by] == rows[by].min()]


def results(asked: Question, record: Record, files: RawFiles) -> pd.DataFrame:
    """Known results of the item in blood, in its unit, with `number`; of any category."""
    items = files.laboratory_items.query("label == @asked.label")
    rows = record["labevents"].merge(items[["itemid", "category", "unit"]], on="itemid")
    rows = rows.assign(number=pd.to_numeric(rows["valuenum"]))
    return rows[rows["number"].notna() & (rows["valueuom"] == rows["unit"])]


def of_this_stay(rows: pd.DataFrame, record: Record, by: str = "charttime") -> pd.DataFrame:
    """The rows at or after the beginning of the current admission; none without one."""
    if record.current is None:
        return rows.iloc[:0]
    return rows[rows[by] >= record.current["admittime"]]


def results_of_stay(asked: Question, record: Record, files: RawFiles) -> pd.DataFrame:
    return of_this_stay(results(asked, record, files), record)


def since(
    rows: pd.DataFrame, asked: Question, record: Record, by: str = "charttime"
) -> pd.DataFrame:
    """The rows of the hours before the cutoff, the edge left out."""
    return rows[rows[by] > record.now - asked.hours]


def administered(asked: Question, record: Record) -> pd.DataFrame:
    """Known doses of exactly that drug that were charted as Administered."""
    return record["emar"].query("medication == @asked.named and event_txt == 'Administered'")


def begun_at(rows: pd.DataFrame, asked: Question, by: str) -> "pd.Series[Any] | None":
    """The stay that began in the minute asked for."""
    then = rows[rows[by].dt.strftime(MINUTE) == asked.moment]
    if len(then) > 1:
        raise TwoReadingsError(f"{len(then)} stays began at {asked.moment}")
    return then.iloc[0] if len(then) else None


def during(rows: pd.DataFrame, stay: "pd.Series[Any]", record: Record) -> pd.DataFrame:
    """The rows charted in the ICU stay, both ends included."""
    end = record.now if pd.isna(stay["outtime"]) else stay["outtime"]
    return rows[rows["charttime"].between(stay["intime"], end)]


def by_admission(rows: pd.DataFrame, record: Record) -> pd.DataFrame:
    """The rows that name the current admission."""
    if record.current is None:
        return rows.iloc[:0]
    return rows[rows["hadm_id"] == record.current["hadm_id"]]


def hours(span: pd.Timedelta) -> float:
    return float(span / pd.Timedelta(hours=1))


def days(span: pd.Timedelta) -> float:
    return float(span / pd.Timedelta(days=1))
