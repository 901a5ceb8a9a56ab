"""Counts: how many rows, or how many different things, the record holds."""

from __future__ import annotations

from clinseek.evals.benchmarks.openseek import terms
from clinseek.evals.benchmarks.openseek.template import Template
from clinseek.evals.benchmarks.openseek.templates import phrases

LAB_COUNT = Template(
    name="lab_count",
    family="count",
    definition="The number of known results of the laboratory item with a charttime at or after "
    "the admittime of the current admission.",
    wordings=(
        "How many results of {lab} in blood drawn since admission are there so far?",
        "How often has a blood {lab} that was drawn since admission been resulted?",
        "Count the blood {lab} values drawn since admission.",
        (
            "How many times was {lab} measured in blood drawn since admission, with a numeric "
            "result known?"
        ),
    ),
    sql=f"""{phrases.OF_STAY}
    SELECT count(*) OVER (), row_id AS labevents FROM of_stay""",
    pool=terms.A_LAB,
)
ABNORMAL_COUNT = Template(
    name="abnormal_count",
    family="count",
    definition="The number of known rows of labevents, of any item and fluid, with flag abnormal "
    "and a charttime later than the cutoff minus the hours asked for.",
    wordings=(
        "How many laboratory results drawn in the last {hours} hours are flagged abnormal?",
        "Count the abnormal-flagged laboratory results of the past {hours} hours, by draw time.",
        (
            "Of all laboratory work drawn within {hours} hours before now, how many results carry "
            "the abnormal flag?"
        ),
        "What is the number of abnormal laboratory results among draws of the last {hours} hours?",
    ),
    sql="""SELECT count(*) OVER (), row_id AS labevents FROM labevents
    WHERE flag = 'abnormal' AND charttime > datetime(:cutoff, '-' || :hours || ' hours')""",
    pool=terms.SOME_HOURS,
    in_admission=False,
)
CARE_UNITS = Template(
    name="care_units",
    family="count",
    definition="The number of different careunit among the known rows of transfers of the current "
    "admission (by hadm_id), rows without a careunit left out.",
    wordings=(
        (
            "In how many different care units, the emergency department included, has the patient "
            "been for this admission?"
        ),
        "How many distinct care units do the transfers of this stay name so far?",
        (
            "Count the different care units in the transfers of the current admission (an "
            "emergency department counts)."
        ),
        (
            "How many separate care units, emergency department included, has this hospital stay "
            "led through up to now?"
        ),
    ),
    sql="""SELECT (SELECT count(DISTINCT careunit) FROM transfers WHERE hadm_id = :hadm_id),
           row_id AS transfers
    FROM transfers WHERE hadm_id = :hadm_id AND careunit IS NOT NULL""",
    most_alike=0.34,
)
CULTURES = Template(
    name="specimens_of_kind",
    family="count",
    definition="The number of different micro_specimen_id among the known rows of "
    "microbiologyevents with the specimen type asked for (spec_type_desc), in the whole record.",
    wordings=(
        "How many {specimen} specimens have microbiology results in the record?",
        "Count the different microbiology specimens of type {specimen} that have been reported.",
        "Of how many separate specimens called {specimen} does microbiology know the result?",
        "What is the number of distinct {specimen} specimens reported for this patient so far?",
    ),
    sql="""SELECT (SELECT count(DISTINCT micro_specimen_id) FROM microbiologyevents
                   WHERE spec_type_desc = :specimen), row_id AS microbiologyevents
    FROM microbiologyevents WHERE spec_type_desc = :specimen AND micro_specimen_id IS NOT NULL""",
    pool=terms.A_SPECIMEN,
    in_admission=False,
)
DOSES_GIVEN = Template(
    name="doses_given",
    family="count",
    definition="The number of known rows of emar with exactly that medication, event_txt "
    "Administered and a charttime later than the cutoff minus the hours asked for.",
    wordings=(
        "How many times was {drug} administered in the last {hours} hours?",
        "Count the administered doses of {drug} over the past {hours} hours.",
        (
            "In the {hours} hours before now, how often did the patient actually get {drug} "
            "(charted as Administered)?"
        ),
        "How many entries of {drug} are charted as Administered within the last {hours} hours?",
    ),
    sql=f"""{phrases.GIVEN}
    SELECT count(*) OVER (), row_id AS emar FROM given
    WHERE charttime > datetime(:cutoff, '-' || :hours || ' hours')""",
    pool=terms.A_DRUG_OF_HOURS,
    in_admission=False,
)
EARLIER_STAYS = Template(
    name="earlier_admissions",
    family="count",
    definition="The number of admissions whose discharge is known.",
    wordings=(
        "How many completed hospital admissions does the record hold before now?",
        "From how many hospital stays has the patient been discharged so far?",
        "Count the admissions that have already ended.",
        "How many past admissions, discharged by now, are on record?",
    ),
    sql="""SELECT count(*) OVER (), row_id AS admissions FROM admissions
    WHERE dischtime IS NOT NULL""",
    in_admission=False,
)
ORDERS_PLACED = Template(
    name="orders_placed",
    family="count",
    definition="The number of known rows of poe with the order type asked for (order_type) and an "
    "ordertime later than the cutoff minus the hours asked for.",
    wordings=(
        "How many provider orders of type {order} were placed in the last {hours} hours?",
        "Count the orders whose order type is {order} from the past {hours} hours.",
        "Within {hours} hours before now, how many {order} orders went into the order entry?",
        "What is the number of order-entry rows of type {order} in the last {hours} hours?",
    ),
    sql="""SELECT count(*) OVER (), row_id AS poe FROM poe
    WHERE order_type = :order AND ordertime > datetime(:cutoff, '-' || :hours || ' hours')""",
    pool=terms.AN_ORDER,
    in_admission=False,
)
DRUGS_PRESCRIBED = Template(
    name="drugs_prescribed",
    family="count",
    definition="The number of different drug among the known rows of prescriptions with drug_type "
    "MAIN and a starttime at or after the admittime of the current admission and at or before the "
    "cutoff.",
    wordings=(
        "How many different main drugs have been prescribed to start between admission and now?",
        "Count the distinct drugs (type MAIN) whose prescriptions began from admission up to now.",
        (
            "Since admission, how many different drug names appear as MAIN prescriptions that have "
            "started?"
        ),
        "What is the number of distinct MAIN drugs started by prescription since admission?",
    ),
    sql="""
    WITH started AS (
        SELECT row_id, drug FROM prescriptions
        WHERE drug_type = 'MAIN' AND starttime >= :admitted AND starttime <= :cutoff
    )
    SELECT (SELECT count(DISTINCT drug) FROM started), row_id AS prescriptions FROM started""",
)

COUNTS = (
    LAB_COUNT, ABNORMAL_COUNT, CARE_UNITS, CULTURES, DOSES_GIVEN, EARLIER_STAYS, ORDERS_PLACED,
    DRUGS_PRESCRIBED,
)  # fmt: skip
