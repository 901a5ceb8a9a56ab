"""The answers about laboratory results."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.evals.benchmarks.openseek.pandas_reading.picking import (
    count,
    doses_of,
    ends_of,
    in_icu,
    minute,
    of_stay,
    only,
    results,
    value_at,
    within_hours,
)
from tests.evals.benchmarks.openseek.pandas_reading.raw_folder import Parameters, Record

_FACTORS = {("g/dL", "g/L"): 10.0, ("mg/dL", "mg/L"): 10.0}


def latest_lab(record: Record, asked: Parameters) -> Any:
    return value_at(results(record, asked), "charttime", "last", "valuenum")


def first_lab(record: Record, asked: Parameters) -> Any:
    return value_at(of_stay(record, asked), "charttime", "first", "valuenum")


def lab_at_draw(record: Record, asked: Parameters) -> Any:
    found = results(record, asked)
    at = found[found["charttime"] == pd.Timestamp(asked["drawn"])]
    return only(list(at["valuenum"].unique()))


def lab_change(record: Record, asked: Parameters) -> Any:
    found = results(record, asked)
    last = value_at(found, "charttime", "last", "valuenum")
    earlier = found[found["charttime"] < found["charttime"].max()]
    before = value_at(earlier, "charttime", "last", "valuenum")
    return None if last is None or before is None else last - before


def lab_direction(record: Record, asked: Parameters) -> Any:
    ends = ends_of(within_hours(results(record, asked), "charttime", record, asked))
    if ends is None:
        return None
    if ends[1] == ends[0]:
        return "the same"
    return "higher" if ends[1] > ends[0] else "lower"


def lab_peak(record: Record, asked: Parameters) -> Any:
    found = of_stay(record, asked)
    return None if found.empty else found["valuenum"].max()


def lab_range(record: Record, asked: Parameters) -> Any:
    found = within_hours(results(record, asked), "charttime", record, asked)
    return None if len(found) < 2 else found["valuenum"].max() - found["valuenum"].min()


def lab_above_first(record: Record, asked: Parameters) -> Any:
    ends = ends_of(of_stay(record, asked))
    return None if ends is None else "yes" if ends[1] > ends[0] else "no"


def lab_percent(record: Record, asked: Parameters) -> Any:
    ends = ends_of(of_stay(record, asked))
    return None if ends is None else 100.0 * (ends[1] - ends[0]) / ends[0]


def lab_count(record: Record, asked: Parameters) -> Any:
    return count(of_stay(record, asked))


def abnormal_count(record: Record, asked: Parameters) -> Any:
    labs = record["labevents"]
    return count(within_hours(labs[labs["flag"] == "abnormal"], "charttime", record, asked))


def lab_peak_in_icu(record: Record, asked: Parameters) -> Any:
    found = in_icu(results(record, asked), record, asked)
    return None if found.empty else found["valuenum"].max()


def service_at_lab(record: Record, asked: Parameters) -> Any:
    drawn = results(record, asked)["charttime"].max()
    if pd.isna(drawn) or drawn < record.admitted:
        return None
    mine = record["services"][record["services"]["hadm_id"] == record.hadm_id]
    before = mine[mine["transfertime"] <= drawn]
    return value_at(before, "transfertime", "last", "curr_service")


def unit_of_lowest(record: Record, asked: Parameters) -> Any:
    found = of_stay(record, asked)
    lowest = found[found["valuenum"] == found["valuenum"].min()]
    places = record["transfers"].dropna(subset=["careunit"])
    units = {
        unit
        for drawn in lowest["charttime"]
        for unit in places[
            (places["intime"] <= drawn) & (places["outtime"].isna() | (places["outtime"] > drawn))
        ]["careunit"]
    }
    return only(sorted(units))


def lab_before_dose(record: Record, asked: Parameters) -> Any:
    doses = doses_of(record, asked)
    first = doses[doses["charttime"] >= record.admitted]["charttime"].min()
    if pd.isna(first):
        return None
    found = results(record, asked)
    return value_at(found[found["charttime"] < first], "charttime", "last", "valuenum")


def lab_in_icu(record: Record, asked: Parameters) -> Any:
    stays, found = record["icustays"], results(record, asked)
    if stays.empty or found.empty:
        return None
    drawn = found["charttime"].max()
    holds = (stays["intime"] <= drawn) & (stays["outtime"].isna() | (stays["outtime"] > drawn))
    return "yes" if holds.any() else "no"


def lab_time(record: Record, asked: Parameters) -> Any:
    return minute(results(record, asked)["charttime"].max())


def turnaround(record: Record, asked: Parameters) -> Any:
    found = results(record, asked)
    last = found[found["charttime"] == found["charttime"].max()]
    spans = (last["storetime"] - last["charttime"]).dropna().unique()
    one = only([span for span in spans if span >= pd.Timedelta(0)])
    return None if one is None else pd.Timedelta(one).total_seconds() / 60


def lab_span(record: Record, asked: Parameters) -> Any:
    times = of_stay(record, asked)["charttime"]
    if times.nunique() < 2:
        return None
    return (times.max() - times.min()).total_seconds() / 3600


def first_abnormal(record: Record, asked: Parameters) -> Any:
    found = of_stay(record, asked)
    return minute(found[found["flag"] == "abnormal"]["charttime"].min())


def dose_after_lab(record: Record, asked: Parameters) -> Any:
    given = doses_of(record, asked)["charttime"].max()
    drawn = results(record, asked)["charttime"].max()
    if pd.isna(given) or pd.isna(drawn) or given == drawn:
        return None
    return "yes" if given > drawn else "no"


def other_unit(record: Record, asked: Parameters) -> Any:
    found = latest_lab(record, asked)
    return None if found is None else found * _FACTORS[asked["lab_unit"], asked["unit"]]


def on_blood_gas(record: Record, asked: Parameters) -> Any:
    gases = results(record, asked, category="Blood Gas")
    return value_at(gases, "charttime", "last", "valuenum")
