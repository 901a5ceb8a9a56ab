"""Which rule says when a row of each table is known, and when its cells that come later are."""

from __future__ import annotations

from collections.abc import Callable

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle import images, infusions, notes, orders, results, stays
from clinseek.validity.oracle.clocks import Clocks
from clinseek.validity.oracle.model import Moment, RawRow

Rule = Callable[[RawRow, Clocks], Moment]

KNOWN: dict[str, Rule] = {
    "patients": stays.patient,
    "admissions": stays.admission,
    "transfers": stays.arrival,
    "icustays": stays.arrival,
    "edstays": stays.arrival,
    "services": stays.service,
    "diagnoses_icd": stays.hospital_code,
    "procedures_icd": stays.hospital_code,
    "drgcodes": stays.hospital_code,
    "hcpcsevents": stays.hcpcs_code,
    "diagnosis": stays.ed_code,
    "triage": stays.triage,
    "vitalsign": stays.in_the_ed,
    "pyxis": stays.in_the_ed,
    "medrecon": stays.reconciled,
    "labevents": results.laboratory,
    "microbiologyevents": results.microbiology,
    "chartevents": results.bedside,
    "datetimeevents": results.charted,
    "outputevents": results.charted,
    "omr": results.outpatient,
    "inputevents": infusions.begun,
    "ingredientevents": infusions.begun,
    "procedureevents": infusions.begun,
    "poe": orders.order,
    "poe_detail": orders.order_detail,
    "pharmacy": orders.pharmacy,
    "prescriptions": orders.prescription,
    "emar": results.charted,
    "emar_detail": orders.administration_detail,
    "discharge": notes.discharge_note,
    "discharge_detail": notes.discharge_detail,
    "radiology": notes.radiology_note,
    "radiology_detail": notes.radiology_detail,
    "cxr": images.taken,
}
"""When a row is known, by table."""

NEVER_SHOWN: dict[str, tuple[str, ...]] = {"poe": ("order_status",), "pharmacy": ("status",)}
"""Columns that hold the state at extraction, long after: always empty."""

_WAIT_FOR_D = ("dischtime", "deathtime", "discharge_location", "hospital_expire_flag")
_WAIT_FOR_DEPARTURE = {"icustays": ("los", "last_careunit"), "edstays": ("disposition",)}
_WAIT_FOR_VERIFICATION = ("dispensation", "fill_quantity", "expirationdate")
_SHOW_HADM_ID_AT_ONCE = frozenset(
    {
        "admissions",  # it is the admission
        "diagnoses_icd",  # the others wait for D of the admission as whole rows
        "procedures_icd",
        "drgcodes",
        "hcpcsevents",
        "discharge",
    }
)
_NAME_AN_ICU_STAY = frozenset({"chartevents", "datetimeevents", "outputevents"}) | frozenset(
    infusions.TOLD_BY_THE_END
)
_NAME_AN_ED_STAY = frozenset({"vitalsign", "pyxis", "medrecon"})
_NAME_A_PHARMACY_ENTRY = frozenset({"prescriptions", "emar", "emar_detail"})


def _hadm_id(row: RawRow, clocks: Clocks) -> Moment:
    return clocks.admitted.get(row["hadm_id"])


def _icu_stay_id(row: RawRow, clocks: Clocks) -> Moment:
    return clocks.icu_in.get(row["stay_id"])


def _ed_stay_id(row: RawRow, clocks: Clocks) -> Moment:
    return clocks.ed_in.get(row["stay_id"])


def _pharmacy_id(row: RawRow, clocks: Clocks) -> Moment:
    clock = clocks.begun if clocks.profile == "event" else clocks.entered
    return clock.get(row["pharmacy_id"])


def cell_rules(table: str) -> dict[str, Rule]:
    """The rules of the cells that may come later than their row, beside their own moments.

    A cell without a moment from its rule is never shown.
    """
    rules: dict[str, Rule] = {}
    if table == "patients":
        rules["dod"] = stays.death_told
    if table == "admissions":
        rules |= dict.fromkeys(_WAIT_FOR_D, stays.end_of_own_stay)
    rules |= dict.fromkeys(_WAIT_FOR_DEPARTURE.get(table, ()), stays.departure)
    rules |= dict.fromkeys(infusions.TOLD_BY_THE_END.get(table, ()), infusions.ended)
    if table == "cxr":
        rules |= dict.fromkeys(images.TOLD_BY_THE_REPORT, images.reported)
    if table == "pharmacy":
        rules |= dict.fromkeys(_WAIT_FOR_VERIFICATION, orders.verified)
    if "hadm_id" in TABLES[table].column_names and table not in _SHOW_HADM_ID_AT_ONCE:
        rules["hadm_id"] = _hadm_id
    if table in _NAME_AN_ICU_STAY:
        rules["stay_id"] = _icu_stay_id
    if table in _NAME_AN_ED_STAY:
        rules["stay_id"] = _ed_stay_id
    if table in _NAME_A_PHARMACY_ENTRY:
        rules["pharmacy_id"] = _pharmacy_id
    return rules
