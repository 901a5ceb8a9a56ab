"""The diseases that bring the cohort to hospital.

Shifts are what full severity adds to a healthy value, in the unit of the lab or vital sign; the
rest says who looks after the patient, what is given, sent, seen and coded.
"""

from __future__ import annotations

from typing import NamedTuple


class ImagingStudy(NamedTuple):
    """One exam: its name, CPT-free indication, and the sentence that describes this disease."""

    exam: str
    finding: str
    impression: str


class DoneProcedure(NamedTuple):
    """A procedure of the stay: ICD-10 and ICD-9 code, words of the note, probability, first day."""

    icd10: str
    icd9: str
    words: str
    probability: float
    day: int


class Disease(NamedTuple):
    """One reason for a visit."""

    key: str
    name: str
    complaint: tuple[str, ...]
    icd10: str
    icd9: str
    weight: float
    severity: float
    admission: float
    icu: float
    los: float
    service: str
    ward: str
    icu_unit: str
    vitals: dict[str, float]
    labs: dict[int, float]
    panels: tuple[str, ...]
    drugs: tuple[str, ...]
    antibiotics: tuple[str, ...]
    cultures: tuple[tuple[str, float], ...]
    imaging: ImagingStudy
    procedures: tuple[DoneProcedure, ...]
    drg: tuple[str, str, str, str]
    story: str
    elective: bool = False
    minimum_age: int = 18


_MICU = "Medical Intensive Care Unit (MICU)"
_MIXED = "Medical/Surgical Intensive Care Unit (MICU/SICU)"
_SICU = "Surgical Intensive Care Unit (SICU)"
_CCU = "Coronary Care Unit (CCU)"
_CVICU = "Cardiac Vascular Intensive Care Unit (CVICU)"
_NSICU = "Neuro Surgical Intensive Care Unit (Neuro SICU)"
_CXR = "CHEST (PORTABLE AP)"

