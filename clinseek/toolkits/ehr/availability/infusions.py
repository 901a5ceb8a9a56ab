"""Rules for what runs for a while: infusions, their ingredients, procedures at the bedside.

A row is written when it starts and again when it ends; what only its end decides stays hidden
until then.
"""

from clinseek.toolkits.ehr.availability.clauses import both, first_there, latest
from clinseek.toolkits.ehr.availability.model import Known, Mask, Rule
from clinseek.toolkits.ehr.availability.stays import ADMITTED, IN_ICU

_ENDED = Mask(
    both("r.endtime", latest("r.endtime", "r.storetime")), "the later of endtime and storetime"
)
_KNOWN = Known(
    latest("r.starttime", "r.storetime"),
    "the later of starttime and storetime",
    event=first_there("r.starttime", "r.storetime"),
)
_SOURCE = (
    "storetime is when the row was validated; no source says how it relates to later edits of the "
    "row (open demo: storetime - endtime, 10 % to 90 %, -157 to 87 min for inputs), so what the "
    "end decides waits for both."
)

INFUSIONS: tuple[Rule, ...] = (
    Rule(
        table="inputevents",
        known=_KNOWN,
        event_time="starttime",
        shown=(
            "subject_id", "caregiver_id", "starttime", "storetime", "itemid",
            "amountuom", "rate", "rateuom", "orderid", "linkorderid", "ordercategoryname",
            "secondaryordercategoryname", "ordercomponenttypedescription",
            "ordercategorydescription", "patientweight", "totalamount", "totalamountuom",
            "isopenbag", "originalamount", "originalrate",
        ),
        masked={
            "stay_id": IN_ICU,
            "hadm_id": ADMITTED,
            "endtime": _ENDED,
            "amount": _ENDED,
            "statusdescription": _ENDED,
            "continueinnextdept": _ENDED,
        },
        joins=("admission", "icustay"),
        source=f"amount is rate x duration. {_SOURCE}",
    ),
    Rule(
        table="ingredientevents",
        known=_KNOWN,
        event_time="starttime",
        shown=(
            "subject_id", "caregiver_id", "starttime", "storetime", "itemid",
            "amountuom", "rate", "rateuom", "orderid", "linkorderid", "originalamount",
            "originalrate",
        ),
        masked={
            "stay_id": IN_ICU,
            "hadm_id": ADMITTED,
            "endtime": _ENDED,
            "amount": _ENDED,
            "statusdescription": _ENDED,
        },
        joins=("admission", "icustay"),
        source=_SOURCE,
    ),
    Rule(
        table="procedureevents",
        known=_KNOWN,
        event_time="starttime",
        shown=(
            "subject_id", "caregiver_id", "starttime", "storetime", "itemid",
            "valueuom", "location", "locationcategory", "orderid", "linkorderid",
            "ordercategoryname", "ordercategorydescription", "patientweight", "isopenbag",
            "originalrate",
        ),
        masked={
            "stay_id": IN_ICU,
            "hadm_id": ADMITTED,
            "endtime": _ENDED,
            "value": _ENDED,
            "originalamount": _ENDED,
            "statusdescription": _ENDED,
            "continueinnextdept": _ENDED,
        },
        joins=("admission", "icustay"),
        source="value is the duration; originalamount repeats it in 1,432 of the demo's 1,468 "
        f"rows, so it waits too. {_SOURCE}",
    ),
)  # fmt: skip
