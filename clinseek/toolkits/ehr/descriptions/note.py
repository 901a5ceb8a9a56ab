"""Our words on the notes module."""

from clinseek.toolkits.ehr.descriptions.model import Prose, prose

_NOTE = """
        note_id: Id of the note.
        note_seq: Number of the note within the patient.
"""
_DETAIL = """
        note_id: The note that the field belongs to.
        field_ordinal: Number of the value where one field has several.
"""

NOTE: tuple[Prose, ...] = (
    prose(
        "discharge",
        "One row is one discharge summary (or an addendum to one).",
        f"""
        {_NOTE}
        note_type: DS (summary) or AD (addendum).
        charttime: Day of discharge, at midnight: not a real hour.
        storetime: When the note was stored.
        text: The note; names and dates are replaced by ___.
        """,
        "A summary is written at discharge: the stay that still runs has none, earlier stays do.",
        "Notes are long: choose columns, or cut with substr(text, 1, 2000) and search with instr.",
    ),
    prose(
        "discharge_detail",
        "One row is one further field of a discharge summary.",
        f"""
        {_DETAIL}
        field_name: Name of the field, e.g. author.
        field_value: Value of the field.
        """,
    ),
    prose(
        "radiology",
        "One row is one report of an imaging examination (or an addendum to one).",
        f"""
        {_NOTE}
        note_type: RR (report) or AR (addendum).
        charttime: When the examination was made.
        storetime: When the report was stored.
        text: The report; names and dates are replaced by ___.
        """,
        "An examination whose report is not stored yet is not in this record.",
        "The name of the examination stands in radiology_detail (field_name = exam_name).",
    ),
    prose(
        "radiology_detail",
        "One row is one further field of a radiology report.",
        f"""
        {_DETAIL}
        field_name: exam_code, exam_name, cpt_code, addendum_note_id, parent_note_id.
        field_value: Value of the field, e.g. CHEST (PORTABLE AP).
        """,
        "Rows of cpt_code (billing) are left out of this record.",
    ),
)
