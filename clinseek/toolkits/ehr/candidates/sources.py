"""Which candidate tables exist, and what in a store each one is drawn from.

Names and the column `candidate` are the published ones, so that prompts and trained models carry
over. No table counts anything or names a patient: a title is in the list or it is not. From
patients' rows only those titles are taken that several patients have.
"""

from __future__ import annotations

from typing import NamedTuple

from clinseek.toolkits.ehr.tables import ColumnType

FEWEST_HOLDERS = 2
"""Patients who must have a title: one that a single patient ever has would tell what awaits them.

No case of that patient need show it yet, and its being on a list would say that it is to come.
"""


class CandidateSource(NamedTuple):
    """A candidate table: `select` gives its rows from the table named in `reads`."""

    name: str
    reads: str
    columns: tuple[tuple[str, ColumnType], ...]
    select: str


class CodeSource(NamedTuple):
    """A candidate table of CCS categories, from files of a `codes` folder.

    `maps` are the files of codes, each with the `icd_version` of every vocabulary name in it;
    `unnamed` names categories whose name is blank in the circulating category file.
    """

    name: str
    categories: str
    maps: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    unnamed: tuple[tuple[str, str], ...] = ()


def _titled(columns: str, title: str) -> str:
    chosen = columns.format(title=f"trim({title}) AS candidate")
    return f"SELECT DISTINCT {chosen} FROM {{source}} WHERE trim({title}) <> ''"


def _shared(title: str, *, where: str = "TRUE") -> str:
    """The titles of patients' rows that at least FEWEST_HOLDERS of them have.

    Two are there where the least number is not the greatest; to count them all takes, on the
    prescriptions of the whole of MIMIC-IV, some seventy times as long.
    """
    return (
        f"SELECT trim({title}) AS candidate FROM {{source}} "
        f"WHERE {where} AND trim({title}) <> '' "
        "GROUP BY candidate HAVING min(subject_id) < max(subject_id)"
    )


CANDIDATE_SOURCES: tuple[CandidateSource, ...] = (
    CandidateSource(
        "diagnoses_icd_candidates",
        "d_icd_diagnoses",
        (("icd_code", "text"), ("icd_version", "integer"), ("candidate", "text")),
        _titled("icd_code, icd_version, {title}", "long_title"),
    ),
    CandidateSource(
        "items_candidates",
        "d_items",
        (("itemid", "integer"), ("candidate", "text"), ("category", "text"), ("linksto", "text")),
        _titled("itemid, {title}, category, linksto", "label"),
    ),
    CandidateSource(
        "labevents_candidates",
        "d_labitems",
        (("itemid", "integer"), ("candidate", "text"), ("fluid", "text"), ("category", "text")),
        _titled("itemid, {title}, fluid, category", "label"),
    ),
    CandidateSource(
        "microbiologyevents_candidates",
        "microbiologyevents",
        (("candidate", "text"),),
        _shared("test_name"),
    ),
    CandidateSource(
        "prescriptions_candidates",
        "prescriptions",
        (("candidate", "text"),),
        _shared("drug"),
    ),
    CandidateSource(
        "procedures_icd_candidates",
        "d_icd_procedures",
        (("icd_code", "text"), ("icd_version", "integer"), ("candidate", "text")),
        _titled("icd_code, icd_version, {title}", "long_title"),
    ),
    CandidateSource(
        "radiology_candidates",
        "radiology_detail",
        (("candidate", "text"),),
        _shared("field_value", where="field_name = 'exam_name'"),
    ),
    CandidateSource(
        "services_candidates",
        "services",
        (("candidate", "text"),),
        _shared("curr_service"),
    ),
    CandidateSource(
        "transfers_candidates",
        "transfers",
        (("candidate", "text"),),
        _shared("careunit", where="eventtype = 'transfer'"),
    ),
)

CODE_COLUMNS: tuple[tuple[str, ColumnType], ...] = (
    ("icd_code", "text"),
    ("icd_version", "integer"),
    ("ccs_category", "text"),
    ("candidate", "text"),
)

CODE_SOURCES: tuple[CodeSource, ...] = (
    CodeSource(
        "diagnoses_ccs_candidates",
        "ccs_dx_categories.csv",
        (
            ("ccs_dx_map_icd9cm.csv.gz", (("ICD9CM", 9),)),
            ("ccs_dx_map_icd10cm.csv.gz", (("ICD10CM", 10),)),
        ),
    ),
    CodeSource(
        "procedures_ccs_candidates",
        "ccs_pr_categories.csv",
        (("ccs_pr_map_icd9pcs_icd10pcs.csv.gz", (("ICD9PCS", 9), ("ICD10PCS", 10))),),
        # HCUP, Clinical Classifications Software for services and procedures, category labels.
        (
            ("133", "Episiotomy"),
            ("136", "Artificial rupture of membranes to assist delivery"),
            ("188", "Cerebral arteriogram"),
        ),
    ),
)

CCSR_FILES = ("ccsr_dx_v2023-1_categories.csv", "ccsr_dx_v2023-1_map_icd10cm.csv.gz")
CCSR_COLUMNS: tuple[tuple[str, ColumnType], ...] = (
    ("icd_code", "text"),
    ("icd_version", "integer"),
    ("ccsr_category", "text"),
    ("ccsr_title", "text"),
)
EQUIVALENTS_FILE = "icd_cm_9_to_10_gem.csv.gz"
EQUIVALENT_COLUMNS: tuple[tuple[str, ColumnType], ...] = (("icd_9", "text"), ("icd_10", "text"))

INDEXED_CODES: dict[str, tuple[str, ...]] = {
    "d_hcpcs": ("code",),
    "d_icd_diagnoses": ("icd_code", "icd_version"),
    "d_icd_procedures": ("icd_code", "icd_version"),
    "d_items": ("itemid",),
    "d_labitems": ("itemid",),
    "diagnoses_ccs_candidates": ("icd_code", "icd_version"),
    "diagnoses_ccsr": ("icd_code", "icd_version"),
    "diagnoses_icd_candidates": ("icd_code", "icd_version"),
    "procedures_ccs_candidates": ("icd_code", "icd_version"),
    "procedures_icd_candidates": ("icd_code", "icd_version"),
}
"""The columns by which a vocabulary table is joined, and therefore indexed."""
