"""The items of the ICU flowsheet (MetaVision numbers and labels) that the cohort charts."""

from __future__ import annotations

from typing import NamedTuple


class IcuItem(NamedTuple):
    """One row of d_items."""

    itemid: int
    label: str
    abbreviation: str
    linksto: str
    category: str
    unitname: str | None
    param_type: str
    low: float | None = None
    high: float | None = None


def _items(linksto: str, param_type: str, listing: str) -> tuple[IcuItem, ...]:
    """Items of one table from lines `itemid | label | abbreviation | category | unit`."""
    items = []
    for line in listing.strip().splitlines():
        itemid, label, abbreviation, category, unit = (part.strip() for part in line.split("|"))
        items.append(
            IcuItem(
                int(itemid),
                label,
                abbreviation or label,
                linksto,
                category,
                unit or None,
                param_type,
            )
        )
    return tuple(items)


ICU_ITEMS: tuple[IcuItem, ...] = (
    *_items(
        "chartevents",
        "Numeric",
        """
        220045 | Heart Rate | HR | Routine Vital Signs | bpm
        220052 | Arterial Blood Pressure mean | ABPm | Routine Vital Signs | mmHg
        220179 | Non Invasive Blood Pressure systolic | NBPs | Routine Vital Signs | mmHg
        220180 | Non Invasive Blood Pressure diastolic | NBPd | Routine Vital Signs | mmHg
        220181 | Non Invasive Blood Pressure mean | NBPm | Routine Vital Signs | mmHg
        220210 | Respiratory Rate | RR | Respiratory | insp/min
        220277 | O2 saturation pulseoxymetry | SpO2 | Respiratory | %
        223761 | Temperature Fahrenheit | Temperature F | Routine Vital Signs | °F
        223762 | Temperature Celsius | Temperature C | Routine Vital Signs | °C
        223835 | Inspired O2 Fraction | FiO2 | Respiratory | None
        220339 | PEEP set | PEEP set | Respiratory | cmH2O
        224688 | Respiratory Rate (Set) | Respiratory Rate (Set) | Respiratory | insp/min
        224695 | Peak Insp. Pressure | Peak Insp. Pressure | Respiratory | cmH2O
        226512 | Admission Weight (Kg) | Admission Weight (Kg) | General | kg
        226730 | Height (cm) | Height (cm) | General | cm
        220224 | Arterial O2 pressure | PO2 (Arterial) | Labs | mmHg
        220228 | Hemoglobin | Hemoglobin | Labs | g/dl
        220235 | Arterial CO2 Pressure | PCO2 (Arterial) | Labs | mmHg
        220545 | Hematocrit (serum) | Hematocrit (serum) | Labs | None
        220546 | WBC | WBC | Labs | None
        220602 | Chloride (serum) | Chloride (serum) | Labs | None
        220615 | Creatinine (serum) | Creatinine (serum) | Labs | None
        220621 | Glucose (serum) | Glucose (serum) | Labs | None
        220645 | Sodium (serum) | Sodium (serum) | Labs | None
        223830 | PH (Arterial) | PH (Arterial) | Labs | None
        225624 | BUN | BUN | Labs | None
        225668 | Lactic Acid | Lactic Acid | Labs | None
        225690 | Total Bilirubin | Total Bilirubin | Labs | None
        227073 | Anion gap | Anion gap | Labs | None
        220074 | Central Venous Pressure | CVP | Hemodynamics | mmHg
        220635 | Magnesium | Magnesium | Labs | None
        """,
    ),
    IcuItem(
        220050, "Arterial Blood Pressure systolic", "ABPs", "chartevents",
        "Routine Vital Signs", "mmHg", "Numeric", 90, 140,
    ),
    IcuItem(
        220051, "Arterial Blood Pressure diastolic", "ABPd", "chartevents",
        "Routine Vital Signs", "mmHg", "Numeric", 60, 90,
    ),
    IcuItem(
        224684, "Tidal Volume (set)", "Tidal Volume (set)", "chartevents",
        "Respiratory", "mL", "Numeric", 299, 750,
    ),
    *_items(
        "chartevents",
        "Numeric with tag",
        """
        227442 | Potassium (serum) | Potassium (serum) | Labs | None
        227443 | HCO3 (serum) | HCO3 (serum) | Labs | None
        227457 | Platelet Count | Platelet Count | Labs | None
        227467 | INR | INR | Labs | None
        """,
    ),
    *_items(
        "chartevents",
        "Text",
        """
        220048 | Heart Rhythm | Heart Rhythm | Routine Vital Signs |
        220739 | GCS - Eye Opening | Eye Opening | Neurological |
        223758 | Code Status | Code Status | General |
        223781 | Pain Present | Pain Present | Pain/Sedation |
        223849 | Ventilator Mode | Ventilator Mode | Respiratory |
        223900 | GCS - Verbal Response | Verbal Response | Neurological |
        223901 | GCS - Motor Response | Motor Response | Neurological |
        224054 | Braden Sensory Perception | Braden Sensory Perception | Skin - Assessment |
        226732 | O2 Delivery Device(s) | O2 Delivery Device(s) | Respiratory |
        228096 | Richmond-RAS Scale | Richmond-RAS Scale | Pain/Sedation |
        223907 | Pupil Size Right | Pupil Size Right | Neurological |
        """,
    ),
    *_items(
        "inputevents",
        "Solution",
        """
        220949 | Dextrose 5% | Dextrose 5% | Fluids/Intake | mL
        225158 | NaCl 0.9% | NaCl 0.9% | Fluids/Intake | mL
        225828 | LR | LR | Fluids/Intake | mL
        226452 | PO Intake | PO Intake | Fluids/Intake | mL
        225168 | Packed Red Blood Cells | PRBC's | Blood Products/Colloids | mL
        221744 | Fentanyl | Fentanyl | Medications | mg
        221794 | Furosemide (Lasix) | Furosemide (Lasix) | Medications | mg
        221906 | Norepinephrine | Norepinephrine | Medications | mg
        221749 | Phenylephrine | Phenylephrine | Medications | mg
        222056 | Nitroglycerin | Nitroglycerin | Medications | mg
        222168 | Propofol | Propofol | Medications | mg
        225942 | Fentanyl (Concentrate) | Fentanyl (Concentrate) | Medications | mg
        222315 | Vasopressin | Vasopressin | Medications | units
        223258 | Insulin - Regular | Insulin - Regular | Medications | units
        223262 | Insulin - Humalog | Insulin - Humalog | Medications | units
        225152 | Heparin Sodium | Heparin Sodium | Medications | units
        225166 | Potassium Chloride | Potassium Chloride - KCL | Medications | mEq
        225910 | Pantoprazole (Protonix) | Pantoprazole (Protonix) | Medications | dose
        225975 | Heparin Sodium (Prophylaxis) | Heparin Sodium (Prophylaxis) | Medications | dose
        225798 | Vancomycin | Vancomycin | Antibiotics | dose
        225851 | Cefepime | Cefepime | Antibiotics | dose
        225855 | Ceftriaxone | Ceftriaxone | Antibiotics | dose
        225893 | Piperacillin/Tazobactam (Zosyn) | | Antibiotics | dose
        221289 | Epinephrine | Epinephrine | Medications | mg
        221662 | Dopamine | Dopamine | Medications | mg
        """,
    ),
    *_items(
        "ingredientevents",
        "Ingredient",
        """
        220490 | Water | H2O | Ingredients | mL
        226060 | Calories | Calories | Ingredients | Kcal
        226509 | Blood Ingredient | Blood Ingredient | Ingredients | mL
        227074 | IVF ingredient | IVF ingredient | Ingredients | mL
        227075 | Oral/Gastric Ingredient | Oral/Gastric Ingredient | Ingredients | mL
        """,
    ),
    *_items(
        "outputevents",
        "Numeric",
        """
        226559 | Foley | Foley | Output | mL
        226560 | Void | Void | Output | mL
        226571 | Emesis | Emesis | Output | mL
        226579 | Stool | Stool | Output | mL
        226588 | Chest Tube #1 | Chest Tube #1 | Output | mL
        """,
    ),
    *_items(
        "procedureevents",
        "Processes",
        """
        221214 | CT scan | CT scan | 5-Imaging | None
        224263 | Multi Lumen | Multi Lumen | Access Lines - Invasive | None
        224275 | 20 Gauge | 20 Gauge | Access Lines - Peripheral | None
        224277 | 18 Gauge | 18 Gauge | Access Lines - Peripheral | None
        224385 | Intubation | Intubation | 1-Intubation/Extubation | None
        225401 | Blood Cultured | Blood Cultured | 6-Cultures | None
        225402 | EKG | EKG | 4-Procedures | None
        225432 | Transthoracic Echo | Transthoracic Echo | 5-Imaging | None
        225441 | Hemodialysis | Hemodialysis | 4-Procedures | None
        225459 | Chest X-Ray | Chest X-Ray | 5-Imaging | None
        225752 | Arterial Line | Arterial Line | Access Lines - Invasive | None
        225792 | Invasive Ventilation | Invasive Ventilation | 2-Ventilation | None
        225794 | Non-invasive Ventilation | Non-invasive Ventilation | 2-Ventilation | None
        227194 | Extubation | Extubation | 1-Intubation/Extubation | None
        228129 | Family updated by RN | Family updated by RN | 7-Communication | None
        229351 | Foley Catheter | Indwelling Urinary Catheter | GI/GU | None
        """,
    ),
    *_items(
        "datetimeevents",
        "Date and time",
        """
        224280 | Multi Lumen Insertion Date | | Access Lines - Invasive |
        224282 | Multi Lumen Tubing Change | | Access Lines - Invasive |
        224288 | Arterial line Insertion Date | | Access Lines - Invasive |
        224290 | Arterial line Tubing Change | | Access Lines - Invasive |
        225754 | 20 Gauge Insertion Date | | Access Lines - Peripheral |
        225755 | 18 Gauge Insertion Date | | Access Lines - Peripheral |
        229352 | Foley Cath Insertion Date | Indwelling Urinary Cath Insertion Date | GI/GU |
        """,
    ),
)  # fmt: skip
