"""Weakened rules that show the same as the rule in every record, each with the reason."""

_OWN = "the cell is empty whenever its own moment is, so there is nothing to show early"
_STORED = "the row waits for storetime already, so only endtime is left to wait for"
_TIES = "row_id orders rows known at one moment by content instead; no id is made of it"

EQUIVALENT: dict[str, str] = {
    "admissions.key: none": _TIES,
    "admissions.masked[deathtime]: a NULL means now": _OWN,
    "admissions.masked[dischtime]: a NULL means now": _OWN,
    "datetimeevents.masked[value]: a NULL means now": _OWN,
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
    "prescriptions.masked[stoptime]: a NULL means now": _OWN,
    "prescriptions.masked[stoptime]: profiles ('event',)": "a time opens at itself without a mask",
}
