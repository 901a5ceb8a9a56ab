"""The templates of OpenSeek-QA, a file a family."""

from clinseek.evals.benchmarks.openseek.template import Template
from clinseek.evals.benchmarks.openseek.templates.abstentions import NOT_YET_KNOWN, UNANSWERABLE
from clinseek.evals.benchmarks.openseek.templates.counts import COUNTS
from clinseek.evals.benchmarks.openseek.templates.joins import JOINS
from clinseek.evals.benchmarks.openseek.templates.look_ups import LOOK_UPS
from clinseek.evals.benchmarks.openseek.templates.times import TIMES
from clinseek.evals.benchmarks.openseek.templates.trends import TRENDS
from clinseek.evals.benchmarks.openseek.templates.unit_traps import UNIT_TRAPS

TEMPLATES: tuple[Template, ...] = (
    *LOOK_UPS, *TRENDS, *COUNTS, *JOINS, *TIMES, *UNIT_TRAPS, *UNANSWERABLE, *NOT_YET_KNOWN,
)  # fmt: skip

__all__ = ["TEMPLATES"]
