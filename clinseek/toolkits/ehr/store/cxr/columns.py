"""The files of MIMIC-CXR and MIMIC-CXR-JPG that make up `cxr`, and the columns of each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from clinseek.toolkits.ehr.tables.cxr import FINDINGS, LABELLERS
from clinseek.toolkits.ehr.tables.model import Column, Table, table

Part = Literal["metadata", "split", "chexpert", "negbio", "record-list", "study-list"]
"""What a file tells: of each image, which part of the data set it is in, the labels of each study
by either labeller, where each image lies, where each report lies."""

_OF_IMAGES = """
    performedprocedurestepdescription text, viewposition text, rows integer, columns integer
"""
_CODES = """
    procedurecodesequence_codemeaning text, viewcodesequence_codemeaning text,
    patientorientationcodesequence_codemeaning text
"""

METADATA = table(
    "cxr",
    "metadata",
    f"""
    dicom_id text, subject_id integer, study_id integer, {_OF_IMAGES}, studydate text,
    studytime text, {_CODES}
    """,
)
"""As the file has it: the moment of a study in two cells, neither of them a time by itself."""

IMAGES = table(
    "cxr",
    "metadata",
    f"""
    dicom_id text, subject_id integer, study_id integer, {_OF_IMAGES}, studydatetime time, {_CODES}
    """,
)
"""The same with the moment of the study in one cell."""

_LABELS = {
    labeller: Table(
        "cxr",
        labeller,
        (
            Column("subject_id", "integer"),
            Column("study_id", "integer"),
            *(Column(finding.lower(), "integer") for finding in FINDINGS),
        ),
    )
    for labeller in LABELLERS
}

BESIDE: Mapping[Part, Table] = MappingProxyType(
    {
        "split": table(
            "cxr", "split", "dicom_id text, study_id integer, subject_id integer, split text"
        ),
        "chexpert": _LABELS["chexpert"],
        "negbio": _LABELS["negbio"],
        "record-list": table(
            "cxr", "record_list", "subject_id integer, study_id integer, dicom_id text, path text"
        ),
        "study-list": table("cxr", "study_list", "subject_id integer, study_id integer, path text"),
    }
)
"""The files beside the metadata; any of them may be missing."""
