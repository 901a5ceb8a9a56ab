"""Lighter and planned reasons for a visit, and the conditions that patients bring along."""

from __future__ import annotations

from typing import NamedTuple

from clinseek.toolkits.ehr.synthetic.catalogue.diseases import (
    DISEASES,
    Disease,
    DoneProcedure,
    ImagingStudy,
)

_MICU = "Medical Intensive Care Unit (MICU)"
_SICU = "Surgical Intensive Care Unit (SICU)"
_CCU = "Coronary Care Unit (CCU)"
_CVICU = "Cardiac Vascular Intensive Care Unit (CVICU)"

MINOR_DISEASES: dict[str, Disease] = {
    disease.key: disease
    for disease in (
        Disease(
            "cellulitis", "Cellulitis of the right leg",
            ("Leg pain", "Wound eval", "R Leg swelling"),
            "L03115", "6826", 0.8, 0.25, 0.45, 0.03, 3.0, "MED", "Medicine", _MICU,
            {"heartrate": 12, "sbp": -4, "resprate": 1, "temperature": 2.0, "o2sat": 0},
            {51301: 7, 50813: 0.6}, ("differential",), ("acetaminophen",),
            ("vancomycin", "cefazolin"), (("wound", 0.5), ("blood", 0.06)),
            ImagingStudy(
                "UNILAT LOWER EXT VEINS RIGHT",
                "The veins are compressible with normal flow.",
                "No deep venous thrombosis in the right leg.",
            ),
            (),
            ("603", "CELLULITIS W/O MCC", "383", "CELLULITIS & OTHER BACTERIAL SKIN INFECTIONS"),
            "spreading redness, warmth and pain of the right lower leg",
        ),
        Disease(
            "atrial fibrillation", "Atrial fibrillation with rapid ventricular response",
            ("Palpitations", "Dizziness"),
            "I4891", "42731", 0.9, 0.3, 0.55, 0.08, 2.5, "CMED", "Medicine/Cardiology", _CCU,
            {"heartrate": 62, "sbp": -10, "resprate": 3, "temperature": 0, "o2sat": -1},
            {50963: 1400, 51003: 0.03}, ("troponin", "coagulation"),
            ("diltiazem", "metoprolol", "warfarin"), (), (),
            ImagingStudy(
                "CHEST (PA AND LAT)", "The lungs are clear.", "No acute cardiopulmonary process."
            ),
            (),
            ("310", "CARDIAC ARRHYTHMIA & CONDUCTION DISORDERS W/O CC/MCC", "201",
             "CARDIAC ARRHYTHMIA & CONDUCTION DISORDERS"),
            "sudden palpitations and lightheadedness",
        ),
        Disease(
            "chest pain", "Non-cardiac chest pain", ("Chest pain", "CP"),
            "R0789", "78659", 1.5, 0.12, 0.22, 0.01, 1.1, "MED", "Medicine", _CCU,
            {"heartrate": 6, "sbp": 4, "resprate": 1, "temperature": 0, "o2sat": 0},
            {51003: 0.005}, ("troponin",), ("aspirin", "nitroglycerin"), (), (),
            ImagingStudy(
                "CHEST (PA AND LAT)", "The lungs are clear.", "No acute cardiopulmonary process."
            ),
            (),
            ("313", "CHEST PAIN", "203", "CHEST PAIN"),
            "intermittent sharp chest pain that is reproducible on palpation",
        ),
        Disease(
            "gastroenteritis", "Acute gastroenteritis", ("Abd pain, n/v/d", "N/V", "Diarrhea"),
            "K529", "5589", 1.3, 0.18, 0.28, 0.02, 1.8, "MED", "Medicine", _MICU,
            {"heartrate": 14, "sbp": -8, "resprate": 1, "temperature": 1.2, "o2sat": 0},
            {50971: -0.7, 51006: 12, 50912: 0.3, 51301: 4, 50882: -4},
            ("lipase",), ("ondansetron", "saline", "potassium"), (), (("stool", 0.2),),
            ImagingStudy(
                "CT ABD & PELVIS WITH CONTRAST",
                "There is mild wall thickening of the small bowel.",
                "Findings compatible with enteritis; no obstruction.",
            ),
            (),
            ("392", "ESOPHAGITIS, GASTROENT & MISC DIGEST DISORDERS W/O MCC", "249",
             "OTHER GASTROENTERITIS, NAUSEA & VOMITING"),
            "two days of vomiting and watery diarrhea after a family meal",
        ),
        Disease(
            "coronary bypass", "Coronary artery disease", ("Elective",),
            "I2510", "41401", 0.5, 0.45, 1.0, 0.95, 6.0, "CSURG", "Cardiac Surgery", _CVICU,
            {"heartrate": 16, "sbp": -14, "resprate": 2, "temperature": 0.5, "o2sat": -2},
            {51222: -3.6, 51221: -11, 51279: -1.1, 51265: -85, 50813: 1.5, 51237: 0.35, 51301: 5},
            ("coagulation", "blood gas", "lactate"),
            ("aspirin", "metoprolol", "atorvastatin", "oxycodone", "furosemide iv", "potassium"),
            ("cefazolin",), (("MRSA screen", 0.08),),
            ImagingStudy(
                "CHEST (PORTABLE AP)",
                "Sternal wires are intact with small bilateral effusions.",
                "Expected postoperative appearance.",
            ),
            (
                DoneProcedure("021009W", "3611", "Coronary artery bypass grafting", 1.0, 0),
                DoneProcedure("5A1221Z", "3961", "Cardiopulmonary bypass", 1.0, 0),
            ),
            ("236", "CORONARY BYPASS W/O CARDIAC CATH W/O MCC", "166",
             "CORONARY BYPASS W/O AMI OR COMPLEX PDX"),
            "exertional angina with three-vessel disease on catheterization",
            elective=True,
        ),
        Disease(
            "knee replacement", "Osteoarthritis of the right knee", ("Elective",),
            "M1711", "71596", 0.5, 0.15, 1.0, 0.02, 2.8, "ORTHO", "Med/Surg", _SICU,
            {"heartrate": 8, "sbp": -6, "resprate": 1, "temperature": 0.5, "o2sat": -1},
            {51222: -3, 51221: -9, 51279: -0.9}, ("coagulation",), ("oxycodone", "ondansetron"),
            ("cefazolin",), (),
            ImagingStudy(
                "KNEE (2 VIEWS) RIGHT",
                "A total knee prosthesis is in place without periprosthetic fracture.",
                "Expected appearance after right total knee replacement.",
            ),
            (DoneProcedure("0SRC0J9", "8154", "Right total knee replacement", 1.0, 0),),
            ("470", "MAJOR JOINT REPLACEMENT OF LOWER EXTREMITY W/O MCC", "302",
             "KNEE JOINT REPLACEMENT"),
            "years of right knee pain that no longer answers to injections",
            elective=True,
        ),
    )
}  # fmt: skip

