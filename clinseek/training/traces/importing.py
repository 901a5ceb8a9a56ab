"""Importing a file of runs as a folder of traces."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from clinseek.errors import SettingError
from clinseek.training.traces.folder import draft_folder, trace_writer
from clinseek.training.traces.reading import trace_source


class Imported(NamedTuple):
    """How many traces of how many known patients were read, and what was left out."""

    traces: int
    patients: int
    remarks: list[str]


def import_traces(file: Path, out: Path, *, manifest: Path | None = None) -> Imported:
    """Write the runs of `file` as traces to the new folder `out`; one is held at a time.

    SettingError where the file holds none, a line cannot be read, or `out` holds something.
    """
    source = trace_source(file, manifest=manifest)
    patients: set[int] = set()
    unknown = 0
    with draft_folder(out) as draft:
        with trace_writer(draft) as writer:
            for trace in source.traces():
                writer.write(trace)
                if trace.subject_id is None:
                    unknown += 1
                else:
                    patients.add(trace.subject_id)
        if not writer.written:
            raise SettingError(f"{file}: holds no runs")
        writer.close("import", {"file": file.name}, [])
    remarks = list(source.remarks)
    if unknown:
        remarks.append(f"{file}: {unknown:,} traces name no patient, or several")
    return Imported(writer.written, len(patients), remarks)
