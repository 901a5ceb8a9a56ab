"""Rules for orders and drugs: what was ordered, prepared, given."""

from clinseek.toolkits.ehr.availability.clauses import first_there, latest
from clinseek.toolkits.ehr.availability.model import Known, Mask, Reference, Rule
from clinseek.toolkits.ehr.availability.stays import ADMITTED, IN_ED

_ORDER = Reference("poe", "poe_id")
_DOSE = Reference("emar", "emar_id")
_VERIFIED = Mask("r.verifiedtime", "verifiedtime")
_STOPPED = Mask("r.stoptime", "stoptime")
_ENTERED = Mask(
    "pharmacy.entertime",
    "entertime of the pharmacy entry it names",
    event="pharmacy.in_event",
)
"""Under the event profile an entry is there from its start on, and its id no earlier."""
_PLANNED_START = "a start may be ordered ahead"

ORDERS: tuple[Rule, ...] = (
    Rule(
        table="poe",
        known=Known("r.ordertime", "ordertime"),
        event_time="ordertime",
        shown=(
            "subject_id", "ordertime", "order_type", "order_subtype", "transaction_type",
            "order_provider_id",
        ),
        masked={"hadm_id": ADMITTED},
        never={"order_status": "the state at extraction"},
        numbered=("poe_id", "poe_seq"),
        references={
            "discontinue_of_poe_id": Reference("poe", "discontinue_of_poe_id"),
            "discontinued_by_poe_id": Reference("poe", "discontinued_by_poe_id"),
        },
        key="poe_id",
        joins=("admission",),
        source="discontinued_by_poe_id is empty until the order that discontinues is placed.",
    ),
    Rule(
        table="poe_detail",
        known=Known(
            "CASE WHEN r.field_name IN ('Consult Status', 'Consult Status Time') "
            "THEN CASE WHEN consult.moment IS NOT NULL AND orders.ordertime IS NOT NULL "
            f"THEN {latest('consult.moment', 'orders.ordertime')} END ELSE orders.ordertime END",
            "ordertime of the order; Consult Status and its time, at that time",
        ),
        event_time=None,
        shown=("subject_id", "field_name", "field_value"),
        references={"poe_id": _ORDER, "poe_seq": _ORDER},
        joins=("orders", "consult"),
        suspect={"field_value": "Discharge When and Discharge Planning are known when ordered, but "
                 "are to be dropped from discharge and length-of-stay tasks"},
        source="Has no time of its own; the published rule shows every detail of orders to come.",
    ),
    Rule(
        table="pharmacy",
        known=Known(
            "r.entertime", "entertime", event=first_there("r.starttime", "r.entertime")
        ),
        event_time="entertime",
        shown=(
            "subject_id", "pharmacy_id", "medication", "proc_type", "entertime", "verifiedtime",
            "route", "frequency", "disp_sched", "infusion_type", "sliding_scale",
            "lockout_interval", "basal_rate", "one_hr_max", "doses_per_24_hrs", "duration",
            "duration_interval", "expiration_value", "expiration_unit",
        ),
        masked={
            "hadm_id": ADMITTED,
            "stoptime": _STOPPED,
            "dispensation": _VERIFIED,
            "fill_quantity": _VERIFIED,
            "expirationdate": _VERIFIED,
        },
        never={"status": 'the state at extraction ("Discontinued via patient discharge")'},
        planned={
            "starttime": _PLANNED_START,
            "expirationdate": "an expiry lies ahead by its nature; shown from verifiedtime",
        },
        references={"poe_id": _ORDER},
        key="pharmacy_id",
        joins=("admission",),
        source="Raw times mix moments and bare dates; a bare date is read as the end of its day. "
        "pharmacy_id does not run with time (demo: mean |r| 0.05), so it stays.",
    ),
    Rule(
        table="prescriptions",
        known=Known(
            first_there("orders.ordertime", "pharmacy.entertime", "r.starttime"),
            "ordertime of its order, else entertime of its pharmacy entry, else starttime",
            event=first_there("r.starttime", "orders.ordertime", "pharmacy.entertime"),
        ),
        event_time="starttime",
        shown=(
            "subject_id", "order_provider_id", "drug_type", "drug",
            "formulary_drug_cd", "gsn", "ndc", "prod_strength", "form_rx", "dose_val_rx",
            "dose_unit_rx", "form_val_disp", "form_unit_disp", "doses_per_24_hrs", "route",
        ),
        masked={"hadm_id": ADMITTED, "pharmacy_id": _ENTERED, "stoptime": _STOPPED},
        planned={"starttime": _PLANNED_START},
        references={"poe_id": _ORDER, "poe_seq": _ORDER},
        joins=("admission", "orders", "pharmacy"),
        source="Orders, not administrations (mimic-code#384); a stoptime may precede its starttime "
        "(mimic-code#1260).",
    ),
    Rule(
        table="emar",
        known=Known(
            latest("r.charttime", "r.storetime"),
            "the later of charttime and storetime",
            event=first_there("r.charttime", "r.storetime"),
        ),
        event_time="charttime",
        shown=(
            "subject_id", "enter_provider_id", "charttime", "medication",
            "event_txt", "storetime",
        ),
        masked={"hadm_id": ADMITTED, "pharmacy_id": _ENTERED},
        planned={"scheduletime": "the hour for which a dose is scheduled"},
        numbered=("emar_id", "emar_seq"),
        references={"poe_id": _ORDER},
        key="emar_id",
        joins=("admission", "pharmacy"),
        source="Exists from about 2014 (mimic-code#1069); storetime may precede charttime.",
    ),
    Rule(
        table="emar_detail",
        known=Known("emar.known", "when its emar row is known"),
        event_time=None,
        shown=(
            "subject_id", "parent_field_ordinal", "administration_type",
            "barcode_type", "reason_for_no_barcode", "complete_dose_not_given", "dose_due",
            "dose_due_unit", "dose_given", "dose_given_unit", "will_remainder_of_dose_be_given",
            "product_amount_given", "product_unit", "product_code", "product_description",
            "product_description_other", "prior_infusion_rate", "infusion_rate",
            "infusion_rate_adjustment", "infusion_rate_adjustment_amount", "infusion_rate_unit",
            "route", "infusion_complete", "completion_interval", "new_iv_bag_hung",
            "continued_infusion_in_other_location", "restart_interval", "side", "site",
            "non_formulary_visual_verification",
        ),
        references={"emar_id": _DOSE, "emar_seq": _DOSE},
        masked={"pharmacy_id": _ENTERED},
        joins=("emar", "pharmacy"),
        source="Has no time of its own; the published rule shows every dose to come.",
    ),
    Rule(
        table="pyxis",
        known=Known("r.charttime", "charttime"),
        event_time="charttime",
        shown=("subject_id", "charttime", "med_rn", "name", "gsn_rn", "gsn"),
        masked={"stay_id": IN_ED},
        joins=("edstay",),
        source="May precede intime of the ED stay (mimic-code#1910).",
    ),
    Rule(
        table="medrecon",
        known=Known(
            first_there("r.charttime", "edstay.outtime"),
            "charttime; without one, outtime of the ED stay",
        ),
        event_time="charttime",
        shown=(
            "subject_id", "charttime", "name", "gsn", "ndc", "etc_rn", "etccode",
            "etcdescription",
        ),
        masked={"stay_id": IN_ED},
        joins=("edstay",),
        source="MIMIC-IV-ED documentation, medrecon.",
    ),
)  # fmt: skip
