"""Joins: one table says which rows of another are meant."""

from __future__ import annotations

from clinseek.evals.benchmarks.openseek import terms
from clinseek.evals.benchmarks.openseek.template import Pool, Template
from clinseek.evals.benchmarks.openseek.templates import phrases

_LATEST = "(SELECT * FROM results WHERE charttime = (SELECT max(charttime) FROM results))"
_IN_STAY = "s.intime AND coalesce(s.outtime, :cutoff)"

A_LAB_IN_ICU = Pool(
    sql="""
    SELECT s.intime AS begun, substr(s.intime, 1, 16) AS begun_said, d.label,
           lower(d.label) AS lab, l.valueuom AS lab_unit
    FROM icustays AS s
    JOIN labevents AS l ON l.charttime BETWEEN s.intime AND coalesce(s.outtime, :cutoff)
    JOIN d_labitems AS d ON d.itemid = l.itemid
    WHERE s.intime <= :cutoff AND d.fluid = 'Blood' AND l.valuenum IS NOT NULL
      AND d.label IN ('Potassium', 'Sodium', 'Creatinine', 'Hemoglobin', 'Platelet Count',
                      'Lactate', 'Phosphate')
    GROUP BY s.intime, d.label, l.valueuom ORDER BY s.intime, d.label, l.valueuom
    """,
    unless=(terms.NO_NUMBER,),
)
A_DRUG_IN_ICU = Pool(
    sql="""
    SELECT s.intime AS begun, substr(s.intime, 1, 16) AS begun_said, e.medication AS drug
    FROM icustays AS s
    JOIN emar AS e ON e.charttime BETWEEN s.intime AND coalesce(s.outtime, :cutoff)
    WHERE s.intime <= :cutoff AND e.medication IS NOT NULL AND e.event_txt = 'Administered'
    GROUP BY s.intime, e.medication ORDER BY s.intime, e.medication
    """,
    unless=terms.GIVEN_OTHERWISE,
)

