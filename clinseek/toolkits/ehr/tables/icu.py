"""The intensive care module of MIMIC-IV (MetaVision; v2.2 and v3.1 carry the same columns).

Columns and types as in the create.sql scripts of MIT-LCP/mimic-code.
"""

from clinseek.toolkits.ehr.tables.model import Table, table

ICU: tuple[Table, ...] = (
    table(
        "icu",
        "caregiver",
        """
        caregiver_id integer
        """,
    ),
    table(
        "icu",
        "d_items",
        """
        itemid integer, label text, abbreviation text, linksto text, category text, unitname text,
        param_type text, lownormalvalue number, highnormalvalue number
        """,
    ),
    table(
        "icu",
        "datetimeevents",
        """
        subject_id integer, hadm_id integer, stay_id integer, caregiver_id integer, charttime time,
        storetime time, itemid integer, value time, valueuom text, warning integer
        """,
    ),
    table(
        "icu",
        "icustays",
        """
        subject_id integer, hadm_id integer, stay_id integer, first_careunit text, last_careunit
        text, intime time, outtime time, los number
        """,
    ),
    table(
        "icu",
        "ingredientevents",
        """
        subject_id integer, hadm_id integer, stay_id integer, caregiver_id integer, starttime time,
        endtime time, storetime time, itemid integer, amount number, amountuom text, rate number,
        rateuom text, orderid integer, linkorderid integer, statusdescription text, originalamount
        number, originalrate number
        """,
    ),
    table(
        "icu",
        "inputevents",
        """
        subject_id integer, hadm_id integer, stay_id integer, caregiver_id integer, starttime time,
        endtime time, storetime time, itemid integer, amount number, amountuom text, rate number,
        rateuom text, orderid integer, linkorderid integer, ordercategoryname text,
        secondaryordercategoryname text, ordercomponenttypedescription text,
        ordercategorydescription text, patientweight number, totalamount number, totalamountuom
        text, isopenbag integer, continueinnextdept integer, statusdescription text, originalamount
        number, originalrate number
        """,
    ),
    table(
        "icu",
        "outputevents",
        """
        subject_id integer, hadm_id integer, stay_id integer, caregiver_id integer, charttime time,
        storetime time, itemid integer, value number, valueuom text
        """,
    ),
    table(
        "icu",
        "procedureevents",
        """
        subject_id integer, hadm_id integer, stay_id integer, caregiver_id integer, starttime time,
        endtime time, storetime time, itemid integer, value number, valueuom text, location text,
        locationcategory text, orderid integer, linkorderid integer, ordercategoryname text,
        ordercategorydescription text, patientweight number, isopenbag integer, continueinnextdept
        integer, statusdescription text, originalamount number, originalrate number
        """,
    ),
    table(
        "icu",
        "chartevents",
        """
        subject_id integer, hadm_id integer, stay_id integer, caregiver_id integer, charttime time,
        storetime time, itemid integer, value text, valuenum number, valueuom text, warning integer
        """,
    ),
)
