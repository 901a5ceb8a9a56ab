"""OpenSeek-QA: questions with exact answers and gold rows over the open MIMIC-IV demo."""

from clinseek.evals.benchmarks.openseek.prepare import (
    PER_TEMPLATE,
    PreparedOpenSeek,
    openseek_rows,
    prepare_openseek,
)
from clinseek.evals.benchmarks.openseek.template import Family, Template
from clinseek.evals.benchmarks.openseek.templates import TEMPLATES

__all__ = [
    "PER_TEMPLATE",
    "TEMPLATES",
    "Family",
    "PreparedOpenSeek",
    "Template",
    "openseek_rows",
    "prepare_openseek",
]
