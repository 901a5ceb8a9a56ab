"""MIMIC-IV-ED v2.2.

Columns and types as in the create.sql scripts of MIT-LCP/mimic-code.
"""

from clinseek.toolkits.ehr.tables.model import Table, table

ED: tuple[Table, ...] = (
    table(
        "ed",
        "diagnosis",
        """
        subject_id integer, stay_id integer, seq_num integer, icd_code text, icd_version integer,
        icd_title text
        """,
    ),
    table(
        "ed",
        "edstays",
        """
        subject_id integer, hadm_id integer, stay_id integer, intime time, outtime time, gender
        text, race text, arrival_transport text, disposition text
        """,
    ),
    table(
        "ed",
        "medrecon",
        """
        subject_id integer, stay_id integer, charttime time, name text, gsn text, ndc text, etc_rn
        integer, etccode text, etcdescription text
        """,
    ),
    table(
        "ed",
        "pyxis",
        """
        subject_id integer, stay_id integer, charttime time, med_rn integer, name text, gsn_rn
        integer, gsn text
        """,
    ),
    table(
        "ed",
        "triage",
        """
        subject_id integer, stay_id integer, temperature number, heartrate number, resprate number,
        o2sat number, sbp number, dbp number, pain text, acuity number, chiefcomplaint text
        """,
    ),
    table(
        "ed",
        "vitalsign",
        """
        subject_id integer, stay_id integer, charttime time, temperature number, heartrate number,
        resprate number, o2sat number, sbp number, dbp number, rhythm text, pain text
        """,
    ),
)
