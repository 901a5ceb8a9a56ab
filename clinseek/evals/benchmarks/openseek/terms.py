"""What the templates ask about: laboratory items, drugs, specimens, kinds of orders."""

from __future__ import annotations

from typing import NamedTuple

from clinseek.evals.benchmarks.openseek.template import Parameters, Pool


class LabItem(NamedTuple):
    """A laboratory item of blood: its label and unit in the record, and how people say it."""

    label: str
    said: str
    unit: str


class OtherUnit(NamedTuple):
    """A unit in which an item is not recorded, and the factor that leads to it."""

    label: str
    unit: str
    factor: float


LABS: tuple[LabItem, ...] = (
    LabItem("Potassium", "potassium", "mEq/L"),
    LabItem("Sodium", "sodium", "mEq/L"),
    LabItem("Chloride", "chloride", "mEq/L"),
    LabItem("Bicarbonate", "bicarbonate", "mEq/L"),
    LabItem("Creatinine", "creatinine", "mg/dL"),
    LabItem("Urea Nitrogen", "urea nitrogen", "mg/dL"),
    LabItem("Magnesium", "magnesium", "mg/dL"),
    LabItem("Phosphate", "phosphate", "mg/dL"),
    LabItem("Calcium, Total", "total calcium", "mg/dL"),
    LabItem("Hemoglobin", "hemoglobin", "g/dL"),
    LabItem("Hematocrit", "hematocrit", "%"),
    LabItem("Platelet Count", "platelet count", "K/uL"),
    LabItem("MCV", "MCV", "fL"),
    LabItem("Lactate", "lactate", "mmol/L"),
    LabItem("PTT", "PTT", "sec"),
    LabItem("Albumin", "albumin", "g/dL"),
    LabItem("Bilirubin, Total", "total bilirubin", "mg/dL"),
    LabItem("Alanine Aminotransferase (ALT)", "alanine aminotransferase (ALT)", "IU/L"),
    LabItem("Lipase", "lipase", "IU/L"),
    LabItem("Lactate Dehydrogenase (LD)", "lactate dehydrogenase (LD)", "IU/L"),
    LabItem("NTproBNP", "NT-proBNP", "pg/mL"),
    LabItem("Fibrinogen, Functional", "functional fibrinogen", "mg/dL"),
    LabItem("% Hemoglobin A1c", "hemoglobin A1c", "%"),
)
ON_GASES: tuple[LabItem, ...] = (
    # Glucose stands here alone: bedside tests measure it too, and "in blood" would mean both.
    LabItem("Glucose", "glucose", "mg/dL"),
    LabItem("Hemoglobin", "hemoglobin", "g/dL"),
)
"""Items that blood gas analysers measure beside the main laboratory."""
_LEAST_SURE = LABS[13:]
"""Those that many patients never have."""
_OTHER_UNITS: tuple[OtherUnit, ...] = (
    OtherUnit("Hemoglobin", "g/L", 10),
    OtherUnit("Albumin", "g/L", 10),
    OtherUnit("Creatinine", "mg/L", 10),
    OtherUnit("Urea Nitrogen", "mg/L", 10),
    OtherUnit("Calcium, Total", "mg/L", 10),
    OtherUnit("Magnesium", "mg/L", 10),
    OtherUnit("Phosphate", "mg/L", 10),
    OtherUnit("Bilirubin, Total", "mg/L", 10),
)
DRUGS: tuple[str, ...] = (
    "Acetaminophen", "Heparin", "Docusate Sodium", "Insulin", "Senna", "Metoprolol Tartrate",
    "Furosemide", "Vancomycin", "Ondansetron", "Potassium Chloride", "Aspirin",
    "Magnesium Sulfate", "Lisinopril", "Amlodipine", "Atorvastatin", "Pantoprazole",
    "Bisacodyl", "Lorazepam", "Gabapentin", "Oxycodone (Immediate Release)", "Famotidine",
)  # fmt: skip
SPECIMENS: tuple[str, ...] = ("BLOOD CULTURE", "URINE", "SPUTUM", "STOOL", "SWAB", "MRSA SCREEN")
ORDERS: tuple[str, ...] = ("Lab", "Radiology", "Medications", "IV therapy", "General Care")


NO_NUMBER = """
    SELECT 1 FROM labevents AS l JOIN d_labitems AS d ON d.itemid = l.itemid
    WHERE d.label = :label AND d.fluid = 'Blood'
      AND (l.valuenum IS NULL OR l.valueuom IS NOT :lab_unit) LIMIT 1
"""
"""Results such as "<0.2", "unable to report", or in another unit."""
GIVEN_OTHERWISE = (
    """
    SELECT 1 FROM emar WHERE medication LIKE '%' || :drug || '%' AND (
        medication <> :drug OR event_txt <> 'Administered' AND event_txt NOT LIKE '%Not %'
        AND (event_txt LIKE '%Administered%' OR event_txt LIKE '%tarted%')) LIMIT 1
    """,
    """
    SELECT 1 FROM inputevents AS i JOIN d_items AS d ON d.itemid = i.itemid
    WHERE d.label LIKE '%' || :drug || '%' LIMIT 1
    """,
    "SELECT 1 FROM pyxis WHERE name LIKE '%' || :drug || '%' LIMIT 1",
)
"""Doses under another name of the drug, in another way, or charted elsewhere."""
_OTHER_PRODUCT = """
    SELECT 1 FROM prescriptions WHERE drug LIKE '%' || :drug || '%' AND drug <> :drug LIMIT 1
"""


def _lab(item: LabItem, **more: object) -> Parameters:
    return {"label": item.label, "lab": item.said, "lab_unit": item.unit, **more}


def _labs(*sets: Parameters) -> Pool:
    return Pool(fixed=sets, unless=(NO_NUMBER,))


A_LAB = _labs(*(_lab(item) for item in LABS))
AN_UNSURE_LAB = _labs(*(_lab(item) for item in _LEAST_SURE))
A_LAB_OF_HOURS = _labs(*(_lab(item, hours=hours) for item in LABS for hours in (24, 48, 72)))
A_LAB_IN_ANOTHER_UNIT = _labs(
    *(
        _lab(item, unit=other.unit, factor=other.factor)
        for item in LABS
        for other in _OTHER_UNITS
        if other.label == item.label
    )
)
A_BLOOD_GAS = _labs(*(_lab(item) for item in ON_GASES))
A_LAB_AND_A_DRUG = Pool(
    fixed=tuple(_lab(item, drug=drug) for item in LABS[:13] for drug in DRUGS),
    unless=(NO_NUMBER, *GIVEN_OTHERWISE),
)
A_DRUG_GIVEN = Pool(fixed=tuple({"drug": drug} for drug in DRUGS), unless=GIVEN_OTHERWISE)
A_DRUG_PRESCRIBED = Pool(fixed=A_DRUG_GIVEN.fixed, unless=(_OTHER_PRODUCT,))
A_DRUG_OF_HOURS = Pool(
    fixed=tuple({"drug": drug, "hours": hours} for drug in DRUGS for hours in (24, 48, 72)),
    unless=GIVEN_OTHERWISE,
)
A_SPECIMEN = Pool(fixed=tuple({"specimen": name} for name in SPECIMENS))
AN_ORDER = Pool(
    fixed=tuple({"order": order, "hours": hours} for order in ORDERS for hours in (12, 24))
)
SOME_HOURS = Pool(fixed=tuple({"hours": hours} for hours in (6, 8, 12, 24)))
