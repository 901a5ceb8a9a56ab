"""What must not be told by a case at a question's cutoff: look-ups that drop a row if they answer.

Beside the look-ups of the probe they know `:moment`, the time of the event that is asked for. The
clues are those that the availability rules leave to the tasks: visible, and rightly so, but so near
to the answer that a row with one asks for nothing.
"""

from __future__ import annotations

from clinseek.validity.probe.ed_lookups import ADMISSION, TO_ICU
from clinseek.validity.probe.look_up import LookUp
from clinseek.validity.probe.lookups import LOOK_UPS
from clinseek.validity.probe.stay_lookups import DEATH, icu_at_least, longer

_ORDERED = "poe_detail AS d JOIN poe AS o USING (poe_id)"
_ARRIVAL = "(SELECT intime FROM edstays WHERE stay_id = :stay_id)"
_LIMITED = (
    "({0} LIKE '%do not%' OR {0} LIKE '%DNR%' OR {0} LIKE '%DNAR%' OR {0} LIKE '%DNI%' "
    "OR {0} LIKE '%comfort%' OR {0} LIKE '%CMO%')"
)


def telling(look_ups: tuple[LookUp, ...]) -> tuple[LookUp, ...]:
    """Those that answer; a mere hint of something hidden drops no row."""
    return tuple(each for each in look_ups if not each.hint)


def event(table: str, moment: str) -> LookUp:
    """The event that is asked for, in its own table."""
    return LookUp(
        f"{table} at the moment that is asked for",
        f"SELECT 'yes' FROM {table} WHERE {moment} = :moment",
    )


LIMITED_CARE = (
    LookUp(
        "code status or comfort care charted",
        "SELECT 'yes' FROM chartevents AS c JOIN d_items AS i USING (itemid) "
        f"WHERE c.hadm_id = :hadm_id AND i.label = 'Code Status' AND {_LIMITED.format('c.value')}",
    ),
    LookUp(
        "code status or comfort care ordered",
        f"SELECT 'yes' FROM {_ORDERED} WHERE d.field_name = 'Code status' "
        f"AND (o.hadm_id = :hadm_id OR o.ordertime >= {_ARRIVAL}) "
        f"AND {_LIMITED.format('d.field_value')}",
    ),
)
"""Of the stay, or since arrival in the ED: care is limited, so that death is awaited."""

DISCHARGE_PLANNED = (
    LookUp(
        "discharge planned",
        f"SELECT 'yes' FROM {_ORDERED} WHERE o.hadm_id = :hadm_id "
        "AND d.field_name IN ('Discharge When', 'Discharge Planning')",
    ),
    LookUp(
        "discharge ordered",
        "SELECT 'yes' FROM poe WHERE hadm_id = :hadm_id AND order_type = 'ADT orders' "
        "AND order_subtype = 'Discharge'",
    ),
)
"""Of the stay: it is about to end."""

BED_ORDERED = (
    LookUp(
        "admission ordered",
        "SELECT 'yes' FROM poe WHERE order_type = 'ADT orders' AND order_subtype = 'Admit' "
        f"AND ordertime >= {_ARRIVAL}",
    ),
)
"""Since arrival in the ED: a bed is asked for."""

ED_DIAGNOSES = (
    LookUp(
        "ED diagnoses of the same visit",
        "SELECT 'yes' FROM diagnosis AS d JOIN edstays AS e USING (stay_id) "
        "WHERE e.hadm_id = :hadm_id",
    ),
)
"""Of the visit that the admission began with: the same codes, in part."""

CHARTED_LABS = (
    LookUp(
        "laboratory results charted at the bedside",
        "SELECT 'yes' FROM chartevents JOIN d_items AS i USING (itemid) "
        "WHERE i.category = 'Labs' AND charttime >= :moment",
    ),
)
"""At or after the draw: chartevents repeats laboratory results."""

IN_HOSPITAL_DEATH = (*telling(DEATH), *LIMITED_CARE)
DEATH_TO_COME = (
    *telling(DEATH),
    LookUp("dod to come", "SELECT 'yes' FROM patients WHERE dod >= date(:cutoff)"),
    *LIMITED_CARE,
)
ED_ADMISSION = (*telling(ADMISSION), *BED_ORDERED)
ED_TO_ICU = (*telling(TO_ICU), *BED_ORDERED)
ED_DEATH = (
    LookUp("disposition", "SELECT 'yes' FROM edstays WHERE stay_id = :stay_id "
           "AND disposition IS NOT NULL"),
    LookUp("dod to come", "SELECT 'yes' FROM patients WHERE dod >= date(:cutoff)"),
    LookUp(
        "admissions to come",
        "SELECT 'yes' FROM admissions WHERE admittime > :cutoff OR deathtime > :cutoff",
    ),
    *LIMITED_CARE,
)  # fmt: skip
BACK_IN_ED = (
    LookUp("edstays to come", "SELECT 'yes' FROM edstays WHERE intime > :cutoff"),
    LookUp(
        "triage of a visit to come",
        "SELECT 'yes' FROM triage WHERE stay_id IS NOT NULL "
        "AND stay_id NOT IN (SELECT stay_id FROM edstays)",
    ),
    LookUp("transfers to come", "SELECT 'yes' FROM transfers WHERE intime > :cutoff"),
    LookUp("dod to come", "SELECT 'yes' FROM patients WHERE dod >= date(:cutoff)"),
)
BACK_IN_ICU = (
    LookUp("icustays to come", "SELECT 'yes' FROM icustays WHERE intime > :cutoff"),
    LookUp("transfers to come", "SELECT 'yes' FROM transfers WHERE intime > :cutoff"),
    LookUp("outtime", "SELECT 'yes' FROM icustays WHERE stay_id = :stay_id AND outtime > :cutoff"),
)
REMAINING_ICU_STAY = (
    LookUp("los", "SELECT 'yes' FROM icustays WHERE stay_id = :stay_id AND los IS NOT NULL"),
    LookUp("outtime", "SELECT 'yes' FROM icustays WHERE stay_id = :stay_id AND outtime > :cutoff"),
    LookUp("transfers.outtime", "SELECT 'yes' FROM transfers WHERE outtime > :cutoff"),
    *DISCHARGE_PLANNED,
)
CODES_OF_THE_STAY = (*telling(LOOK_UPS["discharge_diagnoses"]), *ED_DIAGNOSES)
PROCEDURES_OF_THE_STAY = (
    LookUp("procedures_icd of the stay", "SELECT 'yes' FROM procedures_icd "
           "WHERE hadm_id = :hadm_id"),
    LookUp("hcpcsevents of the stay", "SELECT 'yes' FROM hcpcsevents WHERE hadm_id = :hadm_id"),
    LookUp("drgcodes of the stay", "SELECT 'yes' FROM drgcodes WHERE hadm_id = :hadm_id"),
)  # fmt: skip
NEXT_UNIT = (*telling(LOOK_UPS["next_care_unit"]), event("transfers", "intime"))


def long_stay(days: int) -> tuple[LookUp, ...]:
    """Whether an admission lasts longer."""
    return (*telling(longer(days)), *DISCHARGE_PLANNED)


def long_icu_stay(days: int) -> tuple[LookUp, ...]:
    """Whether an ICU stay lasts so long."""
    return (*telling(icu_at_least(days)), *DISCHARGE_PLANNED)


def readmission(days: int) -> tuple[LookUp, ...]:
    """Whether an admission follows."""
    return telling(LOOK_UPS[f"readmission_{days}d"])
