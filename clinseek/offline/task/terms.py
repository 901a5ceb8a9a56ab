"""Words that clinicians say, and the labels under which MIMIC-IV files what they mean.

Terms only: nothing here knows a value, a patient or an answer. Labels are those of d_labitems and
d_items; urine labels are the ones that mimic-code's `urine_output` concept sums.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal, NamedTuple, TypeVar

Kind = Literal["lab", "vital"]
_Meant = TypeVar("_Meant")


class Concept(NamedTuple):
    """A measured thing: how it is `said`, its `labels` (the preferred one first).

    `ed` is the column of the emergency department's vitalsign table, where there is one.
    """

    name: str
    kind: Kind
    said: tuple[str, ...]
    labels: tuple[str, ...]
    ed: str | None = None


class DrugClass(NamedTuple):
    """A class of drugs: how it is `said` and parts of its members' names."""

    name: str
    said: tuple[str, ...]
    members: tuple[str, ...]


def _lab(name: str, said: str, *labels: str) -> Concept:
    return Concept(name, "lab", (name, *said.split(", ")) if said else (name,), labels)


def _vital(name: str, said: str, *labels: str, ed: str | None = None) -> Concept:
    return Concept(name, "vital", (name, *said.split(", ")) if said else (name,), labels, ed)


CONCEPTS: tuple[Concept, ...] = (
    _lab("creatinine", "creat, scr, serum creatinine", "Creatinine"),
    _lab("potassium", "k, k+", "Potassium", "Potassium, Whole Blood"),
    _lab("sodium", "na, na+", "Sodium", "Sodium, Whole Blood"),
    _lab("chloride", "cl", "Chloride", "Chloride, Whole Blood"),
    _lab("bicarbonate", "hco3, bicarb", "Bicarbonate"),
    _lab("urea nitrogen", "bun, urea", "Urea Nitrogen"),
    _lab("glucose", "blood sugar, blood glucose", "Glucose"),
    _lab("calcium", "total calcium", "Calcium, Total"),
    _lab("ionised calcium", "ionized calcium, free calcium", "Free Calcium"),
    _lab("magnesium", "mg level", "Magnesium"),
    _lab("phosphate", "phosphorus, phos", "Phosphate"),
    _lab("anion gap", "", "Anion Gap"),
    _lab("lactate", "lactic acid", "Lactate"),
    _lab("haemoglobin", "hemoglobin, hgb, hb", "Hemoglobin"),
    _lab("haematocrit", "hematocrit, hct", "Hematocrit"),
    _lab("white blood cells", "wbc, white count, white cell count, white blood cell count, "
         "leukocyte count, leucocyte count", "White Blood Cells", "WBC Count"),
    _lab("red blood cells", "rbc, red cell count", "Red Blood Cells"),
    _lab("platelet count", "platelets, plt, platelet", "Platelet Count"),
    _lab("INR", "international normalised ratio, international normalized ratio", "INR(PT)"),
    _lab("prothrombin time", "pt", "PT"),
    _lab("partial thromboplastin time", "ptt, aptt", "PTT"),
    _lab("total bilirubin", "bilirubin, tbili", "Bilirubin, Total"),
    _lab("direct bilirubin", "conjugated bilirubin", "Bilirubin, Direct"),
    _lab("ALT", "alanine aminotransferase, sgpt", "Alanine Aminotransferase (ALT)"),
    _lab("AST", "aspartate aminotransferase, asparate aminotransferase, sgot",
         "Asparate Aminotransferase (AST)"),
    _lab("alkaline phosphatase", "alk phos, alp", "Alkaline Phosphatase"),
    _lab("lactate dehydrogenase", "ldh", "Lactate Dehydrogenase (LD)"),
    _lab("albumin", "", "Albumin"),
    _lab("lipase", "", "Lipase"),
    _lab("troponin", "troponin t, trop, tnt", "Troponin T", "Troponin I"),
    _lab("creatine kinase", "ck, cpk", "Creatine Kinase (CK)"),
    _lab("CK-MB", "ckmb, creatine kinase mb", "Creatine Kinase, MB Isoenzyme"),
    _lab("NT-proBNP", "bnp, ntprobnp, pro-bnp", "NTproBNP"),
    _lab("C-reactive protein", "crp", "C-Reactive Protein"),
    _lab("haemoglobin A1c", "hemoglobin a1c, hba1c, a1c", "% Hemoglobin A1c"),
    _lab("GFR", "egfr, estimated gfr, glomerular filtration rate",
         "Estimated GFR (MDRD equation)", "MDRDgfr"),
    _lab("TSH", "thyroid stimulating hormone", "Thyroid Stimulating Hormone"),
    _lab("ammonia", "", "Ammonia"),
    _lab("ferritin", "", "Ferritin"),
    _lab("fibrinogen", "", "Fibrinogen, Functional"),
    _lab("pH", "", "pH"),
    _lab("pCO2", "paco2", "pCO2"),
    _lab("pO2", "pao2", "pO2"),
    _lab("base excess", "", "Base Excess"),
    _lab("vancomycin level", "vancomycin trough, vanc trough, vanc level", "Vancomycin"),
    _vital("heart rate", "hr, pulse, pulse rate", "Heart Rate", ed="heartrate"),
    _vital("respiratory rate", "rr, resp rate, respirations", "Respiratory Rate", ed="resprate"),
    _vital("oxygen saturation", "spo2, sao2, o2 sat, o2 saturation, sats",
           "O2 saturation pulseoxymetry", ed="o2sat"),
    _vital("systolic blood pressure", "sbp, systolic bp, systolic, systolic pressure",
           "Arterial Blood Pressure systolic", "Non Invasive Blood Pressure systolic", ed="sbp"),
    _vital("diastolic blood pressure", "dbp, diastolic bp, diastolic, diastolic pressure",
           "Arterial Blood Pressure diastolic", "Non Invasive Blood Pressure diastolic", ed="dbp"),
    _vital("mean arterial pressure", "map, mean blood pressure, mean bp",
           "Arterial Blood Pressure mean", "Non Invasive Blood Pressure mean"),
    _vital("blood pressure", "bp",
           "Arterial Blood Pressure systolic", "Non Invasive Blood Pressure systolic", ed="sbp"),
    _vital("temperature", "temp, body temperature",
           "Temperature Fahrenheit", "Temperature Celsius", ed="temperature"),
    _vital("central venous pressure", "cvp", "Central Venous Pressure"),
    _vital("GCS motor", "gcs motor response", "GCS - Motor Response"),
    _vital("GCS verbal", "gcs verbal response", "GCS - Verbal Response"),
    _vital("GCS eye", "gcs eye opening", "GCS - Eye Opening"),
    _vital("inspired oxygen", "fio2, inspired o2", "Inspired O2 Fraction"),
    _vital("PEEP", "positive end-expiratory pressure", "PEEP set"),
    _vital("weight", "body weight", "Daily Weight", "Admission Weight (Kg)"),
    _vital("pain score", "pain level, pain", "Pain Level", ed="pain"),
)  # fmt: skip

