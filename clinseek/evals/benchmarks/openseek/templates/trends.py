"""Trends: several results of one item against each other."""

from __future__ import annotations

from clinseek.evals.benchmarks.openseek import terms
from clinseek.evals.benchmarks.openseek.template import Template
from clinseek.evals.benchmarks.openseek.templates import phrases

_WITHIN = f"""
{phrases.RESULTS.rstrip()}, recent AS (
    SELECT * FROM results WHERE charttime > datetime(:cutoff, '-' || :hours || ' hours')
)
"""
_ENDS_OF_STAY = f"""
{phrases.OF_STAY.rstrip()},
first AS (SELECT * FROM of_stay WHERE charttime = (SELECT min(charttime) FROM of_stay)),
last AS (SELECT * FROM of_stay WHERE charttime = (SELECT max(charttime) FROM of_stay))
"""

LAB_CHANGE = Template(
    name="lab_change",
    family="trend",
    definition="The value of the known result with the latest charttime minus the value of the "
    "known result with the next earlier charttime.",
    wordings=(
        (
            "By how much did the latest {lab} in blood differ from the one before it? "
            "A fall is negative."
        ),
        "What is the change from the second-to-last to the last blood {lab} (negative if it fell)?",
        "Subtract the previous blood {lab} from the newest one. What is left?",
        "How far has the blood {lab} moved between its last two draws, with its sign?",
    ),
    sql=f"""{phrases.RESULTS}, last AS (
        SELECT * FROM results WHERE charttime = (SELECT max(charttime) FROM results)
    ), before AS (
        SELECT * FROM results WHERE charttime = (
            SELECT max(charttime) FROM results WHERE charttime < (SELECT max(charttime) FROM last))
    )
    SELECT round(last.valuenum - before.valuenum, 6), last.row_id AS labevents,
           before.row_id AS labevents
    FROM last, before""",
    pool=terms.A_LAB,
    unit="{lab_unit}",
    tolerance=0.005,
    in_admission=False,
)
LAB_DIRECTION = Template(
    name="lab_direction",
    family="trend",
    definition="Among known results with a charttime later than the cutoff minus the hours asked "
    "for: whether the one with the latest charttime is higher than, lower than or the same as the "
    "one with the earliest (two different charttimes at least).",
    wordings=(
        (
            "Over the last {hours} hours, is the latest blood {lab} higher than, lower than or the "
            "same as the first one?"
        ),
        (
            "Compare the first and the last blood {lab} of the past {hours} hours: is the last one "
            "higher, lower or the same?"
        ),
        (
            "Which way did the blood {lab} go from its first to its last draw within {hours} hours "
            "before now?"
        ),
        (
            "In the {hours} hours up to now, where does the newest blood {lab} stand against the "
            "oldest?"
        ),
    ),
    sql=f"""{_WITHIN}, first AS (
        SELECT * FROM recent WHERE charttime = (SELECT min(charttime) FROM recent)
    ), last AS (
        SELECT * FROM recent WHERE charttime = (SELECT max(charttime) FROM recent)
    )
    SELECT CASE WHEN last.valuenum > first.valuenum THEN 'higher'
                WHEN last.valuenum < first.valuenum THEN 'lower' ELSE 'the same' END,
           first.row_id AS labevents, last.row_id AS labevents
    FROM first, last WHERE first.charttime < last.charttime""",
    pool=terms.A_LAB_OF_HOURS,
    form="choice",
    candidates=("higher", "lower", "the same"),
    in_admission=False,
    most_alike=0.42,
)
LAB_PEAK = Template(
    name="lab_peak",
    family="trend",
    definition="The highest value among known results with a charttime at or after the admittime "
    "of the current admission.",
    wordings=(
        "What is the highest {lab} in blood drawn since admission?",
        "Since admission, how high did the blood {lab} go?",
        "Counting the draws since admission, what was the peak blood {lab}?",
        "Find the maximum blood {lab} that was drawn from admission up to now.",
    ),
    sql=f"""{phrases.OF_STAY}
    SELECT valuenum, row_id AS labevents FROM of_stay
    WHERE valuenum = (SELECT max(valuenum) FROM of_stay)""",
    pool=terms.A_LAB,
    unit="{lab_unit}",
    tolerance=0.005,
)
LAB_RANGE = Template(
    name="lab_range",
    family="trend",
    definition="Among known results with a charttime later than the cutoff minus the hours asked "
    "for (two results at least): the highest value minus the lowest.",
    wordings=(
        (
            "How wide was the range (highest minus lowest) of {lab} in blood over the last {hours} "
            "hours?"
        ),
        (
            "Within the past {hours} hours, what is the difference between the highest and the "
            "lowest blood {lab}?"
        ),
        (
            "What is the spread of the blood {lab} values of the last {hours} hours, maximum less "
            "minimum?"
        ),
        (
            "Take all blood {lab} results of the {hours} hours before now: how far apart are the "
            "extremes?"
        ),
    ),
    sql=f"""{_WITHIN}
    SELECT (SELECT round(max(valuenum) - min(valuenum), 6) FROM recent), row_id AS labevents
    FROM recent
    WHERE valuenum IN ((SELECT max(valuenum) FROM recent), (SELECT min(valuenum) FROM recent))
      AND (SELECT count(*) FROM recent) > 1""",
    pool=terms.A_LAB_OF_HOURS,
    unit="{lab_unit}",
    tolerance=0.005,
    in_admission=False,
)
LAB_ABOVE_FIRST = Template(
    name="lab_above_first",
    family="trend",
    definition="Among known results with a charttime at or after the admittime of the current "
    "admission (two different charttimes at least): yes where the value with the latest charttime "
    "is higher than that with the earliest, else no.",
    wordings=(
        "Is the latest blood {lab} higher than the first one that was drawn since admission?",
        "Has the {lab} in blood risen from the first draw since admission to the last?",
        "Compared with the first blood {lab} since admission, is the newest one higher?",
        "Does the last known blood {lab} exceed the first that was drawn since admission?",
    ),
    sql=f"""{_ENDS_OF_STAY}
    SELECT CASE WHEN last.valuenum > first.valuenum THEN 'yes' ELSE 'no' END,
           first.row_id AS labevents, last.row_id AS labevents
    FROM first, last WHERE first.charttime < last.charttime""",
    pool=terms.A_LAB,
    form="yes_no",
    most_alike=0.5,
)
LAB_PERCENT = Template(
    name="lab_percent_change",
    family="trend",
    definition="Among known results with a charttime at or after the admittime of the current "
    "admission (two different charttimes at least): 100 times the difference of the value with the "
    "latest charttime and that with the earliest, divided by the latter.",
    wordings=(
        (
            "By what percentage has the blood {lab} changed from the first to the latest draw "
            "since admission? A fall is negative."
        ),
        (
            "Relative to the first blood {lab} drawn since admission, how many percent higher "
            "(negative: lower) is the latest?"
        ),
        (
            "Express the change of blood {lab} since the first draw after admission as a signed "
            "percentage."
        ),
        (
            "What is the percent change in blood {lab} between the earliest and the newest draw "
            "since admission (negative if it fell)?"
        ),
    ),
    sql=f"""{_ENDS_OF_STAY}
    SELECT round(100.0 * (last.valuenum - first.valuenum) / first.valuenum, 6),
           first.row_id AS labevents, last.row_id AS labevents
    FROM first, last WHERE first.charttime < last.charttime AND first.valuenum > 0""",
    pool=terms.A_LAB,
    unit="%",
    tolerance=0.1,
)

TRENDS = (LAB_CHANGE, LAB_DIRECTION, LAB_PEAK, LAB_RANGE, LAB_ABOVE_FIRST, LAB_PERCENT)
