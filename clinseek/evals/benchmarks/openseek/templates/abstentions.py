"""Questions that the record does not answer, in the very words of those that it does."""

from __future__ import annotations

import dataclasses

from clinseek.evals.benchmarks.openseek import terms
from clinseek.evals.benchmarks.openseek.template import later, never
from clinseek.evals.benchmarks.openseek.templates import (
    joins,
    look_ups,
    times,
    trends,
    unit_traps,
)

UNANSWERABLE = (
    dataclasses.replace(
        never(look_ups.LATEST_LAB, "latest_lab_never_measured"), pool=terms.AN_UNSURE_LAB
    ),
    dataclasses.replace(
        never(trends.LAB_PEAK, "lab_peak_never_measured"), pool=terms.AN_UNSURE_LAB
    ),
    never(times.LAST_GIVEN, "drug_never_given"),
    never(times.DAYS_AT_HOME, "no_previous_discharge"),
    never(unit_traps.ON_BLOOD_GAS, "never_on_blood_gas"),
    never(unit_traps.WEIGHT_KG, "weight_never_recorded"),
    never(unit_traps.DOSE_GRAMS, "drug_never_prescribed"),
)
NOT_YET_KNOWN = (
    later(look_ups.LAB_AT_DRAW, "lab_result_pending"),
    later(look_ups.ORGANISMS, "culture_pending"),
    later(look_ups.DISCHARGED_TO, "not_yet_discharged"),
    later(joins.PRINCIPAL_DIAGNOSIS, "not_yet_coded"),
    later(times.ADMISSION_LENGTH, "admission_goes_on"),
    later(times.ICU_LENGTH, "icu_stay_goes_on"),
)
