"""Rules for notes: a summary is never known before the stay it sums up has ended."""

from clinseek.toolkits.ehr.availability.clauses import (
    NEVER,
    both,
    day_after,
    first_there,
    later,
    latest,
)
from clinseek.toolkits.ehr.availability.model import Known, Reference, Rule
from clinseek.toolkits.ehr.availability.stays import ADMITTED

_STORED = first_there("r.storetime", later("r.charttime", "+24 hours"))
_DISCHARGE_STORED = first_there("r.storetime", later("r.charttime", "+2 days"))
_OTHER_NOTE = "r.field_name IN ('addendum_note_id', 'parent_note_id')"
# SQLite's max of two is NULL when either is: a link waits for both of its ends.
_BOTH_NOTES = "max(radiology.known, addendum.known)"

NOTES: tuple[Rule, ...] = (
    Rule(
        table="discharge",
        known=Known(
            both("admission.discharged", latest(_DISCHARGE_STORED, "admission.discharged")),
            "the later of storetime (without one, charttime + 2 days) and discharge",
            event=both("admission.discharged", day_after("r.charttime")),
        ),
        event_time="charttime",
        shown=("subject_id", "hadm_id", "note_type", "charttime", "storetime", "text"),
        numbered=("note_id", "note_seq"),
        key="note_id",
        joins=("admission",),
        source="charttime is the midnight of the day of discharge, and 2,905 rows have a storetime "
        "before it (mimic-code#1817).",
    ),
    Rule(
        table="discharge_detail",
        known=Known("discharge.known", "when its note is known"),
        event_time=None,
        shown=("subject_id", "field_name", "field_value", "field_ordinal"),
        references={"note_id": Reference("discharge", "note_id")},
        joins=("discharge",),
        source="Has no time of its own.",
    ),
    Rule(
        table="radiology",
        known=Known(
            latest("r.charttime", _STORED),
            "the later of charttime and storetime; without storetime, charttime + 24 h",
            event=first_there("r.charttime", "r.storetime"),
        ),
        event_time="charttime",
        shown=("subject_id", "note_type", "charttime", "storetime", "text"),
        masked={"hadm_id": ADMITTED},
        numbered=("note_id", "note_seq"),
        key="note_id",
        joins=("admission",),
        source="The examination was at charttime, the report was signed at storetime.",
    ),
    Rule(
        table="radiology_detail",
        known=Known(
            f"CASE WHEN r.field_name = 'cpt_code' THEN {NEVER} "
            f"WHEN {_OTHER_NOTE} THEN {_BOTH_NOTES} "
            "ELSE radiology.known END",
            "when its note is known; addendum_note_id when that addendum is known too; cpt_code "
            "rows never (billing)",
        ),
        event_time=None,
        shown=("subject_id", "field_name", "field_ordinal"),
        derived={
            "field_value": f"CASE WHEN {_OTHER_NOTE} THEN addendum.new ELSE r.field_value END"
        },
        references={"note_id": Reference("radiology", "note_id")},
        joins=("radiology", "addendum"),
        source="cpt_code is billing; addendum_note_id would announce an addendum to come.",
    ),
)
