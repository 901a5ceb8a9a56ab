"""What the second reading is made of: cells, rows, records, moments, profiles."""

from __future__ import annotations

from typing import Literal

Cell = int | float | str | None
"""One cell, typed by the schema. Times are `YYYY-MM-DD HH:MM:SS` (parts of a second kept only if
there are any), dates `YYYY-MM-DD`; a time whose raw text is a bare date is 23:59:59 of that day."""

RawRow = dict[str, Cell]
"""Every column of a table, in schema order."""

RawRecord = dict[str, list[RawRow]]
"""One patient's rows by table. A table that the source lacks is absent."""

OracleProfile = Literal["available", "strict", "event"]
"""The profiles that this reading knows; `reference` is told by `published_shown_from`."""

Moment = str | None
"""A first moment, as ISO text so that texts compare as moments do. `''` is always, None never."""
