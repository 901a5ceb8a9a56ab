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
TRACING_KEYS = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")

_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?P<rest>.*)$")


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
    yield Finding(topic, "processors", "works", str(os.cpu_count()))


def _libraries() -> Iterator[Finding]:
    for name, _ in _requirements(extra=None):
        version = _version_of(name)
        yield Finding(
            "Libraries",
            name,
            "works" if version else "broken",
            version or "not installed",
            "" if version else "pip install --upgrade clinseek",
        )


def _extras() -> Iterator[Finding]:
    for extra in metadata.metadata("clinseek").get_all("Provides-Extra") or []:
        missing = [name for name, _ in _requirements(extra=extra) if not _version_of(name)]
        yield Finding(
            "Extras (each optional)",
            extra,
            "absent" if missing else "works",
            f"without {', '.join(missing)}" if missing else "installed",
            f"pip install 'clinseek[{extra}]'" if missing else "",
        )


def _requirements(*, extra: str | None) -> Iterator[tuple[str, str]]:
    for line in metadata.requires("clinseek") or []:
        matched = _REQUIREMENT.match(line)
        if matched is None:
            continue
        named = re.search(r"extra == ['\"]([^'\"]+)['\"]", line)
        if (named.group(1) if named else None) == extra:
            yield matched["name"], matched["rest"]


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _places() -> Iterator[Finding]:
    from clinseek.settings import home

    topic = "Places"
    yield _writable(topic, "CLINSEEK_HOME", home())
    free = shutil.disk_usage(_existing(home())).free
    yield Finding(
        topic,
        "free disk",
        "works" if free > SPARE_DISK else "absent",
        f"{free / 1024**3:,.1f} GiB",
        "" if free > SPARE_DISK else "ingest of the full MIMIC-IV needs far more",
    )
    for name, purpose in PLACES.items():
        yield _place(topic, name, purpose)


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


def _writable(topic: str, what: str, folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return Finding(topic, what, "works", str(folder))
    except OSError as error:
        return Finding(
            topic, what, "broken", f"{folder}: {error.strerror}", f"set {what} to a folder of yours"
        )


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.resolve().parents) if place.is_dir())


def _privacy() -> Iterator[Finding]:
    topic = "Privacy"
    keys = [name for name in TRACING_KEYS if os.environ.get(name)]
    yield Finding(
        topic,
        "tracing",
        "works",
        f"off, though {' and '.join(keys)} is set" if keys else "off",
        "`make studio` starts without it; a server you start yourself may trace" if keys else "",
    )


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
