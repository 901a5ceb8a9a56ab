"""Urine output: the sum over every way in which urine is charted, less the irrigation put in.

The labels are those of the `urine_output` concept of MIT-LCP/mimic-code.
"""

from __future__ import annotations

from clinseek.offline.plans.items import OUTPUTS
from clinseek.offline.plans.plan import Desk, Draft, Item, Plan
from clinseek.offline.plans.reading import listed, query, quoted, within
from clinseek.offline.plans.spans import missing_stay, resolved, stay_asks
from clinseek.offline.plans.values import picked, shortest, values_in
from clinseek.offline.sheets import number
from clinseek.offline.task.intent import Intent
from clinseek.offline.task.terms import URINE_INPUT_LABEL, URINE_OUTPUT_LABELS

_ROWS_FOR_CITING = 21
_FROM = (
    "FROM outputevents JOIN d_items USING (itemid) "
    f"WHERE label IN {listed([*URINE_OUTPUT_LABELS, URINE_INPUT_LABEL])}"
)
_SIGNED = f"CASE WHEN label = {quoted(URINE_INPUT_LABEL)} THEN -value ELSE value END"


def urine_output(intent: Intent, desk: Desk) -> Plan:
    """The plan for how much urine was passed, or when it was last charted."""
    if not (desk.has("run_sql_query") and desk.holds("outputevents")):
        return Draft("The record holds no outputs that could be summed.")
    stays = stay_asks(desk, intent.window)
    seen = yield stays
    window = resolved(intent.window, seen, cutoff=desk.cutoff)
    if window is None:
        return Draft(missing_stay(intent.window))
    span = within("charttime", window)
    total, rows = yield (
        query(f"SELECT count(*) AS n, sum({_SIGNED}) AS total {_FROM}{span}"),
        query(
            f"SELECT row_id, charttime, label, value, valueuom {_FROM}{span} "
            f"ORDER BY charttime DESC LIMIT {_ROWS_FOR_CITING}"
        ),
    )
    if intent.measure in ("latest", "first", "when_last"):
        value = picked(values_in(rows, OUTPUTS), "latest")
        if value is not None:
            text = str(value.time) if intent.measure == "when_last" else value.said
            return Draft(f"Urine: {value.said} at {value.time}.", (Item(text, value.citation),))
    summed = number(total.lines[0].get("total")) if total.lines else None
    if summed is None:
        return Draft(f"No urine output is charted {intent.window.said}.")
    whole = (total.evidence,) if total.evidence else ()
    cited = (*whole, *rows.cite()) if len(rows.lines) < _ROWS_FOR_CITING else whole
    count = total.lines[0].get("n")
    said = f"Urine output over {count} entries: {shortest(summed)} mL."
    holds = intent.comparison.holds(summed) if intent.comparison else None
    return Draft(said, (Item(f"{shortest(summed)} mL", cited),), summed, "mL", holds, cited)
