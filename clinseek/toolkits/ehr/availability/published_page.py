"""The cutoff rule of the published systems as a page, for people."""

from __future__ import annotations

from clinseek.toolkits.ehr.availability.profiles import WARNINGS
from clinseek.toolkits.ehr.availability.published import ADDED, PUBLISHED, cut_words
from clinseek.toolkits.ehr.availability.rules import rules_hash

_HEAD = """\
# The `reference` profile: the cutoff of the published systems

Made by `clinseek availability --profile reference` from
`clinseek/toolkits/ehr/availability/published.py`.

Each table is cut at its first column whose name contains "time" or "date", strictly before the
cutoff; a table without such a column is shown whole. A bare date counts, and is shown, as 23:59:00
of its day; the date of `microbiologyevents`, a midnight in the raw files, as that midnight. A row
without its moment vanishes. Nothing else is hidden: no cell is masked, no id re-numbered, and age
is as in the raw table. `diagnoses_icd` and `diagnosis` have a made-up `charttime`, `admissions` a
`text` (the discharge summary of the stay before the first "Physical Exam"), each as last column.

"""


def published_page() -> str:
    """The whole page as Markdown: one line a table."""
    lines = [
        f"| {table.module}.{name} | {cut_words(name)} | {_added(name)} |"
        for name, table in PUBLISHED.items()
    ]
    hashed = f"Rules hash: {rules_hash('reference')}."
    head = "| table | a row is shown | added column |\n|---|---|---|\n"
    warning = WARNINGS["reference"]
    return f"{_HEAD}Warning: {warning}.\n\n{hashed}\n\n{head}" + "\n".join(lines) + "\n"


def _added(table: str) -> str:
    column = ADDED.get(table)
    return f"`{column.name}`" if column is not None else ""
