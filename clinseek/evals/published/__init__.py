"""The published system's `results.jsonl`, read as runs of ours, and ours written as such a file."""

from clinseek.evals.published.reading import PublishedRun, read_manifest, read_published
from clinseek.evals.published.rows import linked_paths, placed_rows, published_row
from clinseek.evals.published.writing import write_published

__all__ = [
    "PublishedRun",
    "linked_paths",
    "placed_rows",
    "published_row",
    "read_manifest",
    "read_published",
    "write_published",
]
