"""`clinseek traces import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, say
from clinseek.cli.traces.options import ManifestOption, OutOption, quoted


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSONL file of runs.")],
    out: OutOption,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read published results or trajectories, or conversations in OpenAI's form, as traces.

    [dim]clinseek traces import clinseek_trajectories.jsonl --out traces[/dim]
    """
    from clinseek.training.traces.importing import import_traces

    imported = import_traces(file, out, manifest=manifest)
    for remark in imported.remarks:
        say(remark)
    if as_json:
        emit_json({"out": out, "traces": imported.traces, "patients": imported.patients})
        return
    emit(f"{out}: {imported.traces:,} traces of {imported.patients:,} patients")
    emit(f"next: clinseek traces filter {quoted(out)} --out KEPT")
