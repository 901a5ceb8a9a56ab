"""CCS categories (AHRQ/HCUP, single level) of the codes in use; public works."""

from typing import NamedTuple


class DiagnosisCategory(NamedTuple):
    """One CCS category of diagnoses with its place in the multi-level scheme."""

    code: int
    description: str
    level2: str
    chapter: str


class ProcedureCategory(NamedTuple):
    """One CCS category of procedures."""

    code: int
    description: str
    chapter: str


DIAGNOSIS_CATEGORIES: tuple[DiagnosisCategory, ...] = (
    DiagnosisCategory(
        2,
        "Septicemia (except in labor)",
        "1.1",
        "Infectious and parasitic diseases",
    ),
    DiagnosisCategory(5, "HIV infection", "1.3", "Infectious and parasitic diseases"),
    DiagnosisCategory(19, "Cancer of bronchus; lung", "2.3", "Neoplasms"),
    DiagnosisCategory(
        48,
        "Thyroid disorders",
        "3.1",
        "Endocrine; nutritional; and metabolic diseases and immunity disorders",
    ),
    DiagnosisCategory(
        49,
        "Diabetes mellitus without complication",
        "3.2",
        "Endocrine; nutritional; and metabolic diseases and immunity disorders",
    ),
    DiagnosisCategory(
        50,
        "Diabetes mellitus with complications",
        "3.3",
        "Endocrine; nutritional; and metabolic diseases and immunity disorders",
    ),
    DiagnosisCategory(
        53,
        "Disorders of lipid metabolism",
        "3.6",
        "Endocrine; nutritional; and metabolic diseases and immunity disorders",
    ),
    DiagnosisCategory(
        55,
        "Fluid and electrolyte disorders",
        "3.8",
        "Endocrine; nutritional; and metabolic diseases and immunity disorders",
    ),
    DiagnosisCategory(
        59,
        "Deficiency and other anemia",
        "4.1",
        "Diseases of the blood and blood-forming organs",
    ),
    DiagnosisCategory(
        60,
        "Acute posthemorrhagic anemia",
        "4.1",
        "Diseases of the blood and blood-forming organs",
    ),
    DiagnosisCategory(
        84,
        "Headache; including migraine",
        "6.5",
        "Diseases of the nervous system and sense organs",
    ),
    DiagnosisCategory(98, "Essential hypertension", "7.1", "Diseases of the circulatory system"),
    DiagnosisCategory(
        100,
        "Acute myocardial infarction",
        "7.2",
        "Diseases of the circulatory system",
    ),
    DiagnosisCategory(
        101,
        "Coronary atherosclerosis and other heart disease",
        "7.2",
        "Diseases of the circulatory system",
    ),
    DiagnosisCategory(102, "Nonspecific chest pain", "7.2", "Diseases of the circulatory system"),
    DiagnosisCategory(106, "Cardiac dysrhythmias", "7.2", "Diseases of the circulatory system"),
    DiagnosisCategory(
        108,
        "Congestive heart failure; nonhypertensive",
        "7.2",
        "Diseases of the circulatory system",
    ),
    DiagnosisCategory(
        109,
        "Acute cerebrovascular disease",
        "7.3",
        "Diseases of the circulatory system",
    ),
    DiagnosisCategory(
        122,
        "Pneumonia (except that caused by tuberculosis or sexually transmitted disease)",
        "8.1",
        "Diseases of the respiratory system",
    ),
    DiagnosisCategory(
        127,
        "Chronic obstructive pulmonary disease and bronchiectasis",
        "8.2",
        "Diseases of the respiratory system",
    ),
    DiagnosisCategory(
        129,
        "Aspiration pneumonitis; food/vomitus",
        "8.4",
        "Diseases of the respiratory system",
    ),
    DiagnosisCategory(
        131,
        "Respiratory failure; insufficiency; arrest (adult)",
        "8.6",
        "Diseases of the respiratory system",
    ),
    DiagnosisCategory(138, "Esophageal disorders", "9.4", "Diseases of the digestive system"),
    DiagnosisCategory(149, "Biliary tract disease", "9.7", "Diseases of the digestive system"),
    DiagnosisCategory(
        153,
        "Gastrointestinal hemorrhage",
        "9.10",
        "Diseases of the digestive system",
    ),
    DiagnosisCategory(
        154,
        "Noninfectious gastroenteritis",
        "9.11",
        "Diseases of the digestive system",
    ),
    DiagnosisCategory(
        157,
        "Acute and unspecified renal failure",
        "10.1",
        "Diseases of the genitourinary system",
    ),
    DiagnosisCategory(
        158,
        "Chronic kidney disease",
        "10.1",
        "Diseases of the genitourinary system",
    ),
    DiagnosisCategory(
        159,
        "Urinary tract infections",
        "10.1",
        "Diseases of the genitourinary system",
    ),
    DiagnosisCategory(
        196,
        "Other pregnancy and delivery including normal",
        "11.7",
        "Complications of pregnancy; childbirth; and the puerperium",
    ),
    DiagnosisCategory(
        197,
        "Skin and subcutaneous tissue infections",
        "12.1",
        "Diseases of the skin and subcutaneous tissue",
    ),
    DiagnosisCategory(
        203,
        "Osteoarthritis",
        "13.2",
        "Diseases of the musculoskeletal system and connective tissue",
    ),
    DiagnosisCategory(226, "Fracture of neck of femur (hip)", "16.2", "Injury and poisoning"),
    DiagnosisCategory(230, "Fracture of lower limb", "16.2", "Injury and poisoning"),
    DiagnosisCategory(
        245,
        "Syncope",
        "17.1",
        "Symptoms; signs; and ill-defined conditions and factors influencing health status",
    ),
    DiagnosisCategory(
        249,
        "Shock",
        "17.1",
        "Symptoms; signs; and ill-defined conditions and factors influencing health status",
    ),
    DiagnosisCategory(
        257,
        "Other aftercare",
        "17.2",
        "Symptoms; signs; and ill-defined conditions and factors influencing health status",
    ),
    DiagnosisCategory(
        259,
        "Residual codes; unclassified",
        "",
        "Residual codes; unclassified; all E codes [259. and 260.]",
    ),
    DiagnosisCategory(657, "Mood disorders", "5.8", "Mental Illness"),
    DiagnosisCategory(661, "Substance-related disorders", "5.12", "Mental Illness"),
    DiagnosisCategory(
        663,
        "Screening and history of mental health and substance abuse codes",
        "5.14",
        "Mental Illness",
    ),
)

