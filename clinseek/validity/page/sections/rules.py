"""The rules and where each comes from, a line a table."""

from __future__ import annotations

from clinseek.toolkits.ehr.availability import RULES
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.page.markdown import table

HEAD = """\
## The rules and their sources

When a row of each table counts as known, and why. What waits inside a row, what is always empty
and what may lie ahead stands in [availability.md](availability.md).
"""


def section() -> str:
    """Every table of a patient with its rule in words and the rule's source."""
    lines = [
        [f"`{name}`", RULES[name].known.words, RULES[name].source]
        for name, each in TABLES.items()
        if not each.is_dictionary
    ]
    return f"{HEAD}\n{table(['table', 'known', 'source'], lines, words=3)}\n"
