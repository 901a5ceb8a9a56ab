"""Rules for the patient and the stays: who is here, since when, where."""

from clinseek.toolkits.ehr.availability.clauses import ALWAYS, both, day_after, latest
from clinseek.toolkits.ehr.availability.model import Known, Mask, Rule

ADMITTED = Mask("admission.admittime", "the admission it names")
"""hadm_id on rows of before the admission was filled in later and says "was admitted"."""

IN_ICU = Mask("icustay.intime", "intime of the ICU stay it names")
"""Rows charted ahead of a stay would announce it."""

IN_ED = Mask("edstay.intime", "intime of the ED stay it names")

_DISCHARGED = Mask("admission.discharged", "discharge, the later of dischtime and deathtime")
_ED_LEFT = Mask("r.outtime", "outtime")

STAYS: tuple[Rule, ...] = (
    Rule(
        table="patients",
        known=Known(ALWAYS, "always"),
        event_time=None,
        shown=("subject_id", "gender", "anchor_year_group"),
        masked={
            "dod": Mask(
                both("r.dod", latest(day_after("r.dod"), "death.discharged")),
                "the day after dod, and the end of the stay for a death in hospital",
            )
        },
        derived={
            "anchor_age": "r.anchor_age + CAST(substr(:cutoff, 1, 4) AS INTEGER) - r.anchor_year",
            "anchor_year": "CAST(substr(:cutoff, 1, 4) AS INTEGER)",
        },
        joins=("death",),
        source="anchor_age and anchor_year are the age and the year at the cutoff: an anchor year "
        "after the cutoff would betray a later visit.",
    ),
    Rule(
        table="admissions",
        known=Known("r.admittime", "admittime"),
        event_time="admittime",
        shown=(
            "subject_id", "hadm_id", "admittime", "admission_type", "admit_provider_id",
            "admission_location", "insurance", "language", "marital_status", "race", "edregtime",
            "edouttime",
        ),
        masked={
            "dischtime": _DISCHARGED,
            "deathtime": _DISCHARGED,
            "discharge_location": _DISCHARGED,
            "hospital_expire_flag": _DISCHARGED,
        },
        key="hadm_id",
        joins=("admission",),
        suspect={
            "admission_type": "final state; (EU) OBSERVATION encodes what came later",
            "insurance": "final state",
            "marital_status": "final state",
            "race": "final state",
        },
        source="dischtime may precede admittime (mimic-code#1288); 13 rows have "
        "hospital_expire_flag = 1 and no deathtime (mimic-code#1406).",
    ),
    Rule(
        table="transfers",
        known=Known("r.intime", "intime"),
        event_time="intime",
        shown=("subject_id", "transfer_id", "eventtype", "careunit", "intime", "outtime"),
        masked={"hadm_id": ADMITTED},
        key="transfer_id",
        joins=("admission",),
        source="The discharge row's intime is dischtime, so it hides itself; transfers may go on "
        "after deathtime (mimic-code#1945).",
    ),
    Rule(
        table="services",
        known=Known("r.transfertime", "transfertime"),
        event_time="transfertime",
        shown=("subject_id", "transfertime", "prev_service", "curr_service"),
        masked={"hadm_id": ADMITTED},
        joins=("admission",),
        source="MIMIC-IV documentation, services.",
    ),
    Rule(
        table="icustays",
        known=Known("r.intime", "intime"),
        event_time="intime",
        shown=("subject_id", "stay_id", "first_careunit", "intime", "outtime"),
        masked={
            "hadm_id": ADMITTED,
            "last_careunit": Mask("r.outtime", "outtime"),
            "los": Mask("r.outtime", "outtime"),
        },
        key="stay_id",
        joins=("admission",),
        suspect={
            "stay_id": "one stay may bridge a ward gap of up to 24 h; none of the demo's 140 does"
        },
        source="MIMIC-IV documentation, icustays.",
    ),
    Rule(
        table="edstays",
        known=Known("r.intime", "intime"),
        event_time="intime",
        shown=("subject_id", "stay_id", "intime", "outtime", "gender", "race", "arrival_transport"),
        masked={"hadm_id": ADMITTED, "disposition": _ED_LEFT},
        key="stay_id",
        joins=("admission",),
        source="A filled hadm_id means that the visit ended in an admission; edouttime and outtime "
        "differ (mimic-code#1717).",
    ),
)  # fmt: skip
