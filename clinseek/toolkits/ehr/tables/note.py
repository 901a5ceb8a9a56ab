"""MIMIC-IV-Note v2.2.

Columns and types as in the create.sql scripts of MIT-LCP/mimic-code.
"""

from clinseek.toolkits.ehr.tables.model import Table, table

NOTE: tuple[Table, ...] = (
    table(
        "note",
        "discharge",
        """
        note_id text, subject_id integer, hadm_id integer, note_type text, note_seq integer,
        charttime time, storetime time, text text
        """,
    ),
    table(
        "note",
        "discharge_detail",
        """
        note_id text, subject_id integer, field_name text, field_value text, field_ordinal integer
        """,
    ),
    table(
        "note",
        "radiology",
        """
        note_id text, subject_id integer, hadm_id integer, note_type text, note_seq integer,
        charttime time, storetime time, text text
        """,
    ),
    table(
        "note",
        "radiology_detail",
        """
        note_id text, subject_id integer, field_name text, field_value text, field_ordinal integer
        """,
    ),
)
