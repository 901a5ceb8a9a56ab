"""A name and a number planted in a record, and every place where they lie after runs of it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from clinseek.scratch import scratch_folder
from drills.attack.future import SUBJECT, lab, write_table
from drills.commands import Commands
from drills.drill import Line, Size
from drills.privacy import spy
from drills.privacy.looking import words_in

NAME, NUMBER = "Wilhelmina Zylbersztejn", "MRN7731942"
SUBJECT_ID = str(SUBJECT)
CUTOFF = "2150-03-05 08:00:00"
QUESTION = "What was the latest potassium?"

DOCUMENTED: Mapping[str, Sequence[str]] = {
    "home/threads.sqlite": (NAME, NUMBER, SUBJECT_ID),
    "run/records.jsonl": (NAME, NUMBER, SUBJECT_ID),
    "run/rows.jsonl": (SUBJECT_ID,),
    "cache/responses.sqlite": (NAME, NUMBER, SUBJECT_ID),
    "page.html": (NAME, NUMBER, SUBJECT_ID),
    "said/ask.out": (NAME, NUMBER, SUBJECT_ID),
    "said/ask.err": (NAME, NUMBER, SUBJECT_ID),
    "said/tool.out": (NAME, NUMBER, SUBJECT_ID),
    "said/serve.out": (NAME, NUMBER, SUBJECT_ID),
    "store/*": (NAME, NUMBER, SUBJECT_ID),
    "raw/*": (NAME, NUMBER, SUBJECT_ID),
    "rows.jsonl": (SUBJECT_ID,),
    "store/rejected/*": (),
}
"""Where the three may lie, below the folder of the drill (THREAT_MODEL.md, "Where rows lie").

