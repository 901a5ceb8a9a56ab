"""What a tool hands to the harness beside the text that the model reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Observation:
    """The artifact of one tool call: where its text came from.

    `row_ids` are the row ids of `table` in the order in which the text shows them (empty where
    the text is not made of one table's rows). `tables` are all tables that were read. `refused`
    is True when the call was answered with a sentence that says what to do instead.
    """

    tables: tuple[str, ...] = ()
    table: str | None = None
    row_ids: tuple[int, ...] = ()
    refused: bool = False