PROCEDURE_CATEGORIES: tuple[ProcedureCategory, ...] = (
    ProcedureCategory(
        44,
        "Coronary artery bypass graft (CABG)",
        "Operations on the cardiovascular system",
    ),
    ProcedureCategory(
        45,
        "Percutaneous transluminal coronary angioplasty (PTCA)",
        "Operations on the cardiovascular system",
    ),
    ProcedureCategory(
        47,
        "Diagnostic cardiac catheterization, coronary arteriography",
        "Operations on the cardiovascular system",
    ),
    ProcedureCategory(
        50,
        "Extracorporeal circulation auxiliary to open heart procedures",
        "Operations on the cardiovascular system",
    ),
    ProcedureCategory(
        54,
        "Other vascular catheterization, not heart",
        "Operations on the cardiovascular system",
    ),
    ProcedureCategory(58, "Hemodialysis", "Operations on the cardiovascular system"),
    ProcedureCategory(
        70,
        "Upper gastrointestinal endoscopy, biopsy",
        "Operations on the digestive system",
    ),
    ProcedureCategory(80, "Appendectomy", "Operations on the digestive system"),
    ProcedureCategory(
        84,
        "Cholecystectomy and common duct exploration",
        "Operations on the digestive system",
    ),
    ProcedureCategory(
        93,
        "Other non-OR upper GI therapeutic procedures",
        "Operations on the digestive system",
    ),
    ProcedureCategory(
        98,
        "Other non-OR gastrointestinal therapeutic procedures",
        "Operations on the digestive system",
    ),
    ProcedureCategory(134, "Cesarean section", "Obstetrical procedures"),
    ProcedureCategory(152, "Arthroplasty knee", "Operations on the musculoskeletal system"),
    ProcedureCategory(
        153,
        "Hip replacement, total and partial",
        "Operations on the musculoskeletal system",
    ),
    ProcedureCategory(
        198,
        "Magnetic resonance imaging",
        "Miscellaneous diagnostic and therapeutic procedures",
    ),
    ProcedureCategory(
        216,
        "Respiratory intubation and mechanical ventilation",
        "Miscellaneous diagnostic and therapeutic procedures",
    ),
    ProcedureCategory(
        222,
        "Blood and blood product transfusion",
        "Miscellaneous diagnostic and therapeutic procedures",
    ),
)
