"""`clinseek show`: what a store holds, what a patient's record holds, what a case hides."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from clinseek.cli.options import JsonOption, ProfileOption, StoreArgument, read_subject
from clinseek.cli.output import emit, emit_json, table, warn_of, with_warning
from clinseek.errors import SettingError

if TYPE_CHECKING:
    import pyarrow as pa

    from clinseek.toolkits.ehr.store import Store

EXAMPLES = 5


class Span(NamedTuple):
    """One table of one patient: its rows, and the first and last of its event time."""

    table: str
    rows: int
    event_time: str | None
    first: str | None
    last: str | None


def register(app: typer.Typer) -> None:
    """Add `show`."""
    app.command("show", rich_help_panel="Look into a record")(show)


def show(
    store: StoreArgument,
    subject: Annotated[
        int | None,
        typer.Option(
            "--subject", "-n", metavar="N", parser=read_subject, help="One patient's record."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            "-t",
            metavar="T",
            help="The record as it was known at this moment; a bare date is its midnight.",
        ),
    ] = None,
    profile: ProfileOption = "available",
    as_json: JsonOption = False,
) -> None:
    """Show what a store holds; with --subject one patient; with --at also what is hidden then.

    [dim]clinseek show STORE[/dim]
    [dim]clinseek show STORE -n 10000019[/dim]
    [dim]clinseek show STORE -n 10000019 -t '2150-03-05 08:00:00'[/dim]
    """
    from clinseek.toolkits.ehr.store import Store

    if at is not None and subject is None:
        raise SettingError("--at needs a patient: add --subject N")
    opened = Store.open(store)
    if subject is None:
        _show_store(opened, as_json=as_json)
    elif at is None:
        _show_subject(opened, subject, as_json=as_json)
    else:
        _show_case(opened, subject, at, profile, as_json=as_json)


def _show_store(store: Store, *, as_json: bool) -> None:
    manifest = store.manifest
    if as_json:
        emit_json({"store": store.path, **manifest.model_dump(mode="json", exclude={"shards"})})
        return
    table(
        ("module", "table", "rows", "rejected"),
        [
            (held.module, name, held.rows, held.rejected or None)
            for name, held in manifest.tables.items()
        ],
        right=("rows", "rejected"),
    )
    subjects = store.subjects()
    examples = ", ".join(str(subject) for subject in subjects[:EXAMPLES])
    emit(f"\n{len(subjects):,} patients: {examples}{', ...' if len(subjects) > EXAMPLES else ''}")
    emit(f"fingerprint {store.fingerprint[:16]}, store schema {manifest.schema_version}")
    emit(f"next: {_show_command(store)} --subject {subjects[0]}")


def _show_subject(store: Store, subject: int, *, as_json: bool) -> None:
    spans = _spans(store, subject)
    if as_json:
        emit_json({"subject_id": subject, "tables": [span._asdict() for span in spans]})
        return
    table(
        ("table", "rows", "by", "first", "last"),
        [span for span in spans if span.rows],
        right=("rows",),
    )
    absent = [span.table for span in spans if not span.rows]
    if absent:
        emit(f"\nno rows: {', '.join(absent)}")
    emit(f"next: {_show_command(store)} --subject {subject} --at '{_moment(spans)}'")


def _show_command(store: Store) -> str:
    return f"clinseek show {shlex.quote(str(store.path))}"


def _spans(store: Store, subject: int) -> list[Span]:
    from clinseek.toolkits.ehr.availability import RULES

    spans: list[Span] = []
    for name, rows in store.read_subject(subject).items():
        rule = RULES.get(name)
        event_time = rule.event_time if rule is not None else None
        first, last = _ends(rows, event_time)
        spans.append(Span(name, rows.num_rows, event_time, first, last))
    return spans


def _ends(rows: pa.Table, event_time: str | None) -> tuple[str | None, str | None]:
    import pyarrow.compute as pc

    if event_time is None or event_time not in rows.column_names:
        return None, None
    ends = pc.min_max(rows[event_time]).as_py()
    first, last = ends["min"], ends["max"]
    return (None if first is None else str(first), None if last is None else str(last))


def _moment(spans: list[Span]) -> str:
    """A moment at which something is known: the end of the record of labs or stays."""
    by_name = {span.table: span for span in spans}
    lasts = (
        by_name[name].last for name in ("labevents", "transfers", "admissions") if name in by_name
    )
    return next((last for last in lasts if last), "YYYY-MM-DD HH:MM:SS")


def _show_case(store: Store, subject: int, at: str, profile: str, *, as_json: bool) -> None:
    from clinseek.toolkits.ehr.case import hidden

    found = hidden(store, subject, cutoff=at, profile=profile)
    warn_of(profile)
    if as_json:
        tables = [asdict(each) for each in found]
        told = {"subject_id": subject, "cutoff": at, "profile": profile, "tables": tables}
        emit_json(with_warning(told, profile))
        return
    table(
        ("table", "rows", "known", "hidden", "cells that wait", "a row is known"),
        [
            (
                each.table,
                each.rows,
                each.known,
                (each.rows - each.known) or None,
                ", ".join(f"{column} {count:,}" for column, count in each.cells.items()) or None,
                each.rule,
            )
            for each in found
            if each.rows
        ],
        right=("rows", "known", "hidden"),
    )
    rows, known = sum(each.rows for each in found), sum(each.known for each in found)
    word = "shown" if profile == "reference" else "known"
    emit(f"\n{known:,} of {rows:,} rows are {word} at {at} ({profile}).")
    option = " --profile reference" if profile == "reference" else ""
    emit(f"The rule of every table and cell: clinseek availability{option}")
