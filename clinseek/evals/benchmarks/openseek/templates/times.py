"""Time: when something was, how long it took, what came first."""

from __future__ import annotations

from clinseek.evals.benchmarks.openseek import terms
from clinseek.evals.benchmarks.openseek.template import Template
from clinseek.evals.benchmarks.openseek.templates import phrases


def _seconds(later: str, earlier: str) -> str:
    """SQL: the whole seconds between two moments."""
    return f"(strftime('%s', {later}) - strftime('%s', {earlier}))"


LAB_TIME = Template(
    name="lab_time",
    family="time",
    definition="The latest charttime among known results of the laboratory item, to the minute.",
    wordings=(
        "When was the latest {lab} in blood drawn? Give date and time.",
        "At what date and time was the most recent known blood {lab} taken?",
        "State the draw time (date and time) of the newest blood {lab}.",
        "Give the moment of the last blood draw that has a result for {lab}, as date and time.",
    ),
    sql=f"""{phrases.RESULTS}
    SELECT substr(charttime, 1, 16), row_id AS labevents FROM results
    WHERE charttime = (SELECT max(charttime) FROM results)""",
    pool=terms.A_LAB,
    form="text",
    in_admission=False,
)
LAB_DELAY = Template(
    name="lab_turnaround",
    family="time",
    definition="The minutes from charttime to storetime of the known result of the laboratory item "
    "with the latest charttime (only where storetime is not before charttime).",
    wordings=(
        (
            "How many minutes passed between the draw of the latest {lab} in blood and its result "
            "being stored?"
        ),
        "What was the turnaround, in minutes from draw to stored result, of the last blood {lab}?",
        "For the newest blood {lab}: how many minutes from sampling to storage of the result?",
        "How long, in minutes, did the most recent blood {lab} take from draw to result?",
    ),
    sql=f"""{phrases.RESULTS}
    SELECT {_seconds("storetime", "charttime")} / 60.0, row_id AS labevents FROM results
    WHERE charttime = (SELECT max(charttime) FROM results) AND storetime >= charttime""",
    pool=terms.A_LAB,
    unit="min",
    tolerance=0.5,
    in_admission=False,
)
HOURS_IN_HOSPITAL = Template(
    name="hours_in_hospital",
    family="time",
    definition="The hours from the admittime of the current admission to the cutoff.",
    wordings=(
        "For how many hours has the patient now been in hospital in this admission?",
        "How many hours have passed since admission?",
        "Counting from the time of admission to now, how many hours old is this stay?",
        "How long, in hours, is it since the current admission began?",
    ),
    sql=f"""SELECT {_seconds(":cutoff", "admittime")} / 3600.0, row_id AS admissions
    FROM admissions WHERE hadm_id = :hadm_id""",
    unit="hours",
    tolerance=0.1,
)
LAB_SPAN = Template(
    name="lab_span",
    family="time",
    definition="The hours from the earliest to the latest charttime among known results of the "
    "laboratory item at or after the admittime of the current admission (two different charttimes "
    "at least).",
    wordings=(
        (
            "How many hours lie between the first and the latest {lab} draw in blood since "
            "admission?"
        ),
        "What time, in hours, separates the first from the last blood {lab} since admission?",
        "Over how many hours do the blood {lab} draws since admission extend?",
        "How long, in hours, from the first blood {lab} draw since admission to the newest?",
    ),
    sql=f"""{phrases.OF_STAY}
    SELECT {
        _seconds("(SELECT max(charttime) FROM of_stay)", "(SELECT min(charttime) FROM of_stay)")
    } / 3600.0, row_id AS labevents FROM of_stay
    WHERE charttime IN ((SELECT min(charttime) FROM of_stay), (SELECT max(charttime) FROM of_stay))
      AND (SELECT count(DISTINCT charttime) FROM of_stay) > 1""",
    pool=terms.A_LAB,
    unit="hours",
    tolerance=0.1,
)
DAYS_AT_HOME = Template(
    name="days_since_previous_discharge",
    family="time",
    definition="The days (of 24 hours) from the latest known dischtime that is not later than the "
    "admittime of the current admission to that admittime.",
    wordings=(
        "How many days lay between the previous hospital discharge and this admission?",
        (
            "How long before this admission, in days, was the patient last discharged from a "
            "hospital stay?"
        ),
        "Give the number of days from the last hospital discharge to the present admission.",
        "How many days after the preceding hospital discharge did this admission begin?",
    ),
    sql=f"""
    WITH past AS (SELECT * FROM admissions WHERE dischtime <= :admitted)
    SELECT {_seconds("a.admittime", "p.dischtime")} / 86400.0, a.row_id AS admissions,
           p.row_id AS admissions
    FROM admissions AS a JOIN past AS p ON p.dischtime = (SELECT max(dischtime) FROM past)
    WHERE a.hadm_id = :hadm_id""",
    unit="days",
    tolerance=0.05,
)
LAST_GIVEN = Template(
    name="drug_last_given",
    family="time",
    definition="The latest charttime of the known Administered rows of emar with exactly that "
    "medication, to the minute.",
    wordings=(
        "When was {drug} last administered? Give date and time.",
        "At what date and time did the patient get the latest dose of {drug}?",
        "State date and time of the last charted administration of {drug}.",
        "Give the date and time of the most recent {drug} dose that was actually administered.",
    ),
    sql=f"""{phrases.GIVEN}
    SELECT substr(charttime, 1, 16), row_id AS emar FROM given
    WHERE charttime = (SELECT max(charttime) FROM given)""",
    pool=terms.A_DRUG_GIVEN,
    form="text",
    in_admission=False,
)
FIRST_ABNORMAL = Template(
    name="first_abnormal",
    family="time",
    definition="The earliest charttime, to the minute, among known results of the laboratory item "
    "with flag abnormal at or after the admittime of the current admission.",
    wordings=(
        (
            "When was the {lab} in blood first flagged abnormal in a draw since admission? Give "
            "the date and time of the draw."
        ),
        "At what date and time was the first abnormal blood {lab} since admission drawn?",
        (
            "Since admission, when did the blood {lab} first carry the abnormal flag (date and "
            "time of draw)?"
        ),
        (
            "Give date and time of the earliest draw since admission whose blood {lab} is "
            "flagged abnormal."
        ),
    ),
    sql=f"""{phrases.OF_STAY}, flagged AS (SELECT * FROM of_stay WHERE flag = 'abnormal')
    SELECT substr(charttime, 1, 16), row_id AS labevents FROM flagged
    WHERE charttime = (SELECT min(charttime) FROM flagged)""",
    pool=terms.A_LAB,
    form="text",
)
ADMISSION_LENGTH = Template(
    name="admission_length",
    family="time",
    definition="The days (of 24 hours) from admittime to dischtime of the admission whose "
    "admittime is the moment asked for, once its discharge is known.",
    wordings=(
        "How many days did the hospital admission that began at {begun_said} last?",
        "What was the length of stay, in days, of the admission of {begun_said}?",
        "The patient was admitted at {begun_said}. After how many days did that stay end?",
        "Give the duration in days of the hospital stay begun {begun_said}.",
    ),
    sql=f"""SELECT {_seconds("dischtime", "admittime")} / 86400.0, row_id AS admissions
    FROM admissions WHERE admittime = :begun AND dischtime IS NOT NULL""",
    pool=phrases.AN_ADMISSION,
    unit="days",
    tolerance=0.05,
    in_admission=False,
    waits_for="dischtime",
)
ICU_LENGTH = Template(
    name="icu_length",
    family="time",
    definition="The hours from intime to outtime of the ICU stay whose intime is the moment asked "
    "for, once its outtime is known.",
    wordings=(
        "How many hours did the ICU stay that began at {begun_said} last?",
        "What was the length, in hours, of the intensive care stay of {begun_said}?",
        (
            "The patient entered intensive care at {begun_said}. After how many hours did that ICU "
            "stay end?"
        ),
        "Give the duration in hours of the ICU stay begun {begun_said}.",
    ),
    sql=f"""SELECT {_seconds("outtime", "intime")} / 3600.0, row_id AS icustays
    FROM icustays WHERE intime = :begun AND outtime IS NOT NULL""",
    pool=phrases.AN_ICU_STAY,
    unit="hours",
    tolerance=0.1,
    in_admission=False,
    waits_for="outtime",
)
DOSE_AFTER_LAB = Template(
    name="dose_after_lab",
    family="time",
    definition="Yes where the latest charttime of the known Administered rows of emar of the drug "
    "is later than the latest charttime of the known results of the laboratory item, else no (only "
    "where both exist, and no such row has the very moment of such a result).",
    wordings=(
        "Was {drug} administered again after the latest {lab} in blood had been drawn?",
        "Did the last dose of {drug} come later than the draw of the newest blood {lab}?",
        "Has any {drug} been given since the most recent blood {lab} was drawn?",
        (
            "Is the last charted administration of {drug} later than the draw of the latest blood "
            "{lab}?"
        ),
    ),
    sql=f"""{phrases.RESULTS}, given AS (
        SELECT row_id, charttime FROM emar WHERE medication = :drug AND event_txt = 'Administered'
    )
    SELECT CASE WHEN g.charttime > r.charttime THEN 'yes' ELSE 'no' END, r.row_id AS labevents,
           g.row_id AS emar
    FROM results AS r JOIN given AS g ON g.charttime = (SELECT max(charttime) FROM given)
    WHERE r.charttime = (SELECT max(charttime) FROM results) AND g.charttime <> r.charttime""",
    pool=terms.A_LAB_AND_A_DRUG,
    form="yes_no",
    in_admission=False,
    most_alike=0.5,
)

TIMES = (
    LAB_TIME, LAB_DELAY, HOURS_IN_HOSPITAL, LAB_SPAN, DAYS_AT_HOME, LAST_GIVEN, FIRST_ABNORMAL,
    ADMISSION_LENGTH, ICU_LENGTH, DOSE_AFTER_LAB,
)  # fmt: skip
