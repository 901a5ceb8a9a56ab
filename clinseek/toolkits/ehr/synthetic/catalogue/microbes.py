"""The microbiology bench: specimens, tests, organisms and what kills them."""

from __future__ import annotations

from typing import NamedTuple


class Culture(NamedTuple):
    """One specimen with the tests that are run on it and the comment of a negative result."""

    key: str
    spec_itemid: int
    spec_type_desc: str
    tests: tuple[tuple[int, str, str], ...]
    grows: tuple[str, ...]


class Organism(NamedTuple):
    """One organism; `antibiogram` is (ab_itemid, ab_name, dilution, probability of resistance)."""

    itemid: int
    name: str
    antibiogram: tuple[tuple[int, str, str, float], ...]


_NO_GROWTH = "NO GROWTH.  "

CULTURES: dict[str, Culture] = {
    culture.key: culture
    for culture in (
        Culture(
            "blood",
            70012,
            "BLOOD CULTURE",
            ((90201, "Blood Culture, Routine", _NO_GROWTH),),
            ("E. coli", "S. aureus", "coagulase-negative"),
        ),
        Culture(
            "urine",
            70079,
            "URINE",
            ((90039, "URINE CULTURE", _NO_GROWTH),),
            ("E. coli", "Klebsiella", "Enterococcus"),
        ),
        Culture(
            "sputum",
            70062,
            "SPUTUM",
            (
                (90270, "GRAM STAIN", "<10 PMNs and >10 epithelial cells/100X field.  "),
                (90055, "RESPIRATORY CULTURE", "Commensal Respiratory Flora Absent.  "),
            ),
            ("S. aureus", "Pseudomonas", "Klebsiella"),
        ),
        Culture(
            "MRSA screen",
            70091,
            "MRSA SCREEN",
            ((90189, "MRSA SCREEN", "No MRSA isolated.  "),),
            ("S. aureus",),
        ),
        Culture(
            "wound",
            70070,
            "SWAB",
            (
                (90270, "GRAM STAIN", "NO POLYMORPHONUCLEAR LEUKOCYTES SEEN.  "),
                (90046, "WOUND CULTURE", _NO_GROWTH),
                (90245, "ANAEROBIC CULTURE", "NO ANAEROBES ISOLATED.  "),
            ),
            ("S. aureus", "coagulase-negative"),
        ),
        Culture(
            "stool",
            70064,
            "STOOL",
            (
                (90221, "C. difficile PCR", "NEGATIVE.  (Reference Range-Negative).  "),
                (90267, "FECAL CULTURE", "NO SALMONELLA OR SHIGELLA FOUND.  "),
                (90243, "CAMPYLOBACTER CULTURE", "NO CAMPYLOBACTER FOUND.  "),
            ),
            ("C. difficile",),
        ),
    )
}

ORGANISMS: dict[str, Organism] = {
    "E. coli": Organism(
        80002,
        "ESCHERICHIA COLI",
        (
            (90004, "AMPICILLIN", "8", 0.45),
            (90018, "CEFTRIAXONE", "1", 0.10),
            (90019, "CIPROFLOXACIN", "0.25", 0.25),
            (90012, "GENTAMICIN", "1", 0.08),
            (90029, "MEROPENEM", "0.25", 0.01),
            (90026, "PIPERACILLIN/TAZO", "4", 0.05),
            (90008, "TRIMETHOPRIM/SULFA", "1", 0.25),
        ),
    ),
    "Klebsiella": Organism(
        80004,
        "KLEBSIELLA PNEUMONIAE",
        (
            (90018, "CEFTRIAXONE", "1", 0.12),
            (90028, "CEFEPIME", "1", 0.08),
            (90019, "CIPROFLOXACIN", "0.25", 0.12),
            (90012, "GENTAMICIN", "1", 0.06),
            (90029, "MEROPENEM", "0.25", 0.02),
        ),
    ),
    "S. aureus": Organism(
        80023,
        "STAPH AUREUS COAG +",
        (
            (90007, "CLINDAMYCIN", "0.25", 0.25),
            (90006, "ERYTHROMYCIN", "0.25", 0.45),
            (90016, "OXACILLIN", "0.5", 0.35),
            (90015, "VANCOMYCIN", "1", 0.0),
        ),
    ),
    "coagulase-negative": Organism(
        80155,
        "STAPHYLOCOCCUS, COAGULASE NEGATIVE",
        ((90016, "OXACILLIN", "0.5", 0.6), (90015, "VANCOMYCIN", "1", 0.0)),
    ),
    "Pseudomonas": Organism(
        80026,
        "PSEUDOMONAS AERUGINOSA",
        (
            (90028, "CEFEPIME", "2", 0.15),
            (90019, "CIPROFLOXACIN", "0.5", 0.2),
            (90029, "MEROPENEM", "1", 0.15),
            (90013, "TOBRAMYCIN", "1", 0.08),
        ),
    ),
    "Enterococcus": Organism(
        80053,
        "ENTEROCOCCUS SP.",
        (
            (90004, "AMPICILLIN", "2", 0.15),
            (90010, "NITROFURANTOIN", "16", 0.1),
            (90015, "VANCOMYCIN", "1", 0.12),
        ),
    ),
    "C. difficile": Organism(80139, "CLOSTRIDIUM DIFFICILE", ()),
}
