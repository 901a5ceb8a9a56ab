"""The fourteen labels of a report, as MIMIC-CXR-JPG's two labellers give them.

1.0 is said to be there, 0.0 said not to be, -1.0 in doubt, empty not spoken of.
"""

from __future__ import annotations

from clinseek.toolkits.ehr.synthetic.films.findings import DEVICES, Finding
from clinseek.toolkits.ehr.synthetic.films.studies import Study

LABELS = (
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Enlarged Cardiomediastinum",
    "Fracture",
    "Lung Lesion",
    "Lung Opacity",
    "No Finding",
    "Pleural Effusion",
    "Pleural Other",
    "Pneumonia",
    "Pneumothorax",
    "Support Devices",
)
"""In the order of the published files."""

_LABELLED: dict[Finding, tuple[tuple[str, float], ...]] = {
    "pleural effusion": (("Pleural Effusion", 1.0),),
    "pneumothorax": (("Pneumothorax", 1.0),),
    "consolidation": (("Consolidation", 1.0), ("Lung Opacity", 1.0)),
    "pulmonary edema": (("Edema", 1.0),),
    "bibasilar opacities": (("Lung Opacity", 1.0), ("Atelectasis", -1.0)),
    "cardiomegaly": (("Cardiomegaly", 1.0),),
    "endotracheal tube": (("Support Devices", 1.0),),
    "central venous line": (("Support Devices", 1.0),),
    "pacemaker": (("Support Devices", 1.0),),
}


def labels_of(study: Study) -> dict[str, float]:
    """The labels that are not empty."""
    present = study.findings.present
    found = {label: value for name in present for label, value in _LABELLED.get(name, ())}
    for name, label in (("pleural effusion", "Pleural Effusion"), ("pneumothorax", "Pneumothorax")):
        if name not in present:
            found[label] = 0.0
    if "consolidation" in present:
        disease = None if study.visit is None else study.visit.disease.key
        found["Pneumonia"] = 1.0 if disease == "pneumonia" else -1.0
    if not present - DEVICES - {"hyperinflation"}:
        found["No Finding"] = 1.0
    return found
