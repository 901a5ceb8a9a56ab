"""Rules for what was measured: laboratory, cultures, bedside charts, ED vital signs."""

from clinseek.toolkits.ehr.availability.clauses import (
    Moment,
    both,
    day_after,
    first_there,
    later,
    latest,
)
from clinseek.toolkits.ehr.availability.model import Known, Mask, Rule
from clinseek.toolkits.ehr.availability.stays import ADMITTED, IN_ED, IN_ICU

_LAB_NULL = first_there("r.storetime", later("r.charttime", "+24 hours"))
_CHART_NULL = Moment(
    "CASE WHEN r.storetime IS NULL AND r.itemid NOT IN (SELECT itemid FROM temp.bedside_items) "
    f"THEN {later('r.charttime', '+24 hours')} ELSE {latest('r.charttime', 'r.storetime')} END",
    "charttime",
    "storetime",
)
_CHARTED = latest("r.charttime", "r.storetime")
_MICRO_STORED = first_there("r.storetime", day_after("r.storedate"))
_MICRO_DRAWN = first_there("r.charttime", day_after("r.chartdate"))
_CHARTED_WORDS = "the later of charttime and storetime"

RESULTS: tuple[Rule, ...] = (
    Rule(
        table="labevents",
        known=Known(
            latest("r.charttime", _LAB_NULL),
            f"{_CHARTED_WORDS}; without storetime, charttime + 24 h (strict: discharge, if later)",
            strict="CASE WHEN r.storetime IS NULL "
            f"THEN {both('admission.discharged', latest('admission.discharged', _LAB_NULL))} "
            f"ELSE {_CHARTED} END",
            event=first_there("r.charttime", "r.storetime"),
        ),
        event_time="charttime",
        shown=(
            "subject_id", "specimen_id", "itemid", "order_provider_id", "charttime", "storetime",
            "value", "valuenum", "valueuom", "ref_range_lower", "ref_range_upper", "flag",
            "priority", "comments",
        ),
        masked={"hadm_id": ADMITTED},
        numbered=("labevent_id",),
        key="labevent_id",
        joins=("admission",),
        source="charttime is the specimen's time, storetime when the result was to be had "
        "(MIMIC-IV documentation; mimic-code#375), on the open demo a median of 65 min later. "
        "hadm_id is filled in afterwards on labs of before the admission (mimic-code#1372). "
        "specimen_id does not run with time within a patient (demo: |r| < 0.1), so it stays.",
    ),
    Rule(
        table="microbiologyevents",
        known=Known(
            "CASE WHEN r.storetime IS NULL AND r.storedate IS NULL "
            f"THEN {later('r.chartdate', '+7 days')} "
            f"ELSE {latest(_MICRO_DRAWN, _MICRO_STORED)} END",
            "the later of charttime (or the day after chartdate) and storetime (or the day after "
            "storedate); without either, chartdate + 7 days",
            event=_MICRO_DRAWN,
        ),
        event_time="chartdate",
        shown=(
            "subject_id", "micro_specimen_id", "order_provider_id", "chartdate", "charttime",
            "spec_itemid", "spec_type_desc", "storedate", "storetime", "test_itemid", "test_name",
            "org_itemid", "org_name", "isolate_num", "quantity", "ab_itemid", "ab_name",
            "dilution_text", "dilution_comparison", "dilution_value", "interpretation", "comments",
        ),
        masked={"hadm_id": ADMITTED},
        numbered=("microevent_id",),
        renumbered_within={"test_seq": "micro_specimen_id"},
        key="microevent_id",
        joins=("admission",),
        source="storetime is the last known update; interim results cannot be recovered, so a Gram "
        "stain appears with the last word on its culture (MIMIC-IV documentation).",
    ),
    Rule(
        table="omr",
        known=Known(day_after("r.chartdate"), "the day after chartdate"),
        event_time="chartdate",
        shown=("subject_id", "chartdate", "seq_num", "result_name", "result_value"),
        source="Date only (mimic-code#354).",
    ),
    Rule(
        table="chartevents",
        known=Known(
            _CHART_NULL,
            f"{_CHARTED_WORDS}; without storetime, charttime, but charttime + 24 h for items of "
            "category Labs or of no known category",
            event=first_there("r.charttime", "r.storetime"),
        ),
        event_time="charttime",
        shown=(
            "subject_id", "caregiver_id", "charttime", "storetime", "itemid", "value",
            "valuenum", "valueuom", "warning",
        ),
        masked={"hadm_id": ADMITTED, "stay_id": IN_ICU},
        joins=("admission", "icustay"),
        source="storetime is an upper bound on visibility (mimic-code#375); items of category Labs "
        "repeat labevents, so their charttime would go round the lab rule.",
    ),
    Rule(
        table="datetimeevents",
        known=Known(
            _CHARTED, _CHARTED_WORDS, event=first_there("r.charttime", "r.storetime")
        ),
        event_time="charttime",
        shown=(
            "subject_id", "caregiver_id", "charttime", "storetime", "itemid",
            "valueuom", "warning",
        ),
        masked={
            "stay_id": IN_ICU,
            "hadm_id": ADMITTED,
            "value": Mask("r.value", "the date that it holds (strict only)", ("strict",)),
        },
        planned={"value": "a charted date may be a plan; the strict profile waits for it"},
        joins=("admission", "icustay"),
        source="MIMIC-IV documentation, datetimeevents.",
    ),
    Rule(
        table="outputevents",
        known=Known(
            _CHARTED, _CHARTED_WORDS, event=first_there("r.charttime", "r.storetime")
        ),
        event_time="charttime",
        shown=(
            "subject_id", "caregiver_id", "charttime", "storetime", "itemid", "value",
            "valueuom",
        ),
        masked={"hadm_id": ADMITTED, "stay_id": IN_ICU},
        joins=("admission", "icustay"),
        source="MIMIC-IV documentation, outputevents; storetime may precede charttime.",
    ),
    Rule(
        table="triage",
        known=Known(
            "edstay.intime",
            "intime of the ED stay (strict: + 15 min)",
            strict=later("edstay.intime", "+15 minutes"),
        ),
        event_time=None,
        shown=(
            "subject_id", "stay_id", "temperature", "heartrate", "resprate", "o2sat", "sbp", "dbp",
            "pain", "acuity", "chiefcomplaint",
        ),
        joins=("edstay",),
        source="The table has no time of its own; rows of ED stays to come hide with their stay.",
    ),
    Rule(
        table="vitalsign",
        known=Known("r.charttime", "charttime"),
        event_time="charttime",
        shown=(
            "subject_id", "charttime", "temperature", "heartrate", "resprate", "o2sat",
            "sbp", "dbp", "rhythm", "pain",
        ),
        masked={"stay_id": IN_ED},
        joins=("edstay",),
        source="MIMIC-IV-ED documentation, vitalsign.",
    ),
)  # fmt: skip
