"""The rule for chest X-rays: the image is there when it is taken, what was read of it later."""

from clinseek.toolkits.ehr.availability.clauses import first_there, later
from clinseek.toolkits.ehr.availability.model import Known, Mask, Rule
from clinseek.toolkits.ehr.tables.cxr import LABELS

_REPORTED = Mask(
    first_there("study.reported", later("r.studydatetime", "+24 hours")),
    "every radiology note charted within 2 h of the study and signed after it is known (none: "
    "studydatetime + 24 h)",
    event="r.studydatetime",
)

IMAGES: tuple[Rule, ...] = (
    Rule(
        table="cxr",
        known=Known("r.studydatetime", "studydatetime"),
        event_time="studydatetime",
        shown=(
            "subject_id", "study_id", "dicom_id", "studydatetime", "viewposition", "rows",
            "columns", "performedprocedurestepdescription", "procedurecodesequence_codemeaning",
            "viewcodesequence_codemeaning", "patientorientationcodesequence_codemeaning", "split",
            "image_path",
        ),
        masked=dict.fromkeys(("report_path", *LABELS), _REPORTED),
        key="dicom_id",
        joins=("study",),
        source="StudyDate and StudyTime are all that links an X-ray to the record, and there is no "
        "hadm_id (mimic-code#1552). So the report is any radiology note near to the study. The "
        "labels were read off the whole of it: they wait for an addendum too, and tell that one is "
        "to come where they are still empty beside a report. dicom_id and study_id are random and "
        "count nothing; they stay, for the files are found by them.",
    ),
)  # fmt: skip
