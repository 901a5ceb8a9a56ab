"""The chest X-rays of MIMIC-CXR and MIMIC-CXR-JPG (v2.0.0 and v2.1.0), one row an image.

No file of the two has this table: `clinseek ingest` makes it of the metadata, the split, the
labels and the lists of files. `studydatetime`, `image_path` and `report_path` are named as the
published systems' chest X-ray table names them; a label is one column a labeller and finding.
"""

from clinseek.toolkits.ehr.tables.model import Column, Table, table

FINDINGS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum",
    "Fracture", "Lung Lesion", "Lung Opacity", "No Finding", "Pleural Effusion", "Pleural Other",
    "Pneumonia", "Pneumothorax", "Support Devices",
)  # fmt: skip
"""What both labellers look for in a report, as their files call it."""

LABELLERS = ("chexpert", "negbio")


def label_column(labeller: str, finding: str) -> str:
    """The column that holds what a labeller says of a finding.

    >>> label_column("chexpert", "Pleural Effusion")
    'chexpert_pleural_effusion'
    """
    return f"{labeller}_{finding.lower().replace(' ', '_')}"


LABELS: tuple[str, ...] = tuple(
    label_column(labeller, finding) for labeller in LABELLERS for finding in FINDINGS
)
"""The label columns: 1 present, 0 absent, -1 uncertain, empty where the report is silent."""

_IMAGES = table(
    "cxr",
    "cxr",
    """
    subject_id integer, study_id integer, dicom_id text, studydatetime time, viewposition text,
    rows integer, columns integer, performedprocedurestepdescription text,
    procedurecodesequence_codemeaning text, viewcodesequence_codemeaning text,
    patientorientationcodesequence_codemeaning text, split text, image_path text, report_path text
    """,
)

CXR: tuple[Table, ...] = (
    _IMAGES._replace(columns=(*_IMAGES.columns, *(Column(name, "integer") for name in LABELS))),
)
