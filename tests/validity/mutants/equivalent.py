"""Weakened rules that show the same as the rule in every record, each with the reason."""

_OWN = "the cell is empty whenever its own moment is, so there is nothing to show early"
_STORED = "the row waits for storetime already, so only endtime is left to wait for"
_ITSELF = "a time opens at itself without a mask"
_TIES = "row_id orders rows known at one moment by content instead; no id is made of it"

_BEGUN = "a stay or an entry that has begun has its first moment, so none of the texts is empty"
_TAKEN = "an X-ray that is there has a time, and so has what was read of it"
_HAS_ID = "such a row always has its id"

EQUIVALENT: dict[str, str] = {
    "admissions.key: none": _TIES,
    "admissions.masked[deathtime]: a NULL means now": _OWN,
    "admissions.masked[dischtime]: a NULL means now": _OWN,
    "beside[admission]: no WHERE": _HAS_ID,
    "beside[admission]: no nullif": _BEGUN,
    "beside[admission]: coalesce without ''": _BEGUN,
    "beside[death]: no nullif": _BEGUN,
    "beside[death]: coalesce without ''": _BEGUN,
    "beside[edstay]: no nullif": _BEGUN,
    "beside[edstay]: coalesce without ''": _BEGUN,
    "beside[edstay]: coalesce without '' (2)": "an outtime is there whenever the end is asked for",
    "beside[pharmacy]: no nullif": _BEGUN,
    "beside[pharmacy]: coalesce without ''": _BEGUN,
    "beside[pharmacy]: coalesce without '' (2)": _BEGUN,
    "beside[orders]: no WHERE": _HAS_ID,
    "beside[pharmacy]: coalesce without entertime (2)": "the later of entertime and nothing is it",
    "beside[pharmacy]: no WHERE": _HAS_ID,
    "beside[edstay]: no WHERE": _HAS_ID,
    "beside[icustay]: no WHERE": _HAS_ID,
    "beside[orders]: min for max": "poe_id names one order in MIMIC",
    "cxr.key: none": _TIES,
    "cxr.masked[chexpert_atelectasis]: a NULL means now": _TAKEN,
    "cxr.masked[report_path]: a NULL means now": _TAKEN,
    "datetimeevents.masked[value]: a NULL means now": _OWN,
    "edstays.key: none": _TIES,
    "emar_detail.references[emar_seq]: a row of poe": "ids by one column share its parent",
    "icustays.key: none": _TIES,
    "ingredientevents.masked[endtime]: a NULL means now": _OWN,
    "ingredientevents.masked[endtime]: profiles ('event',)": _STORED,
    "inputevents.masked[endtime]: a NULL means now": _OWN,
    "inputevents.masked[endtime]: profiles ('event',)": _STORED,
    "patients.known.available: a NULL means now": "the row is always there",
    "patients.known.event: a NULL means now": "the row is always there",
    "patients.known.strict: a NULL means now": "the row is always there",
    "patients.masked[dod]: a NULL means now": _OWN,
    "pharmacy.key: none": _TIES,
    "pharmacy.masked[stoptime]: a NULL means now": _OWN,
    "pharmacy.masked[stoptime]: profiles ('event',)": _ITSELF,
    "prescriptions.masked[stoptime]: a NULL means now": _OWN,
    "prescriptions.masked[stoptime]: profiles ('event',)": _ITSELF,
    "procedureevents.masked[endtime]: a NULL means now": _OWN,
    "procedureevents.masked[endtime]: profiles ('event',)": _STORED,
    "transfers.key: none": _TIES,
}
