"""Sentences that the definitions of several tasks share."""

IN_STAY = (
    "the admission had not begun by the cutoff, or had ended: cutoff < admittime or cutoff >= "
    "deathtime, else dischtime"
)
LEFT_ICU = (
    "the ICU stay had ended, or the patient had died: cutoff >= outtime, or cutoff >= deathtime of "
    "the row of admissions with the same hadm_id, or there is no outtime"
)
UNNAMED = "a code or item of the moment has no name in the dictionary, or one outside of the pool"
NO_CLASS = "no drug of the moment has a class; drugs without one are left away otherwise"
DISCHARGED = "discharge: the later of dischtime and deathtime"
