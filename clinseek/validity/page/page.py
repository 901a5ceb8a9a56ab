"""docs/validity.md from its parts."""

from __future__ import annotations

from clinseek.validity.page.measure import Figures
from clinseek.validity.page.sections import claim, cost, leak, limits, questions, sources

DEMO = "open MIMIC-IV demo"
SYNTHETIC = "synthetic cohort"


def validity_page(demo: Figures, synthetic: Figures) -> str:
    """The whole page as Markdown."""
    measured = {DEMO: demo, SYNTHETIC: synthetic}
    parts = [
        f"{claim.HEAD}{claim.provenance(measured)}",
        leak.HEAD,
        *(leak.rows_and_cells(name, figures) for name, figures in measured.items()),
        cost.HEAD,
        *(cost.evidence_lost(name, figures) for name, figures in measured.items()),
        *fixed_parts(),
        limits.HEAD,
        limits.limits(demo, DEMO),
        questions.HEAD,
        questions.questions(demo, DEMO),
    ]
    return "\n".join(parts)


def synthetic_parts(synthetic: Figures) -> list[str]:
    """What of the page can be made again without the open demo, from the synthetic cohort."""
    return [
        leak.rows_and_cells(SYNTHETIC, synthetic),
        cost.evidence_lost(SYNTHETIC, synthetic),
    ]


def fixed_parts() -> list[str]:
    """What of the page needs no data at all: the rules and their sources."""
    return [f"{sources.HEAD}\n{sources.rules_table()}"]
