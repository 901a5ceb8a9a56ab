"""The kinds of events that a package shows, and what they are called in it."""

from __future__ import annotations

EVENT_NAMES: dict[str, str] = {
    "patients": "Patient Demographics",
    "omr": "Online Medical Record",
    "pharmacy": "Pharmacy",
    "poe": "Provider Order Entry",
    "procedures_icd": "Procedures on International Classification of Diseases",
    "prescriptions": "Prescriptions",
    "services": "Services",
    "labevents": "Labotary Test Events",
    "microbiologyevents": "Microbiology Test Events",
    "admissions": "Admissions",
    "transfers": "Transfers",
    "emar": "Electronic Medicine Administration Record",
    "hcpcsevents": "Hcpcs Events",
    "diagnoses_icd": "Diagnoses on International Classification of Diseases",
    "drgcodes": "Drgcodes",
    "radiology": "Radiology Examinations",
    "discharge": "Discharge",
    "edstays": "EDstays",
    "triage": "Triage",
    "medrecon": "Medrecon",
    "pyxis": "Pyxis",
    "vitalsign": "Vitalsign",
    "diagnosis": "ED Diagnoses on International Classification of Diseases",
    "icustays": "ICUstays",
    "chartevents": "Chart Events",
    "ingredientevents": "Ingredient Events",
    "datetimeevents": "Datetime Events",
    "procedureevents": "Procedure Events",
    "inputevents": "Input Events",
    "outputevents": "Output Events",
}
"""The thirty published kinds by table, each exactly as EHR-Bench heads it, its spelling included:
a model that was trained on those headings shall find them."""

IN_THE_HEADER = ("patients", "discharge", "admissions")
"""Those that stand before the events and are none themselves, each with its newest row."""

MOMENT_OF_PARENT: dict[str, tuple[str, str, str]] = {
    "triage": ("edstays", "stay_id", "intime"),
    "diagnosis": ("edstays", "stay_id", "outtime"),
    "diagnoses_icd": ("admissions", "hadm_id", "dischtime"),
    "drgcodes": ("admissions", "hadm_id", "dischtime"),
}
"""Tables without a time of their own: the table, key and column that tells it. Triage is of the
arrival; codes are of the end of their visit or stay, and none is known before."""