DRUG_CLASSES: tuple[DrugClass, ...] = (
    DrugClass("antibiotics", ("antibiotic", "antibiotics", "antimicrobial", "antibacterial"), (
        "vancomycin", "cef", "piperacillin", "meropenem", "ertapenem", "imipenem", "aztreonam",
        "ciprofloxacin", "levofloxacin", "moxifloxacin", "metronidazole", "flagyl", "ampicillin",
        "amoxicillin", "nafcillin", "oxacillin", "penicillin", "azithromycin", "erythromycin",
        "clarithromycin", "doxycycline", "minocycline", "tigecycline", "linezolid", "daptomycin",
        "gentamicin", "tobramycin", "amikacin", "clindamycin", "sulfameth", "trimethoprim",
        "nitrofurantoin", "rifampin", "rifaximin", "colistin", "zosyn", "unasyn",
    )),
    DrugClass("vasopressors", ("vasopressor", "vasopressors", "pressor", "pressors"), (
        "norepinephrine", "epinephrine", "phenylephrine", "vasopressin", "dopamine",
        "angiotensin ii",
    )),
    DrugClass("anticoagulants", ("anticoagulant", "anticoagulants", "anticoagulation",
                                 "blood thinner", "blood thinners"), (
        "heparin", "enoxaparin", "warfarin", "apixaban", "rivaroxaban", "dabigatran",
        "fondaparinux", "argatroban", "bivalirudin", "dalteparin",
    )),
    DrugClass("opioids", ("opioid", "opioids", "opiate", "opiates", "narcotic", "narcotics"), (
        "morphine", "hydromorphone", "fentanyl", "oxycodone", "hydrocodone", "methadone",
        "tramadol", "codeine", "meperidine", "buprenorphine",
    )),
    DrugClass("sedatives", ("sedative", "sedatives", "sedation", "benzodiazepine",
                            "benzodiazepines"), (
        "propofol", "midazolam", "lorazepam", "dexmedetomidine", "diazepam", "ketamine",
        "clonazepam",
    )),
    DrugClass("diuretics", ("diuretic", "diuretics"), (
        "furosemide", "bumetanide", "torsemide", "spironolactone", "hydrochlorothiazide",
        "chlorothiazide", "metolazone", "acetazolamide", "chlorthalidone",
    )),
    DrugClass("steroids", ("steroid", "steroids", "corticosteroid", "corticosteroids"), (
        "prednisone", "prednisolone", "dexamethasone", "hydrocortisone", "fludrocortisone",
        "budesonide",
    )),
    DrugClass("beta blockers", ("beta blocker", "beta blockers", "beta-blocker", "beta-blockers"), (
        "metoprolol", "atenolol", "carvedilol", "labetalol", "propranolol", "esmolol", "bisoprolol",
        "nadolol",
    )),
    DrugClass("statins", ("statin", "statins"), (
        "atorvastatin", "simvastatin", "rosuvastatin", "pravastatin", "lovastatin",
    )),
    DrugClass("insulin", ("insulin", "insulins"), ("insulin",)),
)  # fmt: skip

