"""The answers about stays, places, orders, drugs, cultures and outpatient measurements."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.evals.benchmarks.openseek.pandas_reading.picking import (
    count,
    doses_of,
    in_icu,
    minute,
    only,
    outpatient,
    stay_begun,
    value_at,
    within_hours,
)
from tests.evals.benchmarks.openseek.pandas_reading.raw_folder import Parameters, Record


def latest_bmi(record: Record, _: Parameters) -> Any:
    return outpatient(record, "BMI (kg/m2)")


def current_service(record: Record, _: Parameters) -> Any:
    mine = record["services"][record["services"]["hadm_id"] == record.hadm_id]
    return value_at(mine, "transfertime", "last", "curr_service")


def admitted_from(record: Record, _: Parameters) -> Any:
    mine = record["admissions"][record["admissions"]["hadm_id"] == record.hadm_id]
    return only(list(mine["admission_location"].dropna().unique()))


def organisms(record: Record, asked: Parameters) -> Any:
    rows = record["microbiologyevents"]
    mine = rows[
        (rows["spec_type_desc"] == asked["specimen"])
        & (rows["chartdate"] == pd.Timestamp(asked["taken"]))
    ]
    return sorted(mine["org_name"].dropna().unique()) or None


def discharged_to(record: Record, asked: Parameters) -> Any:
    stay = stay_begun(record, asked, "admissions", "admittime")
    return only(list(stay["discharge_location"].dropna().unique()))


def care_units(record: Record, _: Parameters) -> Any:
    mine = record["transfers"][record["transfers"]["hadm_id"] == record.hadm_id]
    return int(mine["careunit"].nunique()) or None


def specimens(record: Record, asked: Parameters) -> Any:
    rows = record["microbiologyevents"]
    mine = rows[rows["spec_type_desc"] == asked["specimen"]]
    return int(mine["micro_specimen_id"].nunique()) or None


def doses_given(record: Record, asked: Parameters) -> Any:
    return count(within_hours(doses_of(record, asked), "charttime", record, asked))


def earlier_admissions(record: Record, _: Parameters) -> Any:
    return count(record["admissions"].dropna(subset=["dischtime"]))


def orders_placed(record: Record, asked: Parameters) -> Any:
    orders = record["poe"]
    mine = orders[orders["order_type"] == asked["order"]]
    return count(within_hours(mine, "ordertime", record, asked))


def drugs_prescribed(record: Record, _: Parameters) -> Any:
    drugs = record["prescriptions"]
    started = drugs[
        (drugs["drug_type"] == "MAIN")
        & (drugs["starttime"] >= record.admitted)
        & (drugs["starttime"] <= record.now)
    ]
    return int(started["drug"].nunique()) or None


def principal_diagnosis(record: Record, asked: Parameters) -> Any:
    stay = stay_begun(record, asked, "admissions", "admittime")
    codes = record["diagnoses_icd"]
    first = codes[codes["hadm_id"].isin(stay["hadm_id"]) & (codes["seq_num"] == 1)]
    titled = first.merge(asked["_titles"], on=["icd_code", "icd_version"])
    return only(list(titled["long_title"].unique()))


def doses_in_icu(record: Record, asked: Parameters) -> Any:
    return count(in_icu(doses_of(record, asked), record, asked))


def hours_in_hospital(record: Record, _: Parameters) -> Any:
    return (record.now - record.admitted).total_seconds() / 3600


def days_at_home(record: Record, _: Parameters) -> Any:
    ends = record["admissions"]["dischtime"].dropna()
    last = ends[ends <= record.admitted].max()
    return None if pd.isna(last) else (record.admitted - last).total_seconds() / 86400


def last_given(record: Record, asked: Parameters) -> Any:
    return minute(doses_of(record, asked)["charttime"].max())


def admission_length(record: Record, asked: Parameters) -> Any:
    stay = stay_begun(record, asked, "admissions", "admittime").dropna(subset=["dischtime"])
    spans = [(row.dischtime - row.admittime).total_seconds() / 86400 for row in stay.itertuples()]
    return only(spans)


def icu_length(record: Record, asked: Parameters) -> Any:
    stay = stay_begun(record, asked, "icustays", "intime").dropna(subset=["outtime"])
    return only([(row.outtime - row.intime).total_seconds() / 3600 for row in stay.itertuples()])


def weight_kg(record: Record, _: Parameters) -> Any:
    pounds = outpatient(record, "Weight (Lbs)")
    return None if pounds is None else pounds * 0.45359237


def height_cm(record: Record, _: Parameters) -> Any:
    inches = outpatient(record, "Height (Inches)")
    return None if inches is None else inches * 2.54


def triage_celsius(record: Record, _: Parameters) -> Any:
    visits = record["edstays"]
    last = visits[visits["intime"] == visits["intime"].max()]
    taken = record["triage"][record["triage"]["stay_id"].isin(last["stay_id"])]["temperature"]
    degrees = only(list(taken[(taken >= 90) & (taken <= 110)].unique()))
    return None if degrees is None else (degrees - 32) / 1.8


def output_litres(record: Record, asked: Parameters) -> Any:
    rows = record["outputevents"]
    recent = within_hours(rows[rows["valueuom"] == "ml"], "charttime", record, asked)
    total = recent["value"].sum()
    return total / 1000 if total > 0 else None


def dose_grams(record: Record, asked: Parameters) -> Any:
    drugs = record["prescriptions"]
    mine = drugs[
        (drugs["drug"] == asked["drug"])
        & (drugs["drug_type"] == "MAIN")
        & (drugs["starttime"] <= record.now)
    ]
    last = mine[mine["starttime"] == mine["starttime"].max()]
    plain = last[(last["dose_unit_rx"] == "mg") & last["dose_val_rx"].str.fullmatch(r"[\d.]+")]
    return only([float(dose) / 1000 for dose in plain["dose_val_rx"].unique()])
