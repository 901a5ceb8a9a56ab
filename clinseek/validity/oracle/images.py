"""When a chest X-ray is known, and when what was read of it."""

from __future__ import annotations

from clinseek.toolkits.ehr.tables.cxr import LABELS
from clinseek.validity.oracle.clocks import ById, Clocks
from clinseek.validity.oracle.model import Moment, RawRecord, RawRow
from clinseek.validity.oracle.moments import after, moment_in
from clinseek.validity.oracle.notes import signed

TOLD_BY_THE_REPORT = ("report_path", *LABELS)
"""Cells that hold, or were read off, the report."""

_HOURS_AROUND = 2
"""An X-ray names no note: those of examinations so near to it may be its report."""
_HOURS_WITHOUT_REPORT = 24


def taken(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001  (every rule has one shape)
    """StudyDate and StudyTime, the only clock of an X-ray (mimic-code#1552)."""
    return moment_in(row, "studydatetime")


def reported(row: RawRow, clocks: Clocks) -> Moment:
    """When every note that may be the study's report is known.

    24 hours after it where there is none; under `event` at once.
    """
    made = moment_in(row, "studydatetime")
    if made is None or clocks.profile == "event":
        return made
    return clocks.reported.get(made) or after(made, hours=_HOURS_WITHOUT_REPORT)


def reports_by_time(record: RawRecord) -> ById:
    """The last moment at which a note near to a study becomes known, by the study's time.

    A note that was known before the study is no report of it.
    """
    notes = [
        (examined, known)
        for note in record.get("radiology", ())
        if (examined := moment_in(note, "charttime")) and (known := signed(note))
    ]
    found: ById = {}
    for made in {moment_in(image, "studydatetime") for image in record.get("cxr", ())}:
        first = after(made, hours=-_HOURS_AROUND)
        last = after(made, hours=_HOURS_AROUND)
        if made is None or first is None or last is None:
            continue
        near = [known for examined, known in notes if first <= examined <= last and known > made]
        if near:
            found[made] = max(near)
    return found
