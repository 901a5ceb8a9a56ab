"""`clinseek doctor`: what is installed, what works here, and what to type next."""

from __future__ import annotations

from dataclasses import asdict

import typer

from clinseek.cli.checks import Finding, every_finding
from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, table

MARKS = {"works": "ok", "absent": "-", "broken": "!!"}


def register(app: typer.Typer) -> None:
    """Add `doctor`."""
    app.command("doctor", rich_help_panel="Start here")(doctor)


def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, what works on this machine and what to type next.

    [dim]clinseek doctor[/dim]

    Ends with 1 where something that clinseek cannot do without is broken.
    """
    findings = every_finding()
    sound = all(finding.state != "broken" for finding in findings)
    if as_json:
        emit_json({"sound": sound, "findings": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
        emit("")
        emit(
            "Everything needed is there."
            if sound
            else "Something is broken: see the lines with !!."
        )
    if not sound:
        raise typer.Exit(1)


def _show(findings: list[Finding]) -> None:
    for topic in dict.fromkeys(finding.topic for finding in findings):
        emit(f"\n{topic}")
        about = [finding for finding in findings if finding.topic == topic]
        columns = ("", "what", "found", "to do")[: 4 if any(each.to_do for each in about) else 3]
        rows = [(MARKS[each.state], each.what, each.found, each.to_do) for each in about]
        table(columns, [row[: len(columns)] for row in rows])
