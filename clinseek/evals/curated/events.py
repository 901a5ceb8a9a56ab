"""The kinds of events that a package shows, and what they are called in it."""

from __future__ import annotations

EVENT_NAMES: dict[str, str] = {
    "edstays": "Emergency visit",
    "triage": "Triage",
    "vitalsign": "Emergency vital signs",
    "medrecon": "Home medications",
    "pyxis": "Emergency medications dispensed",
    "transfers": "Transfer",
    "services": "Service",
    "icustays": "ICU stay",
    "omr": "Outpatient measurements",
    "labevents": "Laboratory results",
    "microbiologyevents": "Microbiology",
    "poe": "Orders",
    "prescriptions": "Prescriptions",
    "pharmacy": "Pharmacy",
    "emar": "Medication administration",
    "hcpcsevents": "Billed services",
    "procedures_icd": "Procedures (ICD)",
    "chartevents": "Chart",
    "datetimeevents": "Dated chart entries",
    "inputevents": "Inputs",
    "ingredientevents": "Ingredients",
    "outputevents": "Outputs",
    "procedureevents": "Procedures (bedside)",
    "radiology": "Radiology report",
}
"""By table. Tables without a time of their own (codes of a whole stay, details of other rows) make
no events; the stay and the last discharge note stand in the header."""
