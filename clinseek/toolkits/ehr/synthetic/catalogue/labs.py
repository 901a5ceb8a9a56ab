"""The laboratory: what is measured, in which unit, around which value, in which panel."""

from __future__ import annotations

from typing import NamedTuple


class LabItem(NamedTuple):
    """One test.

    `mean`, `spread` (between patients) and `noise` (between draws) are in `unit`; `low` and `high`
    bound the reference range; `chart_itemid` is the ICU item that repeats the result, if any.
    """

    itemid: int
    label: str
    fluid: str
    category: str
    unit: str | None
    mean: float
    spread: float
    noise: float
    digits: int
    low: float | None
    high: float | None
    chart_itemid: int | None = None


class TextLab(NamedTuple):
    """One test whose result is a word; `usual` and `ill` are (value, comments) pairs."""

    itemid: int
    label: str
    fluid: str
    category: str
    usual: tuple[str | None, str | None]
    ill: tuple[str | None, str | None]


_C, _H, _G = "Chemistry", "Hematology", "Blood Gas"
_B, _U = "Blood", "Urine"

LABS: dict[int, LabItem] = {
    item.itemid: item
    for item in (
        LabItem(50971, "Potassium", _B, _C, "mEq/L", 4.1, 0.25, 0.25, 1, 3.3, 5.1, 227442),
        LabItem(50983, "Sodium", _B, _C, "mEq/L", 139, 2.0, 1.5, 0, 133, 145, 220645),
        LabItem(50912, "Creatinine", _B, _C, "mg/dL", 0.95, 0.15, 0.06, 1, 0.5, 1.2, 220615),
        LabItem(50902, "Chloride", _B, _C, "mEq/L", 102, 2.0, 1.6, 0, 96, 108, 220602),
        LabItem(51006, "Urea Nitrogen", _B, _C, "mg/dL", 16, 4.0, 1.8, 0, 6, 20, 225624),
        LabItem(50882, "Bicarbonate", _B, _C, "mEq/L", 25, 1.5, 1.3, 0, 22, 32, 227443),
        LabItem(50868, "Anion Gap", _B, _C, "mEq/L", 13, 1.2, 1.2, 0, 8, 20, 227073),
        LabItem(50931, "Glucose", _B, _C, "mg/dL", 112, 14, 12, 0, 70, 100, 220621),
        LabItem(50960, "Magnesium", _B, _C, "mg/dL", 2.0, 0.12, 0.14, 1, 1.6, 2.6),
        LabItem(50893, "Calcium, Total", _B, _C, "mg/dL", 8.9, 0.3, 0.25, 1, 8.4, 10.3),
        LabItem(50970, "Phosphate", _B, _C, "mg/dL", 3.5, 0.3, 0.35, 1, 2.7, 4.5),
        LabItem(51221, "Hematocrit", _B, _H, "%", 36, 3.5, 1.0, 1, 40, 51, 220545),
        LabItem(51222, "Hemoglobin", _B, _H, "g/dL", 12, 1.2, 0.35, 1, 13.7, 17.5, 220228),
        LabItem(51265, "Platelet Count", _B, _H, "K/uL", 225, 50, 14, 0, 150, 400, 227457),
        LabItem(51301, "White Blood Cells", _B, _H, "K/uL", 7.8, 1.4, 0.7, 1, 4, 10, 220546),
        LabItem(51250, "MCV", _B, _H, "fL", 91, 4, 0.6, 0, 82, 98),
        LabItem(51248, "MCH", _B, _H, "pg", 30, 1.5, 0.3, 1, 26, 32),
        LabItem(51249, "MCHC", _B, _H, "g/dL", 32.8, 0.8, 0.4, 1, 32, 37),
        LabItem(51277, "RDW", _B, _H, "%", 14.2, 1.0, 0.2, 1, 10.5, 15.5),
        LabItem(51279, "Red Blood Cells", _B, _H, "m/uL", 4.0, 0.4, 0.1, 2, 4.6, 6.1),
        LabItem(51256, "Neutrophils", _B, _H, "%", 64, 6, 3, 1, 34, 71),
        LabItem(51244, "Lymphocytes", _B, _H, "%", 24, 5, 2.5, 1, 19, 53),
        LabItem(51254, "Monocytes", _B, _H, "%", 7, 1.2, 1, 1, 5, 13),
        LabItem(51274, "PT", _B, _H, "sec", 12.2, 0.7, 0.4, 1, 9.4, 12.5),
        LabItem(51237, "INR(PT)", _B, _H, None, 1.1, 0.06, 0.04, 1, 0.9, 1.1, 227467),
        LabItem(51275, "PTT", _B, _H, "sec", 30, 2.5, 1.6, 1, 25, 36.5),
        LabItem(50861, "Alanine Aminotransferase (ALT)", _B, _C, "IU/L", 24, 8, 4, 0, 0, 40),
        LabItem(50878, "Asparate Aminotransferase (AST)", _B, _C, "IU/L", 26, 8, 4, 0, 0, 40),
        LabItem(50863, "Alkaline Phosphatase", _B, _C, "IU/L", 80, 18, 6, 0, 40, 130),
        LabItem(50885, "Bilirubin, Total", _B, _C, "mg/dL", 0.6, 0.15, 0.08, 1, 0, 1.5, 225690),
        LabItem(50862, "Albumin", _B, _C, "g/dL", 3.9, 0.3, 0.15, 1, 3.5, 5.2),
        LabItem(50956, "Lipase", _B, _C, "IU/L", 32, 9, 4, 0, 0, 60),
        LabItem(50820, "pH", _B, _G, "units", 7.4, 0.01, 0.02, 2, 7.35, 7.45, 223830),
        LabItem(50821, "pO2", _B, _G, "mm Hg", 105, 10, 14, 0, 85, 105, 220224),
        LabItem(50818, "pCO2", _B, _G, "mm Hg", 40, 2, 3, 0, 35, 45, 220235),
        LabItem(50804, "Calculated Total CO2", _B, _G, "mEq/L", 25, 1.2, 1.4, 0, 21, 30),
        LabItem(50802, "Base Excess", _B, _G, "mEq/L", 0, 1, 1.2, 0, None, None),
        LabItem(50813, "Lactate", _B, _G, "mmol/L", 1.3, 0.25, 0.2, 1, 0.5, 2, 225668),
        LabItem(51003, "Troponin T", _B, _C, "ng/mL", 0.01, 0.002, 0.002, 2, 0, 0.01),
        LabItem(50911, "Creatine Kinase, MB Isoenzyme", _B, _C, "ng/mL", 3, 0.8, 0.5, 0, 0, 10),
        LabItem(50963, "NTproBNP", _B, _C, "pg/mL", 180, 60, 25, 0, 0, 229),
        LabItem(50852, "% Hemoglobin A1c", _B, _C, "%", 5.6, 0.3, 0.05, 1, 4.8, 5.9),
        LabItem(51009, "Vancomycin", _B, _C, "ug/mL", 15.5, 1.5, 3.5, 1, 10, 20),
        LabItem(51498, "Specific Gravity", _U, _H, " ", 1.015, 0.003, 0.004, 3, 1.001, 1.035),
        LabItem(51491, "pH", _U, _H, "units", 6.0, 0.3, 0.4, 1, 5, 8),
        LabItem(51516, "WBC", _U, _H, "#/hpf", 2, 0.8, 1.0, 0, 0, 5),
        LabItem(51493, "RBC", _U, _H, "#/hpf", 1, 0.5, 0.8, 0, 0, 2),
    )
}

