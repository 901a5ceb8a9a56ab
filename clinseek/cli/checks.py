"""What `clinseek doctor` looks at; each check gives findings and changes nothing."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from clinseek import __version__
from clinseek.errors import UserError
from clinseek.settings import cores

State = Literal["works", "absent", "broken"]

MINIMUM_PYTHON = (3, 11)
MINIMUM_SQLITE = (3, 37, 0)
"""STRICT tables and the progress handler as clinseek uses them."""
SPARE_DISK = 2 * 1024**3

PLACES = {
    "CLINSEEK_STORE": "the store of ask, tool, show and Studio",
    "CLINSEEK_CODES": "code tables for ingest --codes",
    "CLINSEEK_OPEN_DATA": "the open MIMIC-IV demo, for the tests on real rows",
}

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"extra == ['\"](?P<extra>[^'\"]+)['\"]")


@dataclass(frozen=True)
class Finding:
    """One line of the report: `broken` means that clinseek cannot work with it."""

    topic: str
    what: str
    state: State
    found: str
    to_do: str = ""


def every_finding() -> list[Finding]:
    """Every check, in the order in which a person would look."""
    return [
        *_machine(),
        *_libraries(),
        *_extras(),
        *_places(),
        *_web(),
        *_images(),
        *_privacy(),
        *_next_steps(),
    ]


def _machine() -> Iterator[Finding]:
    topic = "This machine"
    yield Finding(topic, "clinseek", "works", __version__)
    yield Finding(
        topic,
        "Python",
        "works" if sys.version_info >= MINIMUM_PYTHON else "broken",
        f"{platform.python_version()} on {platform.system()} {platform.machine()}",
    )
    sound = sqlite3.sqlite_version_info >= MINIMUM_SQLITE
    yield Finding(
        topic,
        "SQLite",
        "works" if sound else "broken",
        sqlite3.sqlite_version,
        "" if sound else "a Python with SQLite 3.37 or newer is needed",
    )
    yield Finding(topic, "processors", "works", str(cores()))


def _libraries() -> Iterator[Finding]:
    if not _declared():
        yield Finding(
            "Libraries", "clinseek", "absent", "run from its source, not installed", "pip install ."
        )
    for name in _requirements(extra=None):
        version = _version_of(name)
        yield Finding(
            "Libraries",
            name,
            "works" if version else "broken",
            version or "not installed",
            "" if version else "pip install --upgrade clinseek",
        )


def _extras() -> Iterator[Finding]:
    for extra in _named_extras():
        missing = [name for name in _requirements(extra=extra) if not _version_of(name)]
        yield Finding(
            "Extras (each optional)",
            extra,
            "absent" if missing else "works",
            f"without {', '.join(missing)}" if missing else "installed",
            f"pip install 'clinseek[{extra}]'" if missing else "",
        )


def _requirements(*, extra: str | None) -> Iterator[str]:
    for line in _declared():
        named = _EXTRA.search(line)
        if (named["extra"] if named else None) == extra and (name := _NAME.match(line)):
            yield name.group()


def _named_extras() -> list[str]:
    named = (_EXTRA.search(line) for line in _declared())
    return list(dict.fromkeys(found["extra"] for found in named if found))


def _declared() -> list[str]:
    """The requirements of the installed package; none where it runs from its source."""
    try:
        return metadata.requires("clinseek") or []
    except metadata.PackageNotFoundError:
        return []


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _places() -> Iterator[Finding]:
    yield _home()
    yield _disk()
    for name, purpose in PLACES.items():
        yield _place("Places", name, purpose)


def _home() -> Finding:
    from clinseek.settings import home

    try:
        with tempfile.TemporaryFile(dir=home()):
            return Finding("Places", "CLINSEEK_HOME", "works", str(home()))
    except (UserError, OSError) as error:
        to_do = "set CLINSEEK_HOME to a folder that you can write"
        return Finding("Places", "CLINSEEK_HOME", "broken", str(error), to_do)


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    told = f"{free / 1024**3:,.1f} GiB free here"
    if free > SPARE_DISK:
        return Finding("Places", "disk", "works", told)
    return Finding("Places", "disk", "absent", told, "ingest of the full MIMIC-IV needs far more")


def _place(topic: str, name: str, purpose: str) -> Finding:
    named = os.environ.get(name)
    if not named:
        return Finding(topic, name, "absent", f"not set ({purpose})")
    if not Path(named).is_dir():
        return Finding(topic, name, "broken", f"{named} is no folder", f"mend or unset {name}")
    if name != "CLINSEEK_STORE":
        return Finding(topic, name, "works", named)
    return _store(topic, Path(named))


def _store(topic: str, path: Path) -> Finding:
    from clinseek.toolkits.ehr.store import Store

    try:
        store = Store.open(path)
    except UserError as error:
        return Finding(topic, "CLINSEEK_STORE", "broken", str(error))
    held = f"{path}: {len(store.subjects()):,} patients, {len(store.tables)} tables"
    return Finding(topic, "CLINSEEK_STORE", "works", held)


def _web() -> Iterator[Finding]:
    """How a run that names no web of its own would meet it."""
    from clinseek.graphs.state import Context
    from clinseek.nodes.webs import absence_of, web_choice

    topic, what = "The web of a run", "browser"
    try:
        choice = web_choice(Context())
    except UserError as error:
        yield Finding(topic, what, "broken", str(error), "mend or unset it")
        return
    absence = absence_of(choice)
    if absence is not None:
        yield Finding(topic, what, "absent", absence)
        return
    searched = ", ".join(choice.corpora) or "the demonstration's pages"
    offline = choice.backend == "offline"
    where = f"offline, over {searched}: nothing leaves" if offline else choice.backend
    yield Finding(topic, what, "works", f"{choice.mode}, {where}")
    yield Finding(
        topic,
        "SERPER_API_KEY",
        "works" if os.environ.get("SERPER_API_KEY") else "absent",
        "set" if os.environ.get("SERPER_API_KEY") else "not set (for --web-backend serper)",
    )


def _images() -> Iterator[Finding]:
    """Which tools a run has for images; nothing is loaded to know it."""
    from clinseek.settings import home
    from clinseek.toolkits.imaging import IMAGE_TOOL_NAMES, Engine, weights_folder

    try:
        absent = Engine(weights_folder(home=home())).absent()
    except UserError:  # the home is broken, and is told as such
        return
    for name in IMAGE_TOOL_NAMES:
        why, _, to_do = absent.get(name, "offered where a question has images").partition("; ")
        yield Finding("Images", name, "absent" if name in absent else "works", why, to_do)


def _privacy() -> Iterator[Finding]:
    from clinseek.settings import tracing_allowed

    if tracing_allowed():
        to_do = "unset CLINSEEK_TRACING to keep patient data at home"
        yield Finding("Privacy", "tracing", "absent", "ON, by CLINSEEK_TRACING=1", to_do)
    else:
        yield Finding("Privacy", "tracing", "works", "off: nothing of a run leaves this machine")


def _next_steps() -> Iterator[Finding]:
    topic = "What to type"
    steps = {
        "try it": "clinseek demo",
        "own data": "clinseek ingest MIMIC_FOLDER --out STORE",
        "a question": "clinseek ask --store STORE --subject N --at T 'QUESTION'",
        "a model": "clinseek ask --model openai:NAME@http://localhost:8000/v1 ...",
    }
    for what, line in steps.items():
        yield Finding(topic, what, "works", line)
