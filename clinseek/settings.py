"""Where things lie and what the environment says; read when asked, never at import.

- CLINSEEK_HOME: threads, cases and the demo store (default: ~/.clinseek)
- CLINSEEK_STORE: the store that is used when none is named
- CLINSEEK_MODEL: the model that is used when none is named (default: offline)
- CLINSEEK_WEB, CLINSEEK_WEB_BACKEND, _CORPUS, _ARCHIVE, _GUARD, _DENY: the web of a run that names
  none (read in nodes.webs; docs/browser.md)
- CLINSEEK_TRACING: 1 allows LangSmith tracing; anything else keeps patient data at home
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError

_STAY_HOME = {
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING_SAMPLING_RATE": "0",
    "LANGSMITH_ENDPOINT": "http://127.0.0.1:9",
    "LANGSMITH_TEST_TRACKING": "false",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "OTEL_SDK_DISABLED": "true",
}
_TRACING = tuple(name for name in _STAY_HOME if name.startswith(("LANGSMITH", "LANGCHAIN")))
_KEYS_OF_OTHERS = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")

DEMO_PATIENTS = 20
DEMO_SEED = 7


def home() -> Path:
    """The folder of threads, cases and the demo store, made readable by its owner alone."""
    named = os.environ.get("CLINSEEK_HOME")
    return _private(Path(named).expanduser() if named else Path.home() / ".clinseek")


def case_folder() -> Path:
    """Where the files of open cases lie."""
    return _private(home() / "cases")


def lock_folder() -> Path:
    """Where a process that runs a thread holds its lock."""
    return _private(home() / "locks")


def threads_file() -> Path:
    """The SQLite file of threads: every step of every run that was not purged."""
    return home() / "threads.sqlite"


def web_folder() -> Path:
    """Where the web archives of runs that name none lie: one file a backend."""
    return _private(home() / "web")


def web_index_folder() -> Path:
    """Where the search indexes of offline corpora lie, made again when they are gone."""
    return _private(home() / "web-index")


def tracing_allowed() -> bool:
    """True when the user opted in to tracing by CLINSEEK_TRACING=1."""
    return os.environ.get("CLINSEEK_TRACING") == "1"


def untraced() -> AbstractContextManager[Any]:
    """No tracing of patient data, whatever the environment says, unless the user opted in."""
    if tracing_allowed():
        return nullcontext()
    from langsmith import tracing_context

    return tracing_context(enabled=False)


def stay_home(environment: MutableMapping[str, str] | None = None) -> dict[str, str]:
    """Turn off every telemetry, tracing and version check of the libraries below us.

    For entry points (command line, server) only: it changes the process environment, or the
    `environment` given, and gives back what it replaced, for `let_trace`. Does nothing when the
    user opted in by CLINSEEK_TRACING=1.
    """
    target = os.environ if environment is None else environment
    if target.get("CLINSEEK_TRACING") == "1":
        return {}
    replaced = {name: target[name] for name in (*_STAY_HOME, *_KEYS_OF_OTHERS) if name in target}
    target.update(_STAY_HOME)
    for key in _KEYS_OF_OTHERS:
        target.pop(key, None)
    return replaced


def let_trace(
    replaced: Mapping[str, str], environment: MutableMapping[str, str] | None = None
) -> str:
    """Let LangSmith trace the runs of this process; the sentence on what will be sent, and where.

    `replaced` is what `stay_home` gave. SettingError without a key: nothing could be sent.
    """
    target = os.environ if environment is None else environment
    key = next((held for name in _KEYS_OF_OTHERS
                if (held := replaced.get(name) or target.get(name))), None)  # fmt: skip
    if not key:
        raise SettingError("--trace langsmith needs LANGSMITH_API_KEY in the environment; set it")
    for name in _TRACING:
        target.pop(name, None)
    endpoint = replaced.get("LANGSMITH_ENDPOINT")
    if endpoint:
        target["LANGSMITH_ENDPOINT"] = endpoint
    target.update(LANGSMITH_API_KEY=key, LANGSMITH_TRACING="true", CLINSEEK_TRACING="1")
    where = endpoint or "https://api.smith.langchain.com"
    project = target.get("LANGSMITH_PROJECT", "default")
    return (
        f"tracing: every message of this run, the patient's rows and notes included, is sent to "
        f"{where} (project {project})"
    )


def store_path(named: str | os.PathLike[str] | None = None) -> Path:
    """The store to use: the one named, else CLINSEEK_STORE, else the demo store (made once)."""
    return _store_named(named) or demo_store()


def store_of_rows(named: str | os.PathLike[str] | None = None) -> Path:
    """The store of rows: the one named, else CLINSEEK_STORE; rows are of no store by chance.

    SettingError where neither is.
    """
    chosen = _store_named(named)
    if chosen is None:
        raise SettingError("name the store that the rows ask about with --store STORE")
    return chosen


def _store_named(named: str | os.PathLike[str] | None) -> Path | None:
    chosen = named or os.environ.get("CLINSEEK_STORE")
    return Path(chosen).expanduser() if chosen else None


def cores() -> int:
    """The cores that this process may use: of a shared machine not all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def model_spec(named: str | None = None) -> str:
    """The model to use: the one named, else CLINSEEK_MODEL, else the offline policy."""
    return named or os.environ.get("CLINSEEK_MODEL") or "offline"


def demo_store() -> Path:
    """The store of a small synthetic cohort under CLINSEEK_HOME, made at the first use.

    Processes that ask at the same time wait for the one that makes it. A store half made by a
    process that died is made anew.
    """
    store = home() / "demo-store"
    with _alone(home() / "demo-store.lock"):
        if not (store / "manifest.json").is_file():
            _make_demo_store(store)
    return store


def _make_demo_store(store: Path) -> None:
    from clinseek.toolkits.ehr.store import ingest
    from clinseek.toolkits.ehr.synthetic import synthesise

    raw = home() / "demo-raw"
    for leftover in (raw, store):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        synthesise(raw, patients=DEMO_PATIENTS, seed=DEMO_SEED)
        ingest([raw], store, codes=raw / "codes")
    finally:
        shutil.rmtree(raw, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _private(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingError(
            f"the folder {folder} cannot be made ({error.strerror}); "
            "set CLINSEEK_HOME to a folder that you can write"
        ) from error
    return folder
