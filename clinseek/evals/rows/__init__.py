"""The items of a benchmark: one schema, and readers that name what is broken by file and line."""

from clinseek.evals.rows.reading import read_rows, write_rows
from clinseek.evals.rows.row import GoldRow, Label, Row

__all__ = ["GoldRow", "Label", "Row", "read_rows", "write_rows"]
