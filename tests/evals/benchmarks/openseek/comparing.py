"""The labels of OpenSeek-QA against the second reading, row by row.

    python -m tests.evals.benchmarks.openseek.comparing ROWS RAW...

prints every row on which the two disagree, and ends with 1 where there is one.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from clinseek.evals.rows import Row, read_rows
from tests.evals.benchmarks.openseek.pandas_reading import RawFolder, answer


def disagreements(rows: Sequence[Row], raw: RawFolder) -> list[str]:
    """A sentence for each row whose label, or whose answer to come, pandas computes otherwise."""
    return [said for row in rows if (said := _disagreement(row, raw)) is not None]


def _disagreement(row: Row, raw: RawFolder) -> str | None:
    subject_id, cutoff = row.bound
    at = f"{row.qid} (patient {subject_id} at {cutoff}): "
    ask = partial(
        answer, raw, row.metadata["question_of"], row.metadata["parameters"],
        subject_id=subject_id, cutoff=cutoff,
    )  # fmt: skip
    try:
        now = ask()
        if not _agree(row.label, [] if now is None else now):
            return f"{at}{row.label!r} is the label, pandas reads {now!r}"
        if row.label != []:
            return None
        future, whole = row.metadata.get("future_answer"), ask(everything=True)
    except ValueError as error:
        return f"{at}{error}"
    if _agree(future, whole):
        return None
    return f"{at}{future!r} is said to become known, pandas reads {whole!r}"


def _agree(label: Any, read: Any) -> bool:
    if isinstance(label, int | float) and isinstance(read, int | float):
        return math.isclose(label, read, rel_tol=1e-6, abs_tol=2e-6)
    return bool(label == read)


def main(arguments: Sequence[str]) -> int:
    """Compare the rows of a file with the raw folders."""
    rows = read_rows(arguments[0])
    found = disagreements(rows, RawFolder([Path(each) for each in arguments[1:]]))
    sys.stdout.write("".join(f"{said}\n" for said in found))
    sys.stdout.write(f"{len(rows)} rows, {len(found)} disagreements\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
