"""The published result tables, filled anew by one command, with the published values beside."""

from clinseek.evals.benchmarks.paper.cells import SCORERS, PaperCell, paper_cells
from clinseek.evals.benchmarks.paper.checking import check_at_hand
from clinseek.evals.benchmarks.paper.groups import GROUPS, TableRows, rows_of_table
from clinseek.evals.benchmarks.paper.page import table_page
from clinseek.evals.benchmarks.paper.planning import Cost, PaperRun, costs_of, paper_runs
from clinseek.evals.benchmarks.paper.published import (
    PaperTable,
    PublishedCell,
    published_cells,
)

__all__ = [
    "GROUPS",
    "SCORERS",
    "Cost",
    "PaperCell",
    "PaperRun",
    "PaperTable",
    "PublishedCell",
    "TableRows",
    "check_at_hand",
    "costs_of",
    "paper_cells",
    "paper_runs",
    "published_cells",
    "rows_of_table",
    "table_page",
]
