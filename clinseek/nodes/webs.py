"""The web of a run: what was chosen, and the archives and backends that runs of a process share."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from clinseek.errors import SettingError
from clinseek.graphs.state import Context, WebGuard, WebMode
from clinseek.records import WebUsed
from clinseek.settings import web_folder, web_index_folder
from clinseek.toolkits.observation import WebSource

if TYPE_CHECKING:
    from clinseek.toolkits.browser.archive import Archive
    from clinseek.toolkits.browser.backends.web import Web
    from clinseek.toolkits.browser.guarding import Guards
    from clinseek.toolkits.browser.guards.denied import DenyList
    from clinseek.toolkits.browser.page import Page
    from clinseek.toolkits.browser.reader import Reader

BENCHMARKS = "benchmarks"
"""The list of closed pages that comes with clinseek, for evaluations."""
_THREADS = 32
_UNFIT = re.compile(r"[^A-Za-z0-9.]+")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class WebChoice:
    """How a run meets the web. `archive` None is the backend's own file at home."""

    mode: WebMode = "record"
    backend: str = "offline"
    corpora: tuple[str, ...] = ()
    archive: str | None = None
    guard: WebGuard = "balanced"
    deny: str = ""

    @property
    def is_default(self) -> bool:
        """True where nobody chose anything that could be wrong: it is not looked at before use."""
        return self == WebChoice(guard=self.guard)


def web_choice(context: Context, environment: Mapping[str, str] | None = None) -> WebChoice:
    """What a run's context says of the web, else the environment; paths are made absolute.

    SettingError for a value of the environment that cannot be, or a replay of no archive.
    """
    said = os.environ if environment is None else environment
    mode = context.web or _one_of("CLINSEEK_WEB", said, get_args(WebMode)) or "record"
    guard = context.web_guard or _one_of("CLINSEEK_WEB_GUARD", said, get_args(WebGuard))
    backend = context.web_backend or said.get("CLINSEEK_WEB_BACKEND") or "offline"
    corpora = list(context.web_corpora)
    if not corpora and backend == "offline":
        corpora = [each for each in said.get("CLINSEEK_WEB_CORPUS", "").split(os.pathsep) if each]
    archive = context.web_archive or said.get("CLINSEEK_WEB_ARCHIVE")
    deny = context.web_deny if context.web_deny is not None else said.get("CLINSEEK_WEB_DENY", "")
    if mode == "replay" and not archive:
        raise SettingError(
            "a replay needs the web archive of a run; name it with --archive (web_archive)"
        )
    return WebChoice(
        mode=cast(WebMode, mode),
        backend=backend,
        corpora=tuple(_absolute(each) for each in corpora),
        archive=_absolute(archive) if archive else None,
        guard=cast(WebGuard, guard or "balanced"),
        deny=deny if deny in ("", BENCHMARKS) else _absolute(deny),
    )


def settled(context: Context) -> Context:
    """The context with nothing about the web left to the environment: a resumed run reads it."""
    choice = web_choice(context)
    return replace(
        context,
        web=choice.mode,
        web_backend=choice.backend,
        web_corpora=list(choice.corpora),
        web_archive=choice.archive,
        web_guard=choice.guard,
        web_deny=choice.deny,
    )


def web_used(context: Context) -> WebUsed:
    """What a record says of the web of its run: files by name, no path of this machine."""
    choice = web_choice(context)
    return WebUsed(
        mode=choice.mode,
        backend=choice.backend,
        corpora=[Path(each).name for each in choice.corpora],
        archive=Path(choice.archive).name if choice.archive else None,
        guard=choice.guard,
        deny=choice.deny if choice.deny in ("", BENCHMARKS) else Path(choice.deny).name,
    )


def absence_of(choice: WebChoice) -> str | None:
    """Why a run has no browser; None where it has one."""
    if choice.mode == "off":
        return "turned off for this run"
    from clinseek.toolkits.browser.backends.build import missing_libraries

    missing = missing_libraries()
    if missing:
        return f"needs {', '.join(missing)}: pip install 'clinseek[web]'"
    return None


class Webs:
    """Archives and backends, each opened once and shared; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._archives: dict[tuple[Path, bool], Archive] = {}
        self._webs: dict[WebChoice, Web] = {}
        self._executor: Executor | None = None
        self._held = 0

    def check(self, choice: WebChoice) -> None:
        """SettingError for what can be known wrong before a run begins: key, corpus, archive."""
        if absence := absence_of(choice):
            raise SettingError(f"there is no browser: {absence}")
        self.reader(choice, guards_over(None, choice))

    def reader(self, choice: WebChoice, guards: Guards) -> Reader:
        """The web as one run sees it. SettingError where the choice cannot be."""
        from clinseek.toolkits.browser.reader import Reader

        web = None if choice.mode == "replay" else self._web(choice)
        archive = self._archive(choice, web)
        return Reader(web=web, archive=archive, mode=cast(Any, choice.mode), guards=guards)

    def page(self, choice: WebChoice, shown: WebSource) -> Page | None:
        """The page that an observation showed; None where it is not held any more."""
        from clinseek.toolkits.browser.reader import page_shown

        if absence_of(choice) is not None:
            return None
        web = self._web(choice) if choice.archive is None else None
        return page_shown(self._archive(choice, web), shown)

    def threads(self) -> Executor:
        """Where calls wait for pages: those of the event loop are few, and others need them."""
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="clinseek-web")
            return self._executor

    @contextmanager
    def held(self) -> Iterator[None]:
        """Runs go on inside; when the last has ended, each archive is closed, and is one file."""
        with self._lock:
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
                left = [] if self._held else list(self._archives.values())
                if not self._held:
                    self._archives.clear()
            for archive in left:
                archive.close()

    def _web(self, choice: WebChoice) -> Web:
        from clinseek.toolkits.browser.backends.build import build_web

        def build() -> Web:
            return build_web(
                choice.backend,
                guards=guards_over(None, choice),
                environment=os.environ,
                folder=web_index_folder(),
                corpora=[Path(each) for each in choice.corpora],
            )

        return self._once(self._webs, choice, build)

    def _archive(self, choice: WebChoice, web: Web | None) -> Archive:
        from clinseek.toolkits.browser.archive import Archive

        writes = choice.mode != "replay"
        if choice.archive is not None:
            path = Path(choice.archive)
        else:
            assert web is not None, "a replay names its archive"
            path = web_folder() / f"{_UNFIT.sub('-', web.name)}.sqlite"
        return self._once(self._archives, (path, writes), lambda: Archive.open(path, writes=writes))

    def _once(self, kept: dict[Any, T], key: Any, make: Callable[[], T]) -> T:
        with self._lock:
            if key not in kept:
                kept[key] = make()
            return kept[key]


def guards_over(case: Path | None, choice: WebChoice) -> Guards:
    """The guards of a run over a case; without one nothing of a patient is known to hold back."""
    from clinseek.toolkits.browser.guards.of_run import guards_of_run

    return guards_of_run(case, strictness=choice.guard, closed=_closed(choice.deny))


def _closed(deny: str) -> DenyList | None:
    from clinseek.toolkits.browser.guards.denied import DenyList

    if not deny:
        return None
    return DenyList.shipped() if deny == BENCHMARKS else DenyList.read(Path(deny))


def _one_of(name: str, said: Mapping[str, str], known: tuple[str, ...]) -> str | None:
    value = said.get(name)
    if value and value not in known:
        raise SettingError(f"{name}={value}: it must be one of {', '.join(known)}")
    return value or None


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())
