"""The options that several commands share, each with its default in the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

StoreOption = Annotated[
    Path,
    typer.Option(
        "--store", "-s", metavar="STORE", envvar="CLINSEEK_STORE", help="Store made by ingest."
    ),
]
StoreArgument = Annotated[
    Path,
    typer.Argument(metavar="STORE", envvar="CLINSEEK_STORE", help="Store made by ingest."),
]

MOST = 2**63 - 1
"""A subject_id is kept in 64 bits."""


def read_subject(text: str) -> int:
    """A subject_id as it was typed.

    >>> read_subject("10000019")
    10000019
    """
    try:
        subject_id = int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no subject_id, which is a whole number") from None
    if abs(subject_id) > MOST:
        raise typer.BadParameter(f"no such patient: no subject_id is as long as {text[:40]}")
    return subject_id


SubjectOption = Annotated[
    int,
    typer.Option(
        "--subject", "-n", metavar="N", parser=read_subject, help="The patient's subject_id."
    ),
]
CutoffOption = Annotated[
    str,
    typer.Option(
        "--at",
        "-t",
        metavar="T",
        help="The moment, as the record tells time: '2150-03-05 08:00:00' (inclusive, no zone); "
        "a bare date is its midnight, the day's beginning.",
    ),
]
AskedStoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store", "-s", metavar="STORE", envvar="CLINSEEK_STORE", help="Store made by ingest."
    ),
]
AskedSubjectOption = Annotated[
    int | None,
    typer.Option(
        "--subject",
        "-n",
        metavar="N",
        parser=read_subject,
        help="The patient's subject_id; left out where images alone are asked about.",
    ),
]
AskedCutoffOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        "-t",
        metavar="T",
        help="The moment, as the record tells time: '2150-03-05 08:00:00' (inclusive, no zone); "
        "a bare date is its midnight, the day's beginning. It goes with --subject.",
    ),
]
ImageOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--image",
        metavar="FILE",
        help="An image that is asked about: DICOM, PNG or JPEG (repeatable; the first four are "
        "shown to the model, and no other file can be opened).",
    ),
]
ImageRootOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The folder that images are named from. Default: the folder that holds them all.",
    ),
]
ReportOption = Annotated[
    list[Path] | None,
    typer.Option("--report", metavar="FILE", help="A report, as a text file (repeatable)."),
]
ReportsOption = Annotated[
    Literal["inlined", "named"],
    typer.Option(help="inlined: the model is shown 4,000 characters of each report; named: none."),
]
ProfileOption = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        envvar="CLINSEEK_PROFILE",
        help="Whose clock decides what was known: available, strict or event; or reference, the "
        "published systems' cutoff, to compare with them.",
    ),
]
Role = Literal["clinseek", "published", "brief"]
RoleOption = Annotated[
    Role,
    typer.Option(help="Whose prompts: ours, the published role's, or the briefest of ours."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
WebMode = Literal["record", "replay", "live", "off"]
WebGuard = Literal["balanced", "strict", "off"]
WebOption = Annotated[
    WebMode | None,
    typer.Option(
        "--web",
        help="record: what the archive has comes from it, the rest is asked and kept; replay: the "
        "archive alone; live: always asked; off: no browser. Default: CLINSEEK_WEB, else record.",
    ),
]
WebBackendOption = Annotated[
    str | None,
    typer.Option(
        "--web-backend",
        metavar="BACKEND",
        help="offline (nothing leaves this machine), serper (key in SERPER_API_KEY), searxng:URL "
        "or local:URL. Default: CLINSEEK_WEB_BACKEND, else offline.",
    ),
]
WebCorpusOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--web-corpus",
        metavar="PATH",
        help="What offline searches: a JSONL file, or a folder of text, HTML and PDF "
        "(repeatable). Default: CLINSEEK_WEB_CORPUS, else the demonstration's pages.",
    ),
]
ArchiveOption = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        metavar="FILE",
        help="The file of every query and page. Default: CLINSEEK_WEB_ARCHIVE, else one a backend "
        "in CLINSEEK_HOME.",
    ),
]
WebGuardOption = Annotated[
    WebGuard | None,
    typer.Option(
        "--web-guard",
        help="How closely queries are compared with the record before they leave. Default: "
        "CLINSEEK_WEB_GUARD, else balanced.",
    ),
]
WebDenyOption = Annotated[
    str | None,
    typer.Option(
        "--web-deny",
        metavar="LIST",
        help="Pages that stay closed: `benchmarks` (the list for evaluations) or a file. Default: "
        "CLINSEEK_WEB_DENY, else none.",
    ),
]
