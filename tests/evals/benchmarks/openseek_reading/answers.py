"""The definitions of `docs/openseek-qa.md`, each read over the record of one moment."""

from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from tests.evals.benchmarks.openseek_reading.question import Question
from tests.evals.benchmarks.openseek_reading.record import RawFiles, Record
from tests.evals.benchmarks.openseek_reading.results import (
    MINUTE,
    Answer,
    TwoReadingsError,
    administered,
    begun_at,
    by_admission,
    days,
    during,
    first,
    hours,
    last,
    of_this_stay,
    one,
    one_number,
    one_text,
    results,
    results_of_stay,
    since,
)

# Look-ups


def latest_lab(asked: Question, record: Record, files: RawFiles) -> Answer:
    return one_number(last(results(asked, record, files))["number"])


def first_lab_of_admission(asked: Question, record: Record, files: RawFiles) -> Answer:
    return one_number(first(results_of_stay(asked, record, files))["number"])


def lab_at_draw(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = results(asked, record, files)
    return one_number(rows.loc[rows["charttime"].dt.strftime(MINUTE) == asked.moment, "number"])


def measured_in_clinic(name: str, record: Record) -> float | None:
    rows = record["omr"].query("result_name == @name")
    return one_number(pd.to_numeric(last(rows, "chartdate")["result_value"]))


def latest_bmi(asked: Question, record: Record, files: RawFiles) -> Answer:
    return measured_in_clinic("BMI (kg/m2)", record)


def current_service(asked: Question, record: Record, files: RawFiles) -> Answer:
    return one_text(last(by_admission(record["services"], record), "transfertime")["curr_service"])


def admitted_from(asked: Question, record: Record, files: RawFiles) -> Answer:
    return None if record.current is None else str(record.current["admission_location"])


def organisms_grown(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = record["microbiologyevents"].query("spec_type_desc == @asked.named")
    grown = rows.loc[rows["chartdate"] == pd.Timestamp(asked.moment), "org_name"]
    return sorted(set(grown) - {""}) or None


def discharged_to(asked: Question, record: Record, files: RawFiles) -> Answer:
    stay = begun_at(record["admissions"], asked, "admittime")
    return None if stay is None else one_text(pd.Series([stay["discharge_location"]]))


# Trends


def lab_change(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = results(asked, record, files)
    newest = one_number(last(rows)["number"])
    before = one_number(last(rows[rows["charttime"] < rows["charttime"].max()])["number"])
    return None if newest is None or before is None else newest - before


def ends(rows: pd.DataFrame) -> tuple[float, float] | None:
    """Values of the first and the last draw, of two at least."""
    if rows["charttime"].nunique() < 2:
        return None
    return float(one(first(rows)["number"])), float(one(last(rows)["number"]))


def lab_direction(asked: Question, record: Record, files: RawFiles) -> Answer:
    both = ends(since(results(asked, record, files), asked, record))
    if both is None:
        return None
    oldest, newest = both
    if newest == oldest:
        return "the same"
    return "higher" if newest > oldest else "lower"


def lab_peak(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = results_of_stay(asked, record, files)
    return None if rows.empty else float(rows["number"].max())


def lab_range(asked: Question, record: Record, files: RawFiles) -> Answer:
    values = since(results(asked, record, files), asked, record)["number"]
    return float(values.max() - values.min()) if len(values) > 1 else None


def lab_above_first(asked: Question, record: Record, files: RawFiles) -> Answer:
    both = ends(results_of_stay(asked, record, files))
    if both is None:
        return None
    return "yes" if both[1] > both[0] else "no"


def lab_percent_change(asked: Question, record: Record, files: RawFiles) -> Answer:
    both = ends(results_of_stay(asked, record, files))
    return None if both is None else 100 * (both[1] - both[0]) / both[0]


# Counts


def lab_count(asked: Question, record: Record, files: RawFiles) -> Answer:
    return float(len(results_of_stay(asked, record, files)))


def abnormal_count(asked: Question, record: Record, files: RawFiles) -> Answer:
    return float(len(since(record["labevents"].query("flag == 'abnormal'"), asked, record)))


def care_units(asked: Question, record: Record, files: RawFiles) -> Answer:
    units = by_admission(record["transfers"], record)["careunit"]
    return float(units[units != ""].nunique())


def specimens_of_kind(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = record["microbiologyevents"].query("spec_type_desc == @asked.named")
    return float(rows["micro_specimen_id"].nunique())


def doses_given(asked: Question, record: Record, files: RawFiles) -> Answer:
    return float(len(since(administered(asked, record), asked, record)))


def earlier_admissions(asked: Question, record: Record, files: RawFiles) -> Answer:
    return float(record["admissions"]["dischtime"].notna().sum())


def orders_placed(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = record["poe"].query("order_type == @asked.named")
    return float(len(since(rows, asked, record, "ordertime")))


def started(record: Record) -> pd.DataFrame:
    """Known main prescriptions whose start has come."""
    rows = record["prescriptions"].query("drug_type == 'MAIN'")
    return rows[rows["starttime"] <= record.now]


def drugs_prescribed(asked: Question, record: Record, files: RawFiles) -> Answer:
    return float(of_this_stay(started(record), record, "starttime")["drug"].nunique())


# Joins


def principal_diagnosis(asked: Question, record: Record, files: RawFiles) -> Answer:
    stay = begun_at(record["admissions"], asked, "admittime")
    if stay is None:
        return None
    codes = record["diagnoses_icd"].query("hadm_id == @stay.hadm_id and seq_num == '1'")
    named = list(zip(codes["icd_code"], codes["icd_version"], strict=True))
    return one_text(files.diagnosis_titles.loc[named])


def lab_peak_in_icu(asked: Question, record: Record, files: RawFiles) -> Answer:
    stay = begun_at(record["icustays"], asked, "intime")
    if stay is None:
        return None
    rows = during(results(asked, record, files), stay, record)
    return None if rows.empty else float(rows["number"].max())


def service_at_lab(asked: Question, record: Record, files: RawFiles) -> Answer:
    drawn = results(asked, record, files)["charttime"].max()
    if record.current is None or not drawn >= record.current["admittime"]:
        return None
    services = by_admission(record["services"], record)
    then = last(services[services["transfertime"] <= drawn], "transfertime")
    return one_text(then["curr_service"])


def unit_of_lowest_lab(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = results_of_stay(asked, record, files)
    moves = record["transfers"].query("careunit != ''")
    ended = moves["outtime"].fillna(record.now + pd.Timedelta(seconds=1))
    units = [
        moves.loc[(moves["intime"] <= drawn) & (ended > drawn), "careunit"]
        for drawn in rows.loc[rows["number"] == rows["number"].min(), "charttime"]
    ]
    return one_text(pd.concat(units)) if units else None


def lab_before_first_dose(asked: Question, record: Record, files: RawFiles) -> Answer:
    doses = of_this_stay(administered(asked, record), record)
    rows = results(asked, record, files)
    return one_number(last(rows[rows["charttime"] < doses["charttime"].min()])["number"])


def doses_in_icu(asked: Question, record: Record, files: RawFiles) -> Answer:
    stay = begun_at(record["icustays"], asked, "intime")
    return None if stay is None else float(len(during(administered(asked, record), stay, record)))


def lab_drawn_in_icu(asked: Question, record: Record, files: RawFiles) -> Answer:
    drawn = results(asked, record, files)["charttime"].max()
    stays = record["icustays"]
    if pd.isna(drawn):
        return None
    left = stays["outtime"].fillna(record.now + pd.Timedelta(seconds=1))
    return "yes" if ((stays["intime"] <= drawn) & (left > drawn)).any() else "no"


# Time


def minute(moment: pd.Timestamp) -> str | None:
    return None if pd.isna(moment) else f"{moment:{MINUTE}}"


def lab_time(asked: Question, record: Record, files: RawFiles) -> Answer:
    return minute(results(asked, record, files)["charttime"].max())


def lab_turnaround(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = last(results(asked, record, files))
    minutes = one_number((rows["storetime"] - rows["charttime"]) / pd.Timedelta(minutes=1))
    return minutes if minutes is not None and minutes >= 0 else None


def hours_in_hospital(asked: Question, record: Record, files: RawFiles) -> Answer:
    return None if record.current is None else hours(record.now - record.current["admittime"])


def lab_span(asked: Question, record: Record, files: RawFiles) -> Answer:
    drawn = results_of_stay(asked, record, files)["charttime"]
    return hours(drawn.max() - drawn.min()) if drawn.nunique() > 1 else None


def days_since_previous_discharge(asked: Question, record: Record, files: RawFiles) -> Answer:
    if record.current is None:
        return None
    begun = record.current["admittime"]
    ended = record["admissions"]["dischtime"]
    before = ended[ended <= begun]
    return None if before.empty else days(begun - before.max())


def drug_last_given(asked: Question, record: Record, files: RawFiles) -> Answer:
    return minute(administered(asked, record)["charttime"].max())


def first_abnormal(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = results_of_stay(asked, record, files).query("flag == 'abnormal'")
    return minute(rows["charttime"].min())


def admission_length(asked: Question, record: Record, files: RawFiles) -> Answer:
    stay = begun_at(record["admissions"], asked, "admittime")
    if stay is None or pd.isna(stay["dischtime"]):
        return None
    return days(stay["dischtime"] - stay["admittime"])


def icu_length(asked: Question, record: Record, files: RawFiles) -> Answer:
    stay = begun_at(record["icustays"], asked, "intime")
    if stay is None or pd.isna(stay["outtime"]):
        return None
    return hours(stay["outtime"] - stay["intime"])


def dose_after_lab(asked: Question, record: Record, files: RawFiles) -> Answer:
    given = administered(asked, record)["charttime"].max()
    drawn = results(asked, record, files)["charttime"].max()
    if pd.isna(given) or pd.isna(drawn):
        return None
    if given == drawn:
        raise TwoReadingsError(f"dose and draw at {drawn}")
    return "yes" if given > drawn else "no"


# Unit traps

FACTORS: Final = {("mg/dL", "mg/L"): 10, ("g/dL", "g/L"): 10}
"""A litre is ten decilitres."""
KILOGRAMS_A_POUND: Final = 0.45359237
CENTIMETRES_AN_INCH: Final = 2.54


def lab_in_other_unit(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = last(results(asked, record, files))
    value = one_number(rows["number"])
    return None if value is None else value * FACTORS[one(rows["unit"]), str(asked.unit)]


def weight_in_kg(asked: Question, record: Record, files: RawFiles) -> Answer:
    pounds = measured_in_clinic("Weight (Lbs)", record)
    return None if pounds is None else pounds * KILOGRAMS_A_POUND


def height_in_cm(asked: Question, record: Record, files: RawFiles) -> Answer:
    inches = measured_in_clinic("Height (Inches)", record)
    return None if inches is None else inches * CENTIMETRES_AN_INCH


def triage_celsius(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = record["triage"].merge(record["edstays"][["stay_id", "intime"]], on="stay_id")
    fahrenheit = one_number(pd.to_numeric(last(rows, "intime")["temperature"]))
    if fahrenheit is None or not 90 <= fahrenheit <= 110:
        return None
    return (fahrenheit - 32) / 1.8


def output_in_litres(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = since(record["outputevents"].query("valueuom == 'ml'"), asked, record)
    litres = pd.to_numeric(rows["value"]).sum() / 1000
    return float(litres) if litres > 0 else None


def lab_on_blood_gas(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = results(asked, record, files).query("category == 'Blood Gas'")
    return one_number(last(rows)["number"])


def dose_in_grams(asked: Question, record: Record, files: RawFiles) -> Answer:
    rows = started(record).query("drug == @asked.named")
    newest = last(rows, "starttime")
    if newest.empty or one(newest["dose_unit_rx"]) != "mg":
        return None
    dose = pd.to_numeric(newest["dose_val_rx"], errors="coerce")
    return None if dose.isna().any() else float(one(dose)) / 1000


DEFINITIONS: Final[Mapping[str, Callable[[Question, Record, RawFiles], Answer]]] = {
    definition.__name__: definition
    for definition in (
        *(latest_lab, first_lab_of_admission, lab_at_draw, latest_bmi, current_service),
        *(admitted_from, organisms_grown, discharged_to),
        *(lab_change, lab_direction, lab_peak, lab_range, lab_above_first, lab_percent_change),
        *(lab_count, abnormal_count, care_units, specimens_of_kind, doses_given),
        *(earlier_admissions, orders_placed, drugs_prescribed),
        *(principal_diagnosis, lab_peak_in_icu, service_at_lab, unit_of_lowest_lab),
        *(lab_before_first_dose, doses_in_icu, lab_drawn_in_icu),
        *(lab_time, lab_turnaround, hours_in_hospital, lab_span, days_since_previous_discharge),
        *(drug_last_given, first_abnormal, admission_length, icu_length, dose_after_lab),
        *(lab_in_other_unit, weight_in_kg, height_in_cm, triage_celsius, output_in_litres),
        *(lab_on_blood_gas, dose_in_grams),
    )
}


def answer(asked: Question, record: Record, files: RawFiles) -> Answer:
    """What the record tells; None where it does not.

    Raises:
        TwoReadingsError: it tells two things.
    """
    return DEFINITIONS[asked.asks](asked, record, files)
