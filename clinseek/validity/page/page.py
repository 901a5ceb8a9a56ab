"""docs/validity.md from its parts."""

from __future__ import annotations

from clinseek.validity.page.sections import claim, cost, leak, limits, questions, read_off, rules
from clinseek.validity.page.sources import DEMO, SYNTHETIC, Source


def validity_page(demo: Source, synthetic: Source) -> str:
    """The whole page as Markdown."""
    parts = [
        f"{claim.HEAD}{claim.provenance({DEMO: demo, SYNTHETIC: synthetic})}",
        leak.HEAD,
        leak.rows_and_cells(DEMO, demo.figures),
        leak.rows_and_cells(SYNTHETIC, synthetic.figures),
        cost.HEAD,
        cost.evidence_lost(DEMO, demo.figures),
        cost.evidence_lost(SYNTHETIC, synthetic.figures),
        read_off.HEAD,
        read_off.outcomes(DEMO, demo.probe),
        read_off.outcomes(SYNTHETIC, synthetic.probe),
        rules.section(),
        limits.HEAD,
        limits.limits(demo.figures, DEMO),
        questions.HEAD,
        questions.questions(demo.figures, DEMO),
    ]
    return "\n".join(parts)


def synthetic_parts(synthetic: Source) -> list[str]:
    """What of the page can be made again without the open demo."""
    return [
        claim.hashes(),
        claim.stamp(synthetic),
        leak.rows_and_cells(SYNTHETIC, synthetic.figures),
        cost.evidence_lost(SYNTHETIC, synthetic.figures),
        read_off.outcomes(SYNTHETIC, synthetic.probe),
        rules.section(),
    ]
