"""Reading a cutoff: one naive moment of the patient's own, shifted calendar."""

from __future__ import annotations

from datetime import date, datetime, time

from clinseek.errors import CutoffError

_FORM = "%Y-%m-%d %H:%M:%S"


def read_cutoff(given: str | datetime | date) -> str:
    """The cutoff as `YYYY-MM-DD HH:MM:SS`; a bare date is its midnight, parts of a second are cut.

    Raises CutoffError when it cannot be read or carries a zone (MIMIC's shifted times have none).

    >>> read_cutoff("2150-03-05T08:00")
    '2150-03-05 08:00:00'
    """
    moment = given if isinstance(given, datetime) else _parsed(given)
    if moment.tzinfo is not None:
        raise CutoffError(
            f"the cutoff {given} carries a time zone; MIMIC's shifted times have none, so write "
            f"{moment.replace(tzinfo=None).strftime(_FORM)}"
        )
    # strftime pads years below 1000 differently from one C library to the next; isoformat does not.
    return moment.replace(microsecond=0).isoformat(sep=" ")


def _parsed(given: str | date) -> datetime:
    if isinstance(given, date):
        return datetime.combine(given, time())
    try:
        return datetime.fromisoformat(given.strip())
    except ValueError as error:
        raise CutoffError(
            f"the cutoff {given!r} cannot be read; write it as 2150-03-05 08:00:00"
        ) from error