DRUG_SYNONYMS: dict[str, str] = {
    "tylenol": "acetaminophen", "paracetamol": "acetaminophen", "lasix": "furosemide",
    "vanc": "vancomycin", "zosyn": "piperacillin", "coumadin": "warfarin", "levophed":
    "norepinephrine", "noradrenaline": "norepinephrine", "adrenaline": "epinephrine",
    "dilaudid": "hydromorphone", "ativan": "lorazepam", "precedex": "dexmedetomidine",
    "lopressor": "metoprolol", "aspirin": "aspirin", "asa": "aspirin", "kcl": "potassium chloride",
}  # fmt: skip

CONDITION_SYNONYMS: dict[str, tuple[str, ...]] = {
    "htn": ("hypertension", "hypertensive"),
    "high blood pressure": ("hypertension", "hypertensive"),
    "dm": ("diabetes",),
    "diabetic": ("diabetes",),
    "chf": ("heart failure",),
    "hf": ("heart failure",),
    "afib": ("atrial fibrillation",),
    "af": ("atrial fibrillation",),
    "ckd": ("chronic kidney disease",),
    "copd": ("chronic obstructive", "obstructive chronic", "chronic airway"),
    "mi": ("myocardial infarction",),
    "heart attack": ("myocardial infarction",),
    "cad": ("coronary atherosclerosis", "atherosclerotic heart"),
    "stroke": ("stroke", "cerebral infarction", "intracerebral hemorrhage"),
    "cancer": ("malignant neoplasm", "carcinoma", "lymphoma", "leukemia"),
    "esrd": ("end stage renal",),
    "pe": ("pulmonary embolism",),
    "dvt": ("deep vein", "deep vessels"),
    "aki": ("acute kidney failure",),
    "acute kidney injury": ("acute kidney failure",),
    "sepsis": ("sepsis", "septicemia", "septic"),
    "ventilated": ("invasive ventilation", "mechanical ventilation"),
    "ventilat": ("invasive ventilation", "mechanical ventilation"),
    "intubated": ("intubation", "invasive ventilation"),
    "intubat": ("intubation", "invasive ventilation"),
    "extubated": ("extubation",),
    "extubat": ("extubation",),
    "dialysis": ("dialysis", "hemodialysis"),
}

