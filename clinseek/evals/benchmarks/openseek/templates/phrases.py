"""The SQL that several templates begin with, and the pools that are read from the record."""

from __future__ import annotations

from clinseek.evals.benchmarks.openseek import terms
from clinseek.evals.benchmarks.openseek.template import Pool

RESULTS = """
WITH results AS (
    SELECT l.row_id, l.valuenum, l.charttime, l.storetime, l.flag
    FROM labevents AS l JOIN d_labitems AS d ON d.itemid = l.itemid
    WHERE d.label = :label AND d.fluid = 'Blood'
      AND l.valuenum IS NOT NULL AND l.valueuom = :lab_unit
)
"""
"""The results of one laboratory item in blood that are known."""

OF_STAY = f"""
{RESULTS.rstrip()}, of_stay AS (SELECT * FROM results WHERE charttime >= :admitted)
"""
"""The same, and those among them that were drawn in the current admission."""

GIVEN = """
WITH given AS (
    SELECT row_id, charttime FROM emar WHERE medication = :drug AND event_txt = 'Administered'
)
"""

A_DRAW = Pool(
    sql="""
    SELECT d.label, l.valueuom AS lab_unit, lower(d.label) AS lab,
           substr(l.charttime, 1, 16) AS drawn_said, l.charttime AS drawn
    FROM labevents AS l JOIN d_labitems AS d ON d.itemid = l.itemid
    WHERE d.fluid = 'Blood' AND l.valuenum IS NOT NULL AND l.charttime <= :cutoff
      AND l.charttime > datetime(:cutoff, '-36 hours')
      AND d.label IN ('Potassium', 'Sodium', 'Creatinine', 'Hemoglobin', 'Platelet Count',
                      'Bicarbonate', 'Magnesium', 'Lactate', 'Chloride')
    ORDER BY l.charttime, d.label
    """,
    unless=(terms.NO_NUMBER,),
)
AN_ADMISSION = Pool(
    sql="""
    SELECT hadm_id, admittime AS begun, substr(admittime, 1, 16) AS begun_said
    FROM admissions WHERE admittime <= :cutoff ORDER BY admittime
    """
)
AN_ICU_STAY = Pool(
    sql="""
    SELECT stay_id, intime AS begun, substr(intime, 1, 16) AS begun_said
    FROM icustays WHERE intime <= :cutoff ORDER BY intime
    """
)
A_CULTURE = Pool(
    sql="""
    SELECT DISTINCT spec_type_desc AS specimen, chartdate AS taken FROM microbiologyevents
    WHERE org_name IS NOT NULL AND date(chartdate, '+1 day') <= date(:cutoff)
    ORDER BY chartdate, spec_type_desc
    """
)
