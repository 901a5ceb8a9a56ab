"""Look-ups: the answer stands in one row."""

from __future__ import annotations

from clinseek.evals.benchmarks.openseek import terms
from clinseek.evals.benchmarks.openseek.template import Template
from clinseek.evals.benchmarks.openseek.templates import phrases

LATEST_LAB = Template(
    name="latest_lab",
    family="look_up",
    definition="The value of the known result of the laboratory item with the latest charttime.",
    wordings=(
        "What was the latest {lab} in blood?",
        "Give the most recent blood {lab} on record.",
        "What value did the last blood {lab} show?",
        "Looking at the blood results so far, what is the newest value for {lab}?",
        "I need the last known {lab} from a blood sample.",
    ),
    sql=f"""{phrases.RESULTS}
    SELECT valuenum, row_id AS labevents FROM results
    WHERE charttime = (SELECT max(charttime) FROM results)""",
    pool=terms.A_LAB,
    unit="{lab_unit}",
    tolerance=0.005,
    in_admission=False,
)
FIRST_LAB = Template(
    name="first_lab_of_admission",
    family="look_up",
    definition="The value of the known result of the laboratory item with the earliest charttime "
    "at or after the admittime of the current admission.",
    wordings=(
        "What was the first {lab} in blood drawn since admission?",
        "Since admission, what did the earliest blood {lab} read?",
        "Which {lab} value opened this hospital stay (blood, drawn at or after admission)?",
        "What was the blood {lab} at the first draw after the patient was admitted?",
    ),
    sql=f"""{phrases.OF_STAY}
    SELECT valuenum, row_id AS labevents FROM of_stay
    WHERE charttime = (SELECT min(charttime) FROM of_stay)""",
    pool=terms.A_LAB,
    unit="{lab_unit}",
    tolerance=0.005,
)
LAB_AT_DRAW = Template(
    name="lab_at_draw",
    family="look_up",
    definition="The value of the known result of the laboratory item whose charttime is exactly "
    "the moment asked for.",
    wordings=(
        "What was the blood {lab} drawn at {drawn_said}?",
        "A blood sample was taken at {drawn_said}. What was its {lab}?",
        "Report the {lab} of the blood specimen of {drawn_said}.",
        "For the blood draw timed {drawn_said}, what {lab} was found?",
    ),
    sql=f"""{phrases.RESULTS}
    SELECT valuenum, row_id AS labevents FROM results WHERE charttime = :drawn""",
    pool=phrases.A_DRAW,
    unit="{lab_unit}",
    tolerance=0.005,
    in_admission=False,
)
LATEST_BMI = Template(
    name="latest_bmi",
    family="look_up",
    definition="The result_value of the row of omr called BMI (kg/m2) with the latest chartdate.",
    wordings=(
        "What is the patient's most recent recorded BMI (kg/m2)?",
        "Which body mass index was last entered for this patient?",
        "State the newest BMI in the outpatient measurements.",
        "What was the last BMI on file?",
    ),
    sql="""
    WITH named AS (SELECT * FROM omr WHERE result_name = 'BMI (kg/m2)')
    SELECT CAST(result_value AS REAL), row_id AS omr FROM named
    WHERE chartdate = (SELECT max(chartdate) FROM named)""",
    tolerance=0.005,
    in_admission=False,
)
CURRENT_SERVICE = Template(
    name="current_service",
    family="look_up",
    definition="The curr_service of the row of services with the latest transfertime among those "
    "of the current admission (by hadm_id).",
    wordings=(
        "Which hospital service is looking after the patient now? Answer with its abbreviation.",
        "Under which service (abbreviation) is the patient at present?",
        "Name the current service of this admission, as the record abbreviates it.",
        "To which service does the patient belong at this moment (abbreviation)?",
    ),
    sql="""
    WITH of_stay AS (SELECT * FROM services WHERE hadm_id = :hadm_id)
    SELECT curr_service, row_id AS services FROM of_stay
    WHERE transfertime = (SELECT max(transfertime) FROM of_stay)""",
    form="text",
)
ADMITTED_FROM = Template(
    name="admitted_from",
    family="look_up",
    definition="The admission_location of the current admission.",
    wordings=(
        "From where was the patient admitted this time, as the record puts it?",
        "What does the record give as the admission location of this stay?",
        "Where did the patient come from when this admission began? Use the record's wording.",
        "Name the recorded admission location of the present hospital stay.",
    ),
    sql="""SELECT admission_location, row_id AS admissions FROM admissions
    WHERE hadm_id = :hadm_id AND admission_location IS NOT NULL""",
    form="text",
)
ORGANISMS = Template(
    name="organisms_grown",
    family="look_up",
    definition="All distinct org_name of the known rows of microbiologyevents with the specimen "
    "type asked for (spec_type_desc) and the chartdate asked for, empty ones left out. "
    "What only a comment says (a Gram stain, mixed growth) names no organism.",
    wordings=(
        "Which organisms did the {specimen} of {taken} grow?",
        "Name every organism grown from the specimen {specimen} taken on {taken}.",
        "What grew in the patient's {specimen} collected on {taken}?",
        "List the organisms that microbiology names as grown in the {specimen} of {taken}.",
    ),
    sql="""SELECT org_name, row_id AS microbiologyevents FROM microbiologyevents
    WHERE spec_type_desc = :specimen AND chartdate = :taken AND org_name IS NOT NULL""",
    pool=phrases.A_CULTURE,
    form="list",
    in_admission=False,
)
DISCHARGED_TO = Template(
    name="discharged_to",
    family="look_up",
    definition="The discharge_location of the admission whose admittime is the moment asked for, "
    "once that discharge is known.",
    wordings=(
        "Where was the patient discharged to from the admission that began at {begun_said}?",
        "The patient was admitted at {begun_said}. What is the discharge location of that stay?",
        "What discharge location does the record give for the hospital stay begun {begun_said}?",
        "To which place did the patient go after the admission of {begun_said}?",
    ),
    sql="""SELECT discharge_location, row_id AS admissions FROM admissions
    WHERE admittime = :begun AND discharge_location IS NOT NULL""",
    pool=phrases.AN_ADMISSION,
    form="text",
    in_admission=False,
    waits_for="discharge_location",
)

LOOK_UPS = (
    LATEST_LAB, FIRST_LAB, LAB_AT_DRAW, LATEST_BMI, CURRENT_SERVICE, ADMITTED_FROM, ORGANISMS,
    DISCHARGED_TO,
)  # fmt: skip
