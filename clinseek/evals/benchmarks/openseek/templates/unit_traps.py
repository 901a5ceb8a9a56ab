"""Unit traps: the record holds the quantity in another unit, or another specimen stands beside."""

from __future__ import annotations

from clinseek.evals.benchmarks.openseek import terms
from clinseek.evals.benchmarks.openseek.template import Template
from clinseek.evals.benchmarks.openseek.templates import phrases


def _latest_measurement(name: str, factor: str) -> str:
    return f"""
    WITH named AS (SELECT * FROM omr WHERE result_name = '{name}')
    SELECT round(CAST(result_value AS REAL) * {factor}, 6), row_id AS omr FROM named
    WHERE chartdate = (SELECT max(chartdate) FROM named)"""


OTHER_UNIT = Template(
    name="lab_in_other_unit",
    family="unit_trap",
    definition="The value of the known result of the laboratory item with the latest charttime, "
    "times the factor that leads from the recorded unit to the unit asked for.",
    wordings=(
        "What was the latest {lab} in blood, in {unit}?",
        "Give the most recent blood {lab}, converted to {unit}.",
        "Expressed in {unit}, what is the last known {lab} from a blood sample?",
        "How many {unit} did the newest blood {lab} come to?",
    ),
    sql=f"""{phrases.RESULTS}
    SELECT round(valuenum * :factor, 6), row_id AS labevents FROM results
    WHERE charttime = (SELECT max(charttime) FROM results)""",
    pool=terms.A_LAB_IN_ANOTHER_UNIT,
    unit="{unit}",
    tolerance=0.005,
    in_admission=False,
)
WEIGHT_KG = Template(
    name="weight_in_kg",
    family="unit_trap",
    definition="The result_value of the row of omr called Weight (Lbs) with the latest chartdate, "
    "times 0.45359237 (a pound in kilograms).",
    wordings=(
        "What was the patient's last recorded outpatient weight, in kilograms?",
        "How heavy was the patient at the latest outpatient measurement (in kg)?",
        "Give the newest weight among the outpatient measurements, in kg.",
        "Converted to kilograms, what is the most recent weight in the outpatient record?",
    ),
    sql=_latest_measurement("Weight (Lbs)", "0.45359237"),
    unit="kg",
    tolerance=0.05,
    in_admission=False,
)
HEIGHT_CM = Template(
    name="height_in_cm",
    family="unit_trap",
    definition="The result_value of the row of omr called Height (Inches) with the latest "
    "chartdate, times 2.54 (an inch in centimetres).",
    wordings=(
        "How tall is the patient in centimetres, by the last outpatient measurement?",
        "What is the most recent height among the outpatient measurements, in cm?",
        "Give the height that was last taken in outpatient care, in centimetres.",
        "Converted to cm, what height was last recorded in the outpatient measurements?",
    ),
    sql=_latest_measurement("Height (Inches)", "2.54"),
    unit="cm",
    tolerance=0.05,
    in_admission=False,
)
TRIAGE_CELSIUS = Template(
    name="triage_celsius",
    family="unit_trap",
    definition="The temperature in triage of the ED stay with the latest intime, from degrees "
    "Fahrenheit to degrees Celsius, (F - 32) / 1.8; only where it is recorded between 90 and 110.",
    wordings=(
        "What was the temperature at triage of the last emergency visit, in degrees Celsius?",
        "In Celsius, which temperature was taken at the most recent ED triage?",
        "Give the triage temperature of the newest emergency department stay in degrees Celsius.",
        "How warm was the patient (in Celsius) when last triaged in the emergency department?",
    ),
    sql="""
    SELECT round((t.temperature - 32) / 1.8, 6), t.row_id AS triage
    FROM edstays AS e JOIN triage AS t ON t.stay_id = e.stay_id
    WHERE e.intime = (SELECT max(intime) FROM edstays) AND t.temperature BETWEEN 90 AND 110""",
    tolerance=0.06,
    in_admission=False,
)
OUTPUT_LITRES = Template(
    name="output_in_litres",
    family="unit_trap",
    definition="The sum of value over the known rows of outputevents of any item with unit ml and "
    "a charttime later than the cutoff minus the hours asked for, divided by 1000; only where the "
    "sum is above 0.",
    wordings=(
        "How many litres of output, of all kinds, were charted over the last {hours} hours?",
        "Add up all output charted in the past {hours} hours. How many litres is that?",
        "What is the total charted output of the last {hours} hours, in litres?",
        "In litres, how much output was recorded within {hours} hours before now?",
    ),
    sql="""
    WITH recent AS (
        SELECT * FROM outputevents WHERE valueuom = 'ml' AND value IS NOT NULL
        AND charttime > datetime(:cutoff, '-' || :hours || ' hours')
    )
    SELECT (SELECT round(sum(value) / 1000, 6) FROM recent), row_id AS outputevents FROM recent
    WHERE (SELECT sum(value) FROM recent) > 0""",
    pool=terms.SOME_HOURS,
    unit="L",
    tolerance=0.005,
    in_admission=False,
)
ON_BLOOD_GAS = Template(
    name="lab_on_blood_gas",
    family="unit_trap",
    definition="The value of the known row of labevents with the latest charttime whose item has "
    "that label, fluid Blood and category Blood Gas, with a number in valuenum and the item's "
    "usual unit; results of other categories do not count.",
    wordings=(
        "What was the latest {lab} measured on a blood gas (not by chemistry or hematology)?",
        "Give the most recent blood-gas {lab}, leaving the main laboratory's values aside.",
        "On the last blood gas with a {lab}, what was its value?",
        "Which {lab} did the newest blood gas analysis report, other categories not counted?",
    ),
    sql="""
    WITH gases AS (
        SELECT l.row_id, l.valuenum, l.charttime
        FROM labevents AS l JOIN d_labitems AS d ON d.itemid = l.itemid
        WHERE d.label = :label AND d.fluid = 'Blood' AND d.category = 'Blood Gas'
          AND l.valuenum IS NOT NULL AND l.valueuom = :lab_unit
    )
    SELECT valuenum, row_id AS labevents FROM gases
    WHERE charttime = (SELECT max(charttime) FROM gases)""",
    pool=terms.A_BLOOD_GAS,
    unit="{lab_unit}",
    tolerance=0.005,
    in_admission=False,
)
DOSE_GRAMS = Template(
    name="dose_in_grams",
    family="unit_trap",
    definition="The dose_val_rx divided by 1000 of the known row of prescriptions with exactly "
    "that drug, drug_type MAIN and the latest starttime at or before the cutoff; only where "
    "dose_unit_rx is mg and the dose is a plain number.",
    wordings=(
        "What single dose of {drug} was prescribed last, in grams?",
        "In grams, which dose does the most recently started prescription of {drug} give?",
        "Give the dose of the latest {drug} prescription in grams.",
        (
            "How many grams of {drug} does the newest prescription of it that has started order "
            "per dose?"
        ),
    ),
    sql="""
    WITH named AS (
        SELECT * FROM prescriptions
        WHERE drug = :drug AND drug_type = 'MAIN' AND starttime <= :cutoff
    )
    SELECT CASE WHEN dose_unit_rx = 'mg' AND dose_val_rx NOT GLOB '*[^0-9.]*'
                THEN round(CAST(dose_val_rx AS REAL) / 1000, 6) END, row_id AS prescriptions
    FROM named WHERE starttime = (SELECT max(starttime) FROM named)""",
    pool=terms.A_DRUG_PRESCRIBED,
    unit="g",
    tolerance=0.0000005,
    in_admission=False,
)

UNIT_TRAPS = (
    OTHER_UNIT, WEIGHT_KG, HEIGHT_CM, TRIAGE_CELSIUS, OUTPUT_LITRES, ON_BLOOD_GAS, DOSE_GRAMS,
)  # fmt: skip
