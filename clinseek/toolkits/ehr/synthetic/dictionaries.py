"""The tables that speak of no patient, and the CCS maps of the codes in use."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path

from clinseek.toolkits.ehr.synthetic.catalogue.ccs_categories import (
    DIAGNOSIS_CATEGORIES,
    PROCEDURE_CATEGORIES,
)
from clinseek.toolkits.ehr.synthetic.catalogue.codes import HCPCS, IcdCode
from clinseek.toolkits.ehr.synthetic.catalogue.diagnosis_codes import (
    ICD9_DIAGNOSES,
    ICD10_DIAGNOSES,
)
from clinseek.toolkits.ehr.synthetic.catalogue.icu_items import ICU_ITEMS
from clinseek.toolkits.ehr.synthetic.catalogue.labs import DISTRACTOR_LABS, LABS, TEXT_LABS
from clinseek.toolkits.ehr.synthetic.catalogue.procedure_codes import PROCEDURES
from clinseek.toolkits.ehr.synthetic.record.desk import Staff
from clinseek.toolkits.ehr.synthetic.sheet import Row
from clinseek.toolkits.ehr.synthetic.writer import open_gzip


def dictionary_rows(staff: Staff) -> dict[str, list[Row]]:
    """Rows of every table without a subject_id."""
    return {
        "d_hcpcs": [code._asdict() for code in HCPCS],
        "d_icd_diagnoses": [_icd(code) for code in (*ICD9_DIAGNOSES, *ICD10_DIAGNOSES)],
        "d_icd_procedures": [_icd(code) for code in PROCEDURES],
        "d_labitems": _lab_items(),
        "d_items": [
            {
                "itemid": item.itemid,
                "label": item.label,
                "abbreviation": item.abbreviation,
                "linksto": item.linksto,
                "category": item.category,
                "unitname": item.unitname,
                "param_type": item.param_type,
                "lownormalvalue": item.low,
                "highnormalvalue": item.high,
            }
            for item in sorted(ICU_ITEMS)
        ],
        "provider": [{"provider_id": provider} for provider in staff.providers],
        "caregiver": [{"caregiver_id": caregiver} for caregiver in staff.caregivers],
    }


def _icd(code: IcdCode) -> Row:
    return {"icd_code": code.code, "icd_version": code.version, "long_title": code.title}


def _lab_items() -> list[Row]:
    known = [(lab.itemid, lab.label, lab.fluid, lab.category) for lab in LABS.values()]
    known += [(lab.itemid, lab.label, lab.fluid, lab.category) for lab in TEXT_LABS.values()]
    return [
        {"itemid": itemid, "label": label, "fluid": fluid, "category": category}
        for itemid, label, fluid, category in sorted((*known, *DISTRACTOR_LABS))
    ]


def write_code_maps(folder: Path) -> None:
    """CCS maps and categories for the codes of the dictionaries, named and shaped as HCUP's."""
    folder.mkdir(parents=True, exist_ok=True)
    maps: dict[str, list[tuple[str, str, int]]] = {
        "ccs_dx_map_icd9cm.csv.gz": [("ICD9CM", c.code, c.ccs) for c in ICD9_DIAGNOSES],
        "ccs_dx_map_icd10cm.csv.gz": [("ICD10CM", c.code, c.ccs) for c in ICD10_DIAGNOSES],
        "ccs_pr_map_icd9pcs_icd10pcs.csv.gz": [
            (f"ICD{code.version}PCS", code.code, code.ccs) for code in PROCEDURES
        ],
    }
    with ExitStack() as files:
        for name, lines in maps.items():
            writer = csv.writer(open_gzip(folder / name, files=files), lineterminator="\n")
            writer.writerow(("vocabulary_id", "code", "category_code"))
            writer.writerows(sorted(lines))
        for name, header, categories in (
            (
                "ccs_dx_categories.csv",
                ("category_code", "category_desc", "L2code", "code_chapter"),
                DIAGNOSIS_CATEGORIES,
            ),
            (
                "ccs_pr_categories.csv",
                ("category_code", "category_desc", "code_chapter"),
                PROCEDURE_CATEGORIES,
            ),
        ):
            file = files.enter_context((folder / name).open("w", encoding="utf-8", newline=""))
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(categories)