ALL_DISEASES: dict[str, Disease] = {**DISEASES, **MINOR_DISEASES}
"""Every reason for a visit."""


class Condition(NamedTuple):
    """A chronic condition: codes, probability at age 70, home drugs, what it shifts in the labs."""

    name: str
    icd10: str
    icd9: str
    probability: float
    drugs: tuple[str, ...]
    labs: dict[int, float]


CONDITIONS: tuple[Condition, ...] = (
    Condition("Hypertension", "I10", "4019", 0.6, ("lisinopril", "amlodipine"), {}),
    Condition("Hyperlipidemia", "E785", "2724", 0.5, ("atorvastatin",), {}),
    Condition(
        "Type 2 diabetes", "E119", "25000", 0.3, ("metformin",), {50931: 65, 50852: 1.9}
    ),
    Condition(
        "Chronic kidney disease, stage 3", "N183", "5853", 0.22, (),
        {50912: 0.8, 51006: 16, 51222: -1.4, 51221: -4},
    ),
    Condition("Prior myocardial infarction", "I252", "412", 0.14, ("aspirin", "metoprolol"), {}),
    Condition("COPD", "J449", "496", 0.16, ("albuterol",), {50818: 4, 50882: 2}),
    Condition("Depression", "F329", "311", 0.2, ("sertraline",), {}),
    Condition("GERD", "K219", "53081", 0.28, ("omeprazole",), {}),
    Condition("Hypothyroidism", "E039", "2449", 0.14, ("levothyroxine",), {}),
    Condition("Long-term anticoagulation", "Z7901", "V5861", 0.14, ("warfarin",), {51237: 1.2}),
    Condition("Tobacco use", "F17210", "3051", 0.2, (), {}),
    Condition("Sleep apnea", "G4733", "32723", 0.12, ("gabapentin",), {}),
    Condition("Anemia", "D649", "2859", 0.18, (), {51222: -1.6, 51221: -5}),
)  # fmt: skip