`said/` holds what each command wrote: answers and rows on stdout are what was asked for, and the
steps of `ask` on stderr tell each call with its arguments, the answer too. Warnings, tracebacks and
logs of all others are not on the list.
"""
OF_NO_PATIENT = ("store/vocabulary.sqlite",)
"""Dictionaries, read-only for all, in a folder that its owner alone can enter."""
MUST_BE_FOUND = ("home/threads.sqlite", "run/records.jsonl", "page.html")
"""Where they certainly lie: a search that does not find them there finds nothing."""
_UMASK = 0o022


def lines(size: Size, place: Path) -> Iterator[Line]:
    """Run each command over the planted record, look for the plants, at modes, and purge."""
    os.umask(_UMASK)
    ran = runs(place, of_all=size != "quick")
    yield Line(
        "commands over a record with a planted name", len(ran), [r for r in ran.values() if r]
    )
    found = places_of(place)
    yield Line("files with the name or a number", len(found), unexpected(found))
    count, broken = open_to_others(place)
    yield Line("files and folders that others could read", count, broken)
    yield purged(place)


def runs(place: Path, *, of_all: bool = True) -> dict[str, str]:
    """Ask, evaluate, call a tool, serve, and fail; for each what went wrong, "" for nothing.

    Without `of_all` ask and evaluate alone, which leave most behind.
    """
    from tests.models.server import ChatServer, answer

    _record(place)
    look = {"sql_query": "SELECT row_id, subject_id, comments FROM labevents"}
    reads = answer(calls=[("ehr_run_sql_query", json.dumps(look))])
    says = {"response": [f"{NAME}, {NUMBER}, {SUBJECT_ID}"], "citations": [["E1#1"]]}
    ends = answer(calls=[("ehr_finish", json.dumps(says))])
    at = ["--store", "store", "--subject", SUBJECT_ID, "--at", CUTOFF]
    ended = {}
    with ChatServer() as server:
        model = ["--model", server.spec]
        server.restart(reads, ends)
        ended["ask"] = _typed(
            place,
            "ask",
            *at,
            *model,
            "--max-revisions",
            "0",
            "--thread",
            "planted",
            "--html",
            "page.html",
            QUESTION,
        )
        server.restart(reads, ends)
        ended["eval"] = _typed(
            place,
            "eval",
            "rows.jsonl",
            "--store",
            "store",
            *model,
            "--out",
            "run",
            "--cache",
            "cache",
            "--max-revisions",
            "0",
        )
    if not of_all:
        return ended
    query = f"sql_query={look['sql_query']}"
    ended["tool"] = _typed(place, "tool", "run_sql_query", *at, query)
    ended["serve"] = _served(place, at)
    ended["fault"] = _failed(place, at)
    return ended


def _record(place: Path) -> None:
    from clinseek.evals.rows import Row, write_rows
    from clinseek.toolkits.ehr.store import ingest

    note = f"Called {NAME}, {NUMBER}, of {SUBJECT_ID}"
    write_table(place / "raw", "labevents", [lab(1, SUBJECT, "2150-03-04", note)])
    write_table(place / "raw", "patients", [
        {"subject_id": SUBJECT, "gender": "F", "anchor_age": 60, "anchor_year": 2150}
    ])  # fmt: skip
    write_table(place / "raw", "admissions", [
        {"subject_id": SUBJECT, "hadm_id": 20000001, "admittime": "2150-03-03 10:00:00"}
    ])  # fmt: skip
    os.umask(0o077)
    ingest([place / "raw"], place / "store")
    write_rows(place / "rows.jsonl", [
        Row(qid="q1", subject_id=SUBJECT, cutoff=CUTOFF, task="lab", question=QUESTION, label="4.1")
    ])  # fmt: skip
    os.umask(_UMASK)


def _typed(place: Path, *words: str) -> str:
    """Run a command, keep what it said in `said/`; what went wrong."""
    with scratch_folder("drill-typed-") as said, Commands(said, typed_in=place) as commands:
        ran = commands.run(words, {**_homes(place), "CLINSEEK_TRACEBACK": "1"})
    _keep(place, words[0], ran.out, ran.err)
    return f"{words[0]} ended with {ran.code}: {(ran.err + ran.out)[-300:]}" if ran.code else ""


def _homes(place: Path) -> dict[str, str]:
    """Where a command may leave something without being told a place, below `place` all of it."""
    user = place / "user"
    user.mkdir(exist_ok=True, mode=0o700)
    caches = {f"XDG_{name}_HOME": str(user / name) for name in ("CACHE", "CONFIG", "DATA", "STATE")}
    return {"CLINSEEK_HOME": str(place / "home"), "HOME": str(user), **caches}


def _keep(place: Path, name: str, out: str, err: str) -> None:
    (place / "said").mkdir(exist_ok=True, mode=0o700)
    for kind, text in (("out", out), ("err", err)):
        file = place / "said" / f"{name}.{kind}"
        file.touch(mode=0o600)
        file.write_text(text)


def _served(place: Path, at: Sequence[str]) -> str:
    """A session over stdio that reads the rows, and asks for what there is not."""
    call = {"name": "ehr.run_sql_query", "arguments": {"sql_query": "SELECT * FROM labevents"}}
    wrong = {"name": "ehr.run_sql_query", "arguments": {"sql_query": f"SELECT '{NAME}"}}
    about = {"protocolVersion": "2025-06-18", "capabilities": {},
             "clientInfo": {"name": "d", "version": "1"}}  # fmt: skip
    said: list[dict[str, Any]] = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": wrong},
    ]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "clinseek", "serve", "ehr", *at],
        cwd=place, env={**os.environ, **_homes(place)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    answers = []
    for message in said:
        process.stdin.write(f"{json.dumps(message)}\n")
        process.stdin.flush()
        if "id" in message:
            answers.append(process.stdout.readline())
    out, err = process.communicate(timeout=60)
    _keep(place, "serve", "".join(answers) + out, err)
    return "" if len(answers) == 3 and NAME in answers[1] else f"serve answered {answers}"


def _failed(place: Path, at: Sequence[str]) -> str:
    """A fault of ours in the middle of a run, with its traceback."""
    broken = (
        "import clinseek.toolkits.ehr.tools.sql as tool\n"
        "def _answer(*given):\n    raise RuntimeError('a fault')\n"
        "tool._answer = _answer\n"
        "from clinseek.cli.main import main\nmain()\n"
    )
    words = ["tool", "run_sql_query", *at, "sql_query=SELECT comments FROM labevents"]
    ran = spy.run(
        [sys.executable, "-W", "ignore", "-c", broken, *words], cwd=place,
        variables={**_homes(place), "CLINSEEK_TRACEBACK": "1"},
    )  # fmt: skip
    _keep(place, "fault", ran.stdout, ran.stderr)
    return "" if "a fault" in ran.stderr + ran.stdout else f"no fault was told: {ran.stderr[-200:]}"


def places_of(place: Path) -> dict[str, set[str]]:
    """Every file below the folder that holds one of the three, with those that it holds."""
    held = {
        str(file.relative_to(place)): words_in(file, (NAME, NUMBER, SUBJECT_ID))
        for file in sorted(place.rglob("*"))
        if file.is_file()
    }
    return {name: words for name, words in held.items() if words}


def unexpected(found: Mapping[str, set[str]]) -> list[str]:
    """What lies where it is not documented; and what a working search would have found."""
    broken = [f"{name} holds no planted word: the search finds nothing" for name in MUST_BE_FOUND
              if name not in found]  # fmt: skip
    for file, words in sorted(found.items()):
        may = {
            word for pattern, held in DOCUMENTED.items() if fnmatch(file, pattern) for word in held
        }
        broken += [f"{word} stands in {file}" for word in sorted(words - may)]
    return broken


def open_to_others(place: Path) -> tuple[int, list[str]]:
    """How many files and folders were looked at, and those that others may read or enter."""
    made = [place / name for name in ("home", "run", "cache", "store", "page.html")]
    every = [file for each in made for file in (each, *each.rglob("*"))]
    modes = {file: stat.S_IMODE(file.lstat().st_mode) for file in every if not file.is_symlink()}
    names = {str(file.relative_to(place)): mode for file, mode in modes.items()}
    broken = [f"{name} has mode {mode:o}" for name, mode in names.items()
              if mode & 0o077 and name not in OF_NO_PATIENT]  # fmt: skip
    return len(modes), broken


def purged(place: Path) -> Line:
    """Purge the patient, and look with grep, which shares nothing with the search of purge."""
    words = ["--subject", SUBJECT_ID, "--in", "run", "--in", "cache", "--yes"]
    fault = _typed(place, "purge", *words)
    looked = subprocess.run(
        ["grep", "-rlaE", f"{NAME}|{NUMBER}|{SUBJECT_ID}", "home", "cache",
         *(["run"] if (place / "run").exists() else [])],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    left = [f"{file} still holds one of them" for file in looked.stdout.splitlines()]
    return Line(
        "the patient purged, then looked for with grep", 1, ([fault] if fault else []) + left
    )