URINE_OUTPUT_LABELS: tuple[str, ...] = (
    "Foley", "Void", "Condom Cath", "Ileoconduit", "Suprapubic", "R Nephrostomy", "L Nephrostomy",
    "Straight Cath", "R Ureteral Stent", "L Ureteral Stent", "GU Irrigant/Urine Volume Out",
)  # fmt: skip
URINE_INPUT_LABEL = "GU Irrigant Volume In"
"""Irrigation put in is no urine: it is taken off the total (mimic-code, urine_output)."""


class State(NamedTuple):
    """A state that is a number beyond a limit: of which concept, on which side, which limit."""

    concept: str
    operator: Literal[">", "<"]
    limit: float


STATES: dict[str, State] = {
    "fever": State("temperature", ">", 100.4),
    "febrile": State("temperature", ">", 100.4),
    "tachycardia": State("heart rate", ">", 100),
    "tachycardic": State("heart rate", ">", 100),
    "bradycardia": State("heart rate", "<", 60),
    "bradycardic": State("heart rate", "<", 60),
    "hypotension": State("systolic blood pressure", "<", 90),
    "hypotensive": State("systolic blood pressure", "<", 90),
    "hypoxia": State("oxygen saturation", "<", 90),
    "hypoxic": State("oxygen saturation", "<", 90),
}
"""The usual bedside limits; temperature in degrees Fahrenheit (100.4 °F is 38 °C)."""

FLUIDS: tuple[str, ...] = (
    "urine", "ascites", "pleural", "cerebrospinal fluid", "csf", "stool", "joint fluid",
    "bone marrow",
)  # fmt: skip


def mentions(text: str, said: str) -> re.Match[str] | None:
    """Where `text` says `said` as words of their own, whatever the case.

    >>> mentions("Latest K?", "k") is not None, mentions("Ketones", "k") is None
    (True, True)
    """
    return re.search(rf"(?<![\w+]){re.escape(said)}(?![\w+])", text, re.IGNORECASE)


def label_in(text: str) -> Concept | None:
    """The one item whose whole label `text` names, as a concept of its own.

    A label that is also a spoken term ("Heart Rate") means the concept, not one item of it; one
    word ("Vancomycin") may mean anything.

    >>> label_in("lowest Arterial Blood Pressure mean").labels
    ('Arterial Blood Pressure mean',)
    """
    labels = [
        (label, concept._replace(labels=(label,), ed=None))
        for concept in CONCEPTS
        for label in concept.labels
        if " " in label and label.lower() not in {said.lower() for said in concept.said}
    ]
    return _longest(text, labels)


def concept_in(text: str) -> Concept | None:
    """The concept that the longest spoken term of `text` names; None when it names none."""
    return _longest(text, ((said, concept) for concept in CONCEPTS for said in concept.said))


def several_in(text: str) -> list[str]:
    """The names of the concepts that `text` joins by "and"; empty where it names only one.

    >>> several_in("the last SpO2 and heart rate"), several_in("the INR(PT)")
    (['oxygen saturation', 'heart rate'], [])
    """
    found: list[tuple[int, int, str]] = []
    spoken = [(said, concept.name) for concept in CONCEPTS for said in concept.said]
    for said, name in sorted(spoken, key=lambda pair: -len(pair[0])):
        at = mentions(text, said)
        if at and all(at.end() <= start or at.start() >= end for start, end, _ in found):
            found.append((at.start(), at.end(), name))
    found.sort()
    joined = any(re.search(r"\band\b|&", text[one[1] : other[0]]) for one, other in pairwise(found))
    return [name for _, _, name in found] if joined else []


def drug_class_in(text: str) -> DrugClass | None:
    """The class of drugs that `text` names; None when it names none."""
    return _longest(text, ((said, group) for group in DRUG_CLASSES for said in group.said))


def _longest(text: str, terms: Iterable[tuple[str, _Meant]]) -> _Meant | None:
    found = [(len(said), meant) for said, meant in terms if mentions(text, said)]
    return max(found, key=lambda pair: pair[0])[1] if found else None
