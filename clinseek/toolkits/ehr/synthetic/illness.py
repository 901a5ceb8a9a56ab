"""Which disease a patient comes with, and how badly."""

from __future__ import annotations

from clinseek.toolkits.ehr.synthetic.catalogue.diseases import Disease
from clinseek.toolkits.ehr.synthetic.catalogue.minor_diseases import ALL_DISEASES
from clinseek.toolkits.ehr.synthetic.streams import Stream

PLANNED_SHARE = 0.07
"""Visits that are planned, whatever the age: whether a visit begins in the ED tells nothing."""


def draw_disease(stream: Stream, *, age: int) -> Disease:
    """One reason for a visit, fit for the age in years."""
    planned = stream.chance(PLANNED_SHARE)
    return stream.weighted(
        [
            (disease, disease.weight)
            for disease in ALL_DISEASES.values()
            if disease.elective == planned and disease.minimum_age <= age
        ]
    )


def draw_severity(stream: Stream, disease: Disease, *, frailty: float) -> float:
    """Severity at the door, 0..1, around the disease's own and the patient's frailty (0..1)."""
    level = disease.severity + 0.35 * (frailty - 0.5) + stream.normal(0, 0.15)
    return min(0.98, max(0.04, level))
