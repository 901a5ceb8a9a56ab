"""`clinseek demo`: from nothing to three cited answers, with no key and no data."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.answer import show_answer
from clinseek.cli.ingest import ingest_progress
from clinseek.cli.output import emit, say
from clinseek.cli.steps import say_step
from clinseek.cli.synth import synth_progress
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.offline.questions import DrawnQuestion

QUESTIONS = 3
MARKER = "demo.json"
"""The file that says of a folder that it is a demo's, and of which seed and patients."""
MADE = frozenset({"hosp", "icu", "ed", "note", "codes", "README"})
"""What `synthesise` writes."""
OPEN_DEMO = "https://physionet.org/files/mimic-iv-demo/2.2/"


def register(app: typer.Typer) -> None:
    """Add `demo`."""
    app.command("demo", rich_help_panel="Start here")(demo)


def demo(
    seed: Annotated[
        int, typer.Option(metavar="S", help="Another seed: other patients, other questions.")
    ] = 1,
    patients: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many the cohort has.")
    ] = 100,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to make it (default: under CLINSEEK_HOME)."),
    ] = None,
) -> None:
    """Make up a cohort, ask it three questions of different kinds, show the cited answers.

    [dim]clinseek demo --seed 4[/dim]

    Needs no key, no GPU and no data: an offline policy stands in the model's place.
    """
    from clinseek import settings
    from clinseek.offline.questions import draw_questions

    place = folder or settings.home() / "demo" / f"seed-{seed}-patients-{patients}"
    store = _store(place, seed=seed, patients=patients)
    questions = draw_questions(store, seed=seed, count=QUESTIONS)
    emit("3. Questions of different kinds, to the offline policy")
    for number, drawn in enumerate(questions, start=1):
        _ask(number, drawn, store)
    _next_steps(store, questions[-1])


def _store(place: Path, *, seed: int, patients: int) -> Path:
    from clinseek.toolkits.ehr.store import ingest
    from clinseek.toolkits.ehr.synthetic import synthesise

    raw, store = place / "raw", place / "store"
    _claim(place, seed=seed, patients=patients)
    if (store / "manifest.json").is_file():
        say(f"the cohort of seed {seed} is there already: {store}")
        return store
    _remove_half_made(raw)
    emit(f"1. A synthetic cohort of {patients} patients (seed {seed}): {raw}")
    with synth_progress() as progress:
        made = synthesise(raw, patients=patients, seed=seed, progress=progress)
    emit(f"   {made.rows:,} rows, {made.seconds:.1f} s")
    emit(f"2. Its raw tables into a store: {store}")
    with ingest_progress() as progress:
        report = ingest([raw], store, codes=raw / "codes", progress=progress)
    emit(f"   {report.rows:,} rows in {len(report.tables)} tables, {report.seconds:.1f} s")
    return store


def _claim(place: Path, *, seed: int, patients: int) -> None:
    """Mark an empty folder as this demo's; SettingError where anything else lies there."""
    marker = place / MARKER
    wanted = {"seed": seed, "patients": patients}
    if not marker.is_file():
        _refuse_other_files(place)
        place.mkdir(parents=True, exist_ok=True)
        marker.write_text(json.dumps(wanted), encoding="utf-8")
        return
    try:
        held = json.loads(marker.read_text(encoding="utf-8"))
    except ValueError:
        held = None
    if held != wanted:
        raise SettingError(
            f"{place} is the folder of another demo ({held or MARKER + ' is broken'}), not of "
            f"{wanted}; name another --folder"
        )


def _refuse_other_files(place: Path) -> None:
    if place.exists() and not place.is_dir():
        raise SettingError(f"{place} is a file; name a new or empty --folder")
    if place.is_dir() and (held := sorted(entry.name for entry in place.iterdir())):
        raise SettingError(
            f"{place} holds what no demo wrote ({held[0]}); name a new or empty --folder"
        )


def _remove_half_made(raw: Path) -> None:
    """What a demo that was stopped half-way left, and never a file of somebody else."""
    if not raw.exists():
        return
    others = {entry.name for entry in raw.iterdir()} - MADE
    if others:
        raise SettingError(
            f"{raw} holds what no demo wrote ({min(others)}); move it or name another --folder"
        )
    shutil.rmtree(raw)


def _ask(number: int, drawn: DrawnQuestion, store: Path) -> None:
    from clinseek import api

    emit(f"\nQuestion {number} ({drawn.kind}): {drawn.question}")
    emit(f"patient {drawn.subject_id}, record as of {drawn.cutoff}")
    if drawn.candidates:
        emit(f"candidates: {', '.join(drawn.candidates)}")
    record = api.ask(
        drawn.question,
        store=store,
        subject_id=drawn.subject_id,
        cutoff=drawn.cutoff,
        candidates=list(drawn.candidates) or None,
        on_step=say_step,
    )
    emit("")
    show_answer(record.as_json())


def _next_steps(store: Path, asked: DrawnQuestion) -> None:
    command, held = shlex.quote(_how_to_call()), shlex.quote(str(store))
    emit(
        f"""
What to type next
  this patient        {command} show {held} --subject {asked.subject_id}
  another question    {command} ask --store {held} --subject {asked.subject_id} \\
                          --at "{asked.cutoff}" "What was the latest heart rate?"
  as a page           add --html run.html
  your own model      add --model openai:NAME@http://localhost:8000/v1
  open MIMIC-IV demo  wget -r -np -nH --cut-dirs=1 {OPEN_DEMO}
                      {command} ingest mimic-iv-demo/2.2 --out demo-store
  your MIMIC-IV       {command} ingest ~/mimiciv/3.1 ~/mimic-iv-ed/2.2 --out store
  LangGraph Studio    make studio   (in a clone of the repository)

Research only: clinseek is not a medical device."""
    )


def _how_to_call() -> str:
    """The command as it can be typed here: `make demo` leaves it off the PATH."""
    beside = Path(sys.executable).with_name("clinseek")
    if shutil.which("clinseek") or not beside.is_file():
        return "clinseek"
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)