TEXT_LABS: dict[int, TextLab] = {
    item.itemid: item
    for item in (
        TextLab(52033, "Specimen Type", _B, _G, ("ART.", "___"), ("ART.", "___")),
        TextLab(51508, "Urine Color", _U, _H, (None, "Yellow."), (None, "Yellow.")),
        TextLab(51506, "Urine Appearance", _U, _H, (None, "Clear."), (None, "Hazy*.")),
        TextLab(51487, "Nitrite", _U, _H, (None, "NEG."), ("POS", None)),
        TextLab(51486, "Leukocytes", _U, _H, (None, "NEG."), ("LG", None)),
        TextLab(51484, "Ketone", _U, _H, (None, "NEG."), ("40", None)),
        TextLab(51463, "Bacteria", _U, _H, ("NONE", None), ("MANY", None)),
    )
}

PANELS: dict[str, tuple[int, ...]] = {
    "chemistry": (
        50971, 50983, 50912, 50902, 51006, 50882, 50868, 50931, 50960, 50893, 50970,
    ),
    "blood count": (51221, 51222, 51265, 51301, 51250, 51248, 51249, 51277, 51279),
    "differential": (51256, 51244, 51254),
    "coagulation": (51274, 51237, 51275),
    "liver": (50861, 50878, 50863, 50885, 50862),
    "lipase": (50956,),
    "blood gas": (52033, 50820, 50821, 50818, 50804, 50802),
    "lactate": (50813,),
    "troponin": (51003, 50911),
    "proBNP": (50963,),
    "haemoglobin A1c": (50852,),
    "vancomycin level": (51009,),
    "urinalysis": (51508, 51506, 51498, 51491, 51487, 51486, 51484, 51463, 51516, 51493),
}  # fmt: skip
"""Tests that are run on one tube, by the name of the order."""

DISTRACTOR_LABS: tuple[tuple[int, str, str, str], ...] = (
    (50808, "Free Calcium", "Blood", "Blood Gas"),
    (50889, "C-Reactive Protein", "Blood", "Chemistry"),
    (50924, "Ferritin", "Blood", "Chemistry"),
    (50954, "Lactate Dehydrogenase (LD)", "Blood", "Chemistry"),
    (50993, "Thyroid Stimulating Hormone", "Blood", "Chemistry"),
    (51007, "Uric Acid", "Blood", "Chemistry"),
    (51675, "INR(PT)", "Blood", "Chemistry"),
    (50811, "Hemoglobin", "Blood", "Blood Gas"),
    (51082, "Creatinine, Urine", "Urine", "Chemistry"),
    (51100, "Sodium, Urine", "Urine", "Chemistry"),
    (51214, "Fibrinogen, Functional", "Blood", "Hematology"),
)
"""Dictionary rows (itemid, label, fluid, category) that no result of the cohort uses."""
