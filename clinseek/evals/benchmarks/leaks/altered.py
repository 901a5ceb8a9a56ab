"""What a row itself says, held against its task and its case: a file of rows can be edited."""

from __future__ import annotations

from clinseek.evals.benchmarks.tasks import Task
from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label

OTHER_EVIDENCE = "packaged evidence that its case does not give"


def altered_words(row: Row, task: Task) -> tuple[str, ...]:
    """What of a row is not as its task makes it, whatever its case: question and candidates."""
    found = []
    if row.question != task.question:
        found.append("a question that is not its task's")
    if row.candidates is not None and not set(names_of_label(row.label)) <= set(row.candidates):
        found.append("candidates without its own answer")
    return tuple(found)
