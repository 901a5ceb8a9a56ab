"""What an audit finds: one violation, told so that anyone can look at the row."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Check = Literal[
    "record", "completeness", "ahead", "growth", "scramble", "full form", "strangers",
    "vocabulary", "ingest",
]  # fmt: skip
"""What is proven of each prediction time.

`record`: the case is, row by row and cell by cell, what the second reading says, no more.
`completeness`: and no less. `ahead`: no cell carries a moment after the cutoff but a plan.
`growth`: what was visible stays, under the same id. `scramble`: nothing that becomes known later
changes a byte, nor does it through raw csv and ingest (`full form`). `strangers`: nothing of
another patient. `vocabulary`: the dictionaries and drawn lists are the store's, in their order, and
of no single patient; what the user supplied is as ingest recorded it. `ingest`: the store holds
what the raw files say (only where they are given).
"""

CHECKS: tuple[Check, ...] = get_args(Check)

NEVER = "never"
ALWAYS = "always"


class Violation(NamedTuple):
    """A cell or row that breaks the claim. `row` is its raw key; `known_at` the oracle's moment.

    `subject_id` is None, and `cutoff` "-", where it is of the store and not of one case.
    """

    check: Check
    subject_id: int | None
    cutoff: str
    table: str
    column: str | None
    row: str
    known_at: str | None
    what: str

    @property
    def place(self) -> str:
        """`table.column`, or the table alone.

        >>> Violation("ahead", 1, "2150-01-01 00:00:00", "omr", None, "seq_num 1", None, "").place
        'omr'
        """
        return self.table if self.column is None else f"{self.table}.{self.column}"

    @property
    def is_early(self) -> bool:
        """Whether the row, or the cell, is known only after the cutoff, or never.

        >>> Violation("ahead", 1, "2150-01-01 00:00:00", "omr", None, "", "never", "").is_early
        True
        """
        if self.known_at in (None, ALWAYS):
            return False
        return self.known_at == NEVER or str(self.known_at) > self.cutoff


def told_moment(moment: str | None) -> str:
    """A moment of the oracle as a person reads it.

    >>> told_moment(""), told_moment(None)
    ('always', 'never')
    """
    if moment is None:
        return NEVER
    return moment or ALWAYS


def raw_key(table: str, cells: dict[str, int | float | str | None]) -> str:
    """The cells by which a person finds a raw row: its ids and times.

    >>> raw_key("omr", {"subject_id": 1, "chartdate": "2150-01-01", "result_value": "65"})
    'chartdate 2150-01-01'
    """
    telling = [
        f"{column} {value}"
        for column, value in cells.items()
        if value is not None and column != "subject_id" and _tells(column)
    ]
    return ", ".join(telling[:6]) or f"a row of {table}"


def _tells(column: str) -> bool:
    return column.endswith(("_id", "_seq", "seq_num", "itemid", "time", "date", "_code"))
