"""Rules for billing codes: coders work after discharge, so no code of a stay is known in it."""

from clinseek.toolkits.ehr.availability.clauses import both, day_after, later, latest
from clinseek.toolkits.ehr.availability.model import Known, Rule

CODING_LAG = "+3 days"
"""How long after discharge the strict profile waits for the coders."""

_DISCHARGED = "admission.discharged"
_SOURCE = "Coders work after discharge (mimic-code#918, mimic-code#374)."

CODES: tuple[Rule, ...] = (
    Rule(
        table="diagnoses_icd",
        known=Known(
            _DISCHARGED,
            "discharge, the later of dischtime and deathtime (and never before admittime)",
            strict=later(_DISCHARGED, CODING_LAG),
        ),
        event_time=None,
        shown=("subject_id", "hadm_id", "seq_num", "icd_code", "icd_version"),
        joins=("admission",),
        source=_SOURCE,
    ),
    Rule(
        table="procedures_icd",
        known=Known(
            _DISCHARGED,
            "discharge; the act is dated, its code is billed later",
            strict=later(_DISCHARGED, CODING_LAG),
        ),
        event_time="chartdate",
        shown=("subject_id", "hadm_id", "seq_num", "chartdate", "icd_code", "icd_version"),
        joins=("admission",),
        source=_SOURCE,
    ),
    Rule(
        table="drgcodes",
        known=Known(_DISCHARGED, "discharge", strict=later(_DISCHARGED, CODING_LAG)),
        event_time=None,
        shown=(
            "subject_id", "hadm_id", "drg_type", "drg_code", "description", "drg_severity",
            "drg_mortality",
        ),
        joins=("admission",),
        source=f"{_SOURCE} drg_severity and drg_mortality are near-labels.",
    ),
    Rule(
        table="hcpcsevents",
        known=Known(
            both(_DISCHARGED, latest(_DISCHARGED, day_after("r.chartdate"))),
            "the later of discharge and the day after chartdate",
            strict=both(
                _DISCHARGED, latest(later(_DISCHARGED, CODING_LAG), day_after("r.chartdate"))
            ),
        ),
        event_time="chartdate",
        shown=("subject_id", "hadm_id", "chartdate", "hcpcs_cd", "seq_num", "short_description"),
        joins=("admission",),
        source=_SOURCE,
    ),
    Rule(
        table="diagnosis",
        known=Known(
            "edstay.outtime",
            "outtime of the ED stay",
            strict=later("edstay.outtime", CODING_LAG),
        ),
        event_time=None,
        shown=("subject_id", "stay_id", "seq_num", "icd_code", "icd_version", "icd_title"),
        joins=("edstay",),
        source='MIMIC-IV-ED documentation: "determined after discharge from the ED".',
    ),
)  # fmt: skip
