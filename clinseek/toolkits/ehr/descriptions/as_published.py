"""How a table of the `reference` profile is told: nothing of it is hidden or re-numbered.

What to beware of is left out: it speaks of what the availability rules keep back.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from clinseek.toolkits.ehr.availability.published import PUBLISHED, cut_column, hour_of_date

SAYS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("admissions", "text"): "Discharge summary of the stay up to its physical examination, "
        "the whole of it where it names none; an empty text where there is no summary.",
        ("diagnoses_icd", "charttime"): "One minute before the discharge of its hospital stay.",
        ("diagnosis", "charttime"): "One minute before the end of its stay in the department.",
        ("patients", "anchor_age"): "Age in years in the anchor year (above 89 given as 91).",
        ("patients", "anchor_year"): "A year of the patient's shifted calendar.",
        ("labevents", "labevent_id"): "Id of the row.",
        ("microbiologyevents", "microevent_id"): "Id of the row.",
    }
)
"""The columns of which we say something else than under the availability rules."""


def entered(table: str) -> str:
    """When a row enters the record, in words.

    >>> entered("labevents"), entered("omr"), entered("triage")
    ('charttime', 'chartdate at 23:59:00', 'always')
    """
    cut = cut_column(PUBLISHED[table])
    hour = hour_of_date(table)
    return f"{cut} at {hour}" if hour else cut or "always"
