"""The cells whose moments may lie ahead, and those whose shown value moves with the cutoff."""

from __future__ import annotations

from clinseek.validity.oracle.model import OracleProfile

PLANNED: dict[tuple[str, str], str] = {
    ("emar", "scheduletime"): "when a dose is due: set when the order is, before the dose",
    ("prescriptions", "starttime"): "when a drug is to begin: part of the order",
    ("pharmacy", "starttime"): "when a drug is to begin: part of the order",
    ("pharmacy", "expirationdate"): "until when the drug keeps: set when it is verified",
    ("datetimeevents", "value"): "a date that staff noted, perhaps of something planned; "
    "under `strict` it waits for its own moment",
}
"""(table, column) of the moments that may lie after the cutoff, with the reason."""

AGEING: frozenset[tuple[str, str]] = frozenset(
    {("patients", "anchor_age"), ("patients", "anchor_year")}
)
"""(table, column) whose shown value changes as the cutoff moves: age and year at the cutoff."""


def may_lie_ahead(table: str, column: str, profile: OracleProfile) -> bool:
    """True for a time or date cell that may be shown before its own moment under `profile`."""
    if profile == "strict" and table == "datetimeevents":
        return False
    return (table, column) in PLANNED
