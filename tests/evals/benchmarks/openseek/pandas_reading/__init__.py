"""OpenSeek-QA answered a second time: pandas over the raw csv files, from the definitions alone.

What was known when follows the availability specification, written out once more in `raw_folder`;
nothing of the rules, of the cases or of the templates' SQL is imported. `answer` gives what the
definition of a question asks for, or None where the record does not tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from tests.evals.benchmarks.openseek.pandas_reading import laboratory, stays_and_drugs
from tests.evals.benchmarks.openseek.pandas_reading.raw_folder import (
    END,
    Parameters,
    RawFolder,
    Record,
)

__all__ = ["ANSWERS", "RawFolder", "answer"]

ANSWERS: dict[str, Callable[[Record, Parameters], Any]] = {
    "latest_lab": laboratory.latest_lab,
    "first_lab_of_admission": laboratory.first_lab,
    "lab_at_draw": laboratory.lab_at_draw,
    "latest_bmi": stays_and_drugs.latest_bmi,
    "current_service": stays_and_drugs.current_service,
    "admitted_from": stays_and_drugs.admitted_from,
    "organisms_grown": stays_and_drugs.organisms,
    "discharged_to": stays_and_drugs.discharged_to,
    "lab_change": laboratory.lab_change,
    "lab_direction": laboratory.lab_direction,
    "lab_peak": laboratory.lab_peak,
    "lab_range": laboratory.lab_range,
    "lab_above_first": laboratory.lab_above_first,
    "lab_percent_change": laboratory.lab_percent,
    "lab_count": laboratory.lab_count,
    "abnormal_count": laboratory.abnormal_count,
    "care_units": stays_and_drugs.care_units,
    "specimens_of_kind": stays_and_drugs.specimens,
    "doses_given": stays_and_drugs.doses_given,
    "earlier_admissions": stays_and_drugs.earlier_admissions,
    "orders_placed": stays_and_drugs.orders_placed,
    "drugs_prescribed": stays_and_drugs.drugs_prescribed,
    "principal_diagnosis": stays_and_drugs.principal_diagnosis,
    "lab_peak_in_icu": laboratory.lab_peak_in_icu,
    "service_at_lab": laboratory.service_at_lab,
    "unit_of_lowest_lab": laboratory.unit_of_lowest,
    "lab_before_first_dose": laboratory.lab_before_dose,
    "doses_in_icu": stays_and_drugs.doses_in_icu,
    "lab_drawn_in_icu": laboratory.lab_in_icu,
    "lab_time": laboratory.lab_time,
    "lab_turnaround": laboratory.turnaround,
    "hours_in_hospital": stays_and_drugs.hours_in_hospital,
    "lab_span": laboratory.lab_span,
    "days_since_previous_discharge": stays_and_drugs.days_at_home,
    "drug_last_given": stays_and_drugs.last_given,
    "first_abnormal": laboratory.first_abnormal,
    "admission_length": stays_and_drugs.admission_length,
    "icu_length": stays_and_drugs.icu_length,
    "dose_after_lab": laboratory.dose_after_lab,
    "lab_in_other_unit": laboratory.other_unit,
    "weight_in_kg": stays_and_drugs.weight_kg,
    "height_in_cm": stays_and_drugs.height_cm,
    "triage_celsius": stays_and_drugs.triage_celsius,
    "output_in_litres": stays_and_drugs.output_litres,
    "lab_on_blood_gas": laboratory.on_blood_gas,
    "dose_in_grams": stays_and_drugs.dose_grams,
}
"""By the name of the template whose definition is meant."""


def answer(
    raw: RawFolder,
    question: str,
    parameters: Parameters,
    *,
    subject_id: int,
    cutoff: str,
    everything: bool = False,
) -> Any:
    """What the record says at the cutoff, or once `everything` is known; None for nothing."""
    asked_at = pd.Timestamp(cutoff)
    record = raw.at(subject_id, END if everything else asked_at, asked_at=asked_at)
    titles = raw.dictionaries["d_icd_diagnoses"]
    return ANSWERS[question](record, {**parameters, "_titles": titles})