PRINCIPAL_DIAGNOSIS = Template(
    name="principal_diagnosis",
    family="join",
    definition="The long_title (d_icd_diagnoses, by icd_code and icd_version) of the diagnosis "
    "coded with seq_num 1 for the admission whose admittime is the moment asked for, once the "
    "codes of that stay are known.",
    wordings=(
        (
            "What is the title of the first-listed coded diagnosis of the admission that began at "
            "{begun_said}?"
        ),
        (
            "The patient was admitted at {begun_said}. Which diagnosis was coded first (sequence "
            "number 1) for that stay? Give its long title."
        ),
        (
            "Give the long title of the principal ICD diagnosis billed for the hospital stay begun "
            "{begun_said}."
        ),
        "Which ICD diagnosis heads the coded list of the admission of {begun_said}?",
    ),
    sql="""SELECT t.long_title, c.row_id AS diagnoses_icd
    FROM admissions AS a JOIN diagnoses_icd AS c ON c.hadm_id = a.hadm_id
    JOIN d_icd_diagnoses AS t ON t.icd_code = c.icd_code AND t.icd_version = c.icd_version
    WHERE a.admittime = :begun AND c.seq_num = 1""",
    pool=phrases.AN_ADMISSION,
    form="text",
    in_admission=False,
)
ICU_PEAK = Template(
    name="lab_peak_in_icu",
    family="join",
    definition="The highest value among known results of the laboratory item with a charttime from "
    "the intime of the ICU stay that began at the moment asked for up to its outtime (both "
    "included; up to the cutoff where no outtime is known yet).",
    wordings=(
        "During the ICU stay that began at {begun_said}, what was the highest {lab} in blood?",
        "How high did the blood {lab} rise in the ICU stay begun {begun_said}?",
        "Give the peak blood {lab} of the intensive care stay that started at {begun_said}.",
        (
            "The patient entered intensive care at {begun_said}. What is the maximum blood {lab} "
            "drawn in that stay?"
        ),
    ),
    sql=f"""{phrases.RESULTS}, there AS (
        SELECT r.*, s.row_id AS stay FROM results AS r JOIN icustays AS s
        ON s.intime = :begun AND r.charttime BETWEEN {_IN_STAY}
    )
    SELECT valuenum, row_id AS labevents, stay AS icustays FROM there
    WHERE valuenum = (SELECT max(valuenum) FROM there)""",
    pool=A_LAB_IN_ICU,
    unit="{lab_unit}",
    tolerance=0.005,
    in_admission=False,
)
SERVICE_AT_LAB = Template(
    name="service_at_lab",
    family="join",
    definition="The curr_service of the known row of services with the latest transfertime at or "
    "before the charttime of the latest known result of the laboratory item, if that result was "
    "drawn at or after the admittime of the current admission; only rows of services of the "
    "current admission (by hadm_id) count.",
    wordings=(
        "Which service (abbreviation) had the patient when the latest {lab} in blood was drawn?",
        (
            "When the newest blood {lab} was taken, under which service was the patient? Use the "
            "abbreviation."
        ),
        "Name the service, as abbreviated in the record, at the time of the last blood {lab}.",
        "The last blood {lab} of this admission was drawn under which service (abbreviation)?",
    ),
    sql=f"""{phrases.RESULTS}
    SELECT s.curr_service, l.row_id AS labevents, s.row_id AS services
    FROM {_LATEST} AS l JOIN services AS s ON s.hadm_id = :hadm_id AND l.charttime >= :admitted
     AND s.transfertime = (SELECT max(transfertime) FROM services
                           WHERE hadm_id = :hadm_id AND transfertime <= l.charttime)""",
    pool=terms.A_LAB,
    form="text",
)
UNIT_OF_LOWEST = Template(
    name="unit_of_lowest_lab",
    family="join",
    definition="The careunit of the known row of transfers with intime at or before, and outtime "
    "(where one is known) later than, the charttime of the known result with the lowest value "
    "among those drawn at or after the admittime of the current admission; rows of transfers "
    "without a careunit are left out.",
    wordings=(
        (
            "In which care unit was the patient when the lowest {lab} in blood since admission "
            "was drawn?"
        ),
        "Where (care unit) was the blood {lab} at its lowest since admission?",
        "Name the care unit in which the minimum blood {lab} since admission was taken.",
        (
            "The lowest blood {lab} drawn since admission: in which unit did the patient lie at "
            "that draw?"
        ),
    ),
    sql=f"""{phrases.OF_STAY}, lowest AS (
        SELECT * FROM of_stay WHERE valuenum = (SELECT min(valuenum) FROM of_stay)
    )
    SELECT t.careunit, l.row_id AS labevents, t.row_id AS transfers
    FROM lowest AS l JOIN transfers AS t ON t.careunit IS NOT NULL AND t.intime <= l.charttime
     AND (t.outtime IS NULL OR t.outtime > l.charttime)""",
    pool=terms.A_LAB,
    form="text",
)
LAB_BEFORE_DRUG = Template(
    name="lab_before_first_dose",
    family="join",
    definition="The value of the known result of the laboratory item with the latest charttime "
    "before (not at) the charttime of the first known Administered row of emar of the drug at or "
    "after the admittime of the current admission.",
    wordings=(
        (
            "What was the last {lab} in blood drawn before the first {drug} of this admission was "
            "given?"
        ),
        "Before {drug} was first administered in this stay, what had the latest blood {lab} been?",
        (
            "Give the blood {lab} that was drawn last ahead of the first administered {drug} since "
            "admission."
        ),
        (
            "Find the first {drug} given since admission. Which blood {lab} value directly "
            "preceded it, by time of draw?"
        ),
    ),
    sql=f"""{phrases.RESULTS}, dose AS (
        SELECT row_id, charttime FROM emar WHERE medication = :drug AND event_txt = 'Administered'
        AND charttime >= :admitted
    ), first AS (SELECT * FROM dose WHERE charttime = (SELECT min(charttime) FROM dose))
    SELECT r.valuenum, r.row_id AS labevents, f.row_id AS emar
    FROM first AS f JOIN results AS r
    ON r.charttime = (SELECT max(charttime) FROM results WHERE charttime < f.charttime)""",
    pool=terms.A_LAB_AND_A_DRUG,
    unit="{lab_unit}",
    tolerance=0.005,
)
DOSES_IN_ICU = Template(
    name="doses_in_icu",
    family="join",
    definition="The number of known Administered rows of emar with exactly that medication and a "
    "charttime from the intime of the ICU stay that began at the moment asked for up to its "
    "outtime (both included; up to the cutoff where no outtime is known yet).",
    wordings=(
        "How many times was {drug} administered during the ICU stay that began at {begun_said}?",
        "Count the administered doses of {drug} in the ICU stay begun {begun_said}.",
        (
            "In the intensive care stay that started at {begun_said}, how often was {drug} charted "
            "as Administered?"
        ),
        (
            "The patient came to intensive care at {begun_said}. How many doses of {drug} were "
            "administered in that stay?"
        ),
    ),
    sql=f"""{phrases.GIVEN}
    SELECT count(*) OVER (), g.row_id AS emar, s.row_id AS icustays
    FROM icustays AS s JOIN given AS g ON g.charttime BETWEEN {_IN_STAY}
    WHERE s.intime = :begun""",
    pool=A_DRUG_IN_ICU,
    in_admission=False,
)
LAB_IN_ICU = Template(
    name="lab_drawn_in_icu",
    family="join",
    definition="Yes where the charttime of the latest known result of the laboratory item lies in "
    "an ICU stay known by the cutoff (at or after its intime, and before its outtime where one is "
    "known), else no; only for patients with an ICU stay by the cutoff.",
    wordings=(
        "Was the latest {lab} in blood drawn while the patient was in an ICU?",
        "Did the last blood {lab} come from a draw in intensive care?",
        "At the time of the newest blood {lab}, was the patient in an ICU stay?",
        "Does the draw of the most recent blood {lab} fall within an intensive care stay?",
    ),
    sql=f"""{phrases.RESULTS}
    SELECT CASE WHEN s.row_id IS NULL THEN 'no' ELSE 'yes' END, l.row_id AS labevents,
           s.row_id AS icustays
    FROM {_LATEST} AS l LEFT JOIN icustays AS s ON s.intime <= l.charttime
     AND (s.outtime IS NULL OR s.outtime > l.charttime)
    WHERE EXISTS (SELECT 1 FROM icustays)""",
    pool=terms.A_LAB,
    form="yes_no",
    in_admission=False,
    most_alike=0.5,
)

JOINS = (
    PRINCIPAL_DIAGNOSIS, ICU_PEAK, SERVICE_AT_LAB, UNIT_OF_LOWEST, LAB_BEFORE_DRUG, DOSES_IN_ICU,
    LAB_IN_ICU,
)  # fmt: skip