DISEASES: dict[str, Disease] = {
    disease.key: disease
    for disease in (
        Disease(
            "pneumonia", "Community-acquired pneumonia", ("Dyspnea", "Cough, Fever", "SOB"),
            "J189", "486", 1.3, 0.5, 0.75, 0.25, 4.5, "MED", "Medicine", _MICU,
            {"heartrate": 32, "sbp": -22, "resprate": 12, "temperature": 3.2, "o2sat": -11},
            {51301: 13, 50813: 2.4, 51006: 14, 50912: 0.5, 51256: 20, 51244: -14,
             50821: -42, 50983: -5},
            ("differential", "lactate"), ("nebuliser", "acetaminophen"),
            ("ceftriaxone", "azithromycin"), (("blood", 0.12), ("sputum", 0.45)),
            ImagingStudy(
                _CXR,
                "There is a new airspace opacity in the right lower lobe.",
                "Right lower lobe pneumonia.",
            ),
            (),
            ("194", "SIMPLE PNEUMONIA & PLEURISY W CC", "139", "OTHER PNEUMONIA"),
            "several days of productive cough, fever and worsening shortness of breath",
        ),
        Disease(
            "heart failure", "Acute on chronic diastolic heart failure",
            ("Dyspnea", "Leg swelling", "Dyspnea on exertion"),
            "I5033", "42833", 1.3, 0.5, 0.8, 0.2, 5.0, "CMED", "Medicine/Cardiology", _CCU,
            {"heartrate": 22, "sbp": 12, "resprate": 10, "temperature": 0, "o2sat": -9},
            {50963: 11000, 50912: 0.9, 51006: 26, 50983: -7, 51003: 0.05, 51222: -1},
            ("proBNP", "troponin"), ("furosemide iv", "metoprolol", "lisinopril"), (), (),
            ImagingStudy(
                _CXR,
                "There is pulmonary vascular congestion with small bilateral effusions.",
                "Moderate pulmonary edema.",
            ),
            (),
            ("291", "HEART FAILURE & SHOCK W MCC", "194", "HEART FAILURE"),
            "progressive dyspnea, orthopnea and leg swelling after weeks of dietary indiscretion",
        ),
        Disease(
            "sepsis", "Sepsis of urinary source", ("Fever", "Hypotension", "Altered mental status"),
            "A419", "0389", 1.2, 0.68, 0.93, 0.5, 6.5, "MED", "Medicine", _MIXED,
            {"heartrate": 45, "sbp": -45, "resprate": 13, "temperature": 3.8, "o2sat": -6},
            {51301: 16, 50813: 5.5, 50912: 2.1, 51006: 35, 51265: -95, 50882: -9, 51237: 0.7,
             50820: -0.14, 50885: 1.5, 51256: 22, 51244: -15, 50868: 7, 51516: 90},
            ("differential", "lactate", "coagulation", "liver", "urinalysis"),
            ("acetaminophen", "saline"), ("vancomycin", "cefepime"),
            (("blood", 0.4), ("urine", 0.55), ("MRSA screen", 0.1)),
            ImagingStudy(
                _CXR, "No focal consolidation is seen.", "No acute cardiopulmonary process."
            ),
            (DoneProcedure("02HV33Z", "3893", "Central venous line placement", 0.45, 0),),
            ("871", "SEPTICEMIA OR SEVERE SEPSIS W/O MV >96 HOURS W MCC", "720",
             "SEPTICEMIA & DISSEMINATED INFECTIONS"),
            "fevers, rigors and confusion, with low blood pressure on arrival",
        ),
        Disease(
            "acute kidney injury", "Acute kidney injury", ("Abnormal labs", "Weakness"),
            "N179", "5849", 0.9, 0.45, 0.8, 0.12, 4.5, "MED", "Medicine", _MICU,
            {"heartrate": 12, "sbp": -10, "resprate": 3, "temperature": 0, "o2sat": -2},
            {50912: 4.6, 51006: 62, 50971: 1.6, 50882: -8, 50970: 2.6, 50868: 6},
            ("urinalysis",), ("ringer", "saline"), (), (("urine", 0.2),),
            ImagingStudy(
                "RENAL U.S.",
                "The kidneys are normal in size without hydronephrosis.",
                "No hydronephrosis.",
            ),
            (DoneProcedure("5A1D70Z", "3995", "Hemodialysis", 0.15, 2),),
            ("683", "RENAL FAILURE W CC", "469", "ACUTE KIDNEY INJURY"),
            "poor oral intake, fatigue and a raised creatinine on outpatient laboratory tests",
        ),
        Disease(
            "gastrointestinal bleed", "Upper gastrointestinal hemorrhage",
            ("BRBPR", "Melena", "Coffee ground emesis"),
            "K922", "5789", 1.0, 0.5, 0.82, 0.35, 4.0, "MED", "Medicine", _MICU,
            {"heartrate": 35, "sbp": -32, "resprate": 4, "temperature": 0, "o2sat": -1},
            {51222: -5.2, 51221: -15, 51279: -1.6, 51006: 30, 50813: 2.2, 51265: -30, 51237: 0.4},
            ("coagulation", "lactate", "liver"), ("pantoprazole iv", "saline"), (), (),
            ImagingStudy(
                "CTA ABD & PELVIS",
                "No active arterial extravasation is identified.",
                "No active contrast extravasation.",
            ),
            (
                DoneProcedure("0DJ08ZZ", "4513", "Esophagogastroduodenoscopy", 0.8, 1),
                DoneProcedure("0W3P8ZZ", "4443", "Endoscopic control of bleeding", 0.4, 1),
                DoneProcedure("30233N1", "9904", "Transfusion of packed red blood cells", 0.6, 0),
            ),
            ("378", "G.I. HEMORRHAGE W CC", "241", "PEPTIC ULCER & GASTRITIS"),
            "black stools and lightheadedness while taking ibuprofen for back pain",
        ),
        Disease(
            "diabetic ketoacidosis", "Diabetic ketoacidosis", ("Hyperglycemia", "N/V", "DKA"),
            "E1110", "25010", 0.8, 0.5, 0.92, 0.6, 3.2, "MED", "Medicine", _MICU,
            {"heartrate": 30, "sbp": -12, "resprate": 11, "temperature": 0.2, "o2sat": 0},
            {50931: 520, 50882: -17, 50868: 18, 50971: 1.2, 50983: -9, 50820: -0.28, 50912: 0.9,
             51006: 18, 50852: 5.5, 51301: 6, 50818: -14},
            ("blood gas", "urinalysis", "haemoglobin A1c"), ("insulin drip", "insulin", "saline"),
            (), (("urine", 0.15),),
            ImagingStudy(
                _CXR, "The lungs are clear.", "No acute cardiopulmonary process."
            ),
            (),
            ("638", "DIABETES W CC", "420", "DIABETES"),
            "nausea, vomiting and polyuria after running out of insulin",
        ),
        Disease(
            "COPD exacerbation", "Acute exacerbation of chronic obstructive pulmonary disease",
            ("SOB", "Dyspnea", "Wheezing"),
            "J441", "49121", 1.0, 0.45, 0.72, 0.2, 3.8, "MED", "Medicine", _MICU,
            {"heartrate": 24, "sbp": 8, "resprate": 12, "temperature": 0.6, "o2sat": -12},
            {50818: 24, 50882: 5, 50820: -0.09, 51301: 4, 50821: -38},
            ("blood gas",), ("nebuliser", "prednisone", "albuterol"), ("azithromycin",),
            (("sputum", 0.25),),
            ImagingStudy(
                "CHEST (PA AND LAT)",
                "The lungs are hyperinflated with flattened diaphragms.",
                "Hyperinflation without focal consolidation.",
            ),
            (),
            ("190", "CHRONIC OBSTRUCTIVE PULMONARY DISEASE W MCC", "140",
             "CHRONIC OBSTRUCTIVE PULMONARY DISEASE"),
            "increased wheezing, cough and sputum over three days",
        ),
        Disease(
            "NSTEMI", "Non-ST elevation myocardial infarction", ("Chest pain", "Chest pressure"),
            "I214", "41071", 1.0, 0.45, 0.92, 0.3, 3.8, "CMED", "Medicine/Cardiology", _CCU,
            {"heartrate": 16, "sbp": 8, "resprate": 4, "temperature": 0, "o2sat": -3},
            {51003: 2.2, 50911: 65, 50963: 1500, 51301: 3},
            ("troponin", "coagulation"),
            ("aspirin", "heparin drip", "atorvastatin", "metoprolol", "clopidogrel",
             "nitroglycerin"),
            (), (),
            ImagingStudy(_CXR, "The heart size is normal.", "No acute cardiopulmonary process."),
            (
                DoneProcedure("4A023N7", "3722", "Cardiac catheterization", 0.8, 1),
                DoneProcedure("027034Z", "0066", "Percutaneous coronary intervention", 0.5, 1),
            ),
            ("282", "ACUTE MYOCARDIAL INFARCTION, DISCHARGED ALIVE W/O CC/MCC", "190",
             "ACUTE MYOCARDIAL INFARCTION"),
            "substernal chest pressure at rest radiating to the left arm",
        ),
        Disease(
            "stroke", "Acute ischemic stroke", ("Facial droop", "L Weakness", "Slurred speech"),
            "I639", "43491", 0.8, 0.5, 0.95, 0.35, 5.0, "NMED", "Neurology", _NSICU,
            {"heartrate": 8, "sbp": 30, "resprate": 2, "temperature": 0.3, "o2sat": -1},
            {50931: 30, 51237: 0.1, 51301: 2},
            ("coagulation", "haemoglobin A1c"), ("aspirin", "atorvastatin"), (), (),
            ImagingStudy(
                "CT HEAD W/O CONTRAST",
                "There is loss of gray-white differentiation in the right middle cerebral artery"
                " territory.",
                "Acute right middle cerebral artery infarct without hemorrhage.",
            ),
            (DoneProcedure("B030ZZZ", "8891", "MRI of the brain", 0.7, 1),),
            ("065", "INTRACRANIAL HEMORRHAGE OR CEREBRAL INFARCTION W CC", "045",
             "CVA & PRECEREBRAL OCCLUSIONS W INFARCT"),
            "sudden left-sided weakness and slurred speech on waking",
        ),
        Disease(
            "urinary tract infection", "Urinary tract infection",
            ("Dysuria", "Fever", "Flank pain"),
            "N390", "5990", 1.2, 0.25, 0.35, 0.04, 2.6, "MED", "Medicine", _MICU,
            {"heartrate": 18, "sbp": -8, "resprate": 3, "temperature": 2.8, "o2sat": 0},
            {51301: 8, 51516: 110, 51493: 12, 50912: 0.3},
            ("urinalysis",), ("acetaminophen",), ("ceftriaxone", "ciprofloxacin"),
            (("urine", 0.7), ("blood", 0.08)),
            ImagingStudy(
                "RENAL U.S.", "No hydronephrosis or stones.", "Normal renal ultrasound."
            ),
            (),
            ("690", "KIDNEY & URINARY TRACT INFECTIONS W/O MCC", "463",
             "KIDNEY & URINARY TRACT INFECTIONS"),
            "burning on urination, frequency and low-grade fevers",
        ),
        Disease(
            "hip fracture", "Right femoral neck fracture", ("s/p Fall", "Hip pain"),
            "S72001A", "8208", 0.7, 0.4, 0.97, 0.1, 5.5, "ORTHO", "Med/Surg", _SICU,
            {"heartrate": 10, "sbp": 6, "resprate": 2, "temperature": 0.3, "o2sat": -2},
            {51222: -2.6, 51221: -8, 51279: -0.8, 51301: 4},
            ("coagulation",), ("oxycodone", "morphine"), ("cefazolin",), (("urine", 0.15),),
            ImagingStudy(
                "HIP UNILAT MIN 2 VIEWS RIGHT",
                "There is a displaced fracture of the right femoral neck.",
                "Displaced right femoral neck fracture.",
            ),
            (
                DoneProcedure("0SRR0JZ", "8152", "Right hip hemiarthroplasty", 0.9, 1),
                DoneProcedure("30233N1", "9904", "Transfusion of packed red blood cells", 0.25, 2),
            ),
            ("481", "HIP & FEMUR PROCEDURES EXCEPT MAJOR JOINT W CC", "309",
             "HIP & FEMUR FRACTURE REPAIR"),
            "a mechanical fall at home with right hip pain and inability to bear weight",
            minimum_age=60,
        ),
        Disease(
            "cholecystitis", "Acute calculous cholecystitis", ("Abd pain", "RUQ abdominal pain"),
            "K8000", "57400", 0.8, 0.4, 0.85, 0.08, 3.5, "SURG", "Med/Surg", _SICU,
            {"heartrate": 18, "sbp": 4, "resprate": 3, "temperature": 2.2, "o2sat": -1},
            {51301: 9, 50861: 120, 50878: 95, 50863: 130, 50885: 2.2, 50956: 40},
            ("liver", "lipase", "differential"), ("morphine", "ondansetron"),
            ("piperacillin", "metronidazole"), (("blood", 0.06),),
            ImagingStudy(
                "LIVER OR GALLBLADDER US (SINGLE ORGAN)",
                "The gallbladder is distended with stones and wall thickening.",
                "Acute cholecystitis.",
            ),
            (DoneProcedure("0FT44ZZ", "5123", "Laparoscopic cholecystectomy", 0.75, 1),),
            ("418", "LAPAROSCOPIC CHOLECYSTECTOMY W/O C.D.E. W CC", "263",
             "LAPAROSCOPIC CHOLECYSTECTOMY"),
            "right upper quadrant pain after a fatty meal, with nausea and fever",
        ),
    )
}  # fmt: skip
