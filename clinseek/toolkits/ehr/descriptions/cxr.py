"""Our words on the chest X-rays."""

from clinseek.toolkits.ehr.descriptions.model import Prose, prose
from clinseek.toolkits.ehr.tables.cxr import FINDINGS, LABELLERS, label_column

_LABELLERS = {"chexpert": "CheXpert", "negbio": "NegBio"}
_LABELS = "\n".join(
    f"{label_column(labeller, finding)}: {finding} by {_LABELLERS[labeller]}."
    for labeller in LABELLERS
    for finding in FINDINGS
)

CXR: tuple[Prose, ...] = (
    prose(
        "cxr",
        "One row is one chest X-ray image; a study has one or several.",
        f"""
        study_id: Id of the study; the images of one study share it, its time and its report.
        dicom_id: Id of the image.
        studydatetime: When the study was made.
        viewposition: View, e.g. AP, PA, LATERAL, LL.
        rows: Height of the image in pixels.
        columns: Width of the image in pixels.
        performedprocedurestepdescription: Examination, e.g. CHEST (PA AND LAT).
        procedurecodesequence_codemeaning: Examination in words.
        viewcodesequence_codemeaning: View in words, e.g. postero-anterior.
        patientorientationcodesequence_codemeaning: Posture, e.g. Erect, Recumbent.
        split: Part of MIMIC-CXR: train, validate or test.
        image_path: The image's file, below the image root; image tools take it as it is.
        report_path: The report's file; its text stands in radiology, if anywhere.
        {_LABELS}
        """,
        "There is no hadm_id: find the stay by studydatetime. The report of a study is the row of "
        "radiology whose charttime is near studydatetime.",
        "Labels were read off the report by a program, not off the image: 1 present, 0 absent, -1 "
        "uncertain, empty where the report is silent, and before it was there.",
    ),
)
