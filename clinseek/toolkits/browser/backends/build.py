"""From what a user names to a backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from clinseek.errors import SettingError
from clinseek.toolkits.browser.backends.fetching import Caps, Fetcher
from clinseek.toolkits.browser.backends.web import Web
from clinseek.toolkits.browser.guarding import Guards

SERPER_KEY = "SERPER_API_KEY"
_LOCAL = "http://127.0.0.1:8001"
_NEEDED = ("lxml", "pypdf", "tantivy", "trafilatura")


def build_web(
    spec: str,
    *,
    guards: Guards,
    environment: Mapping[str, str],
    folder: Path,
    corpora: Sequence[Path] = (),
    caps: Caps | None = None,
) -> Web:
    """The backend that `spec` names: offline, serper, searxng:URL, or local[:URL].

    `folder` is where the index of an offline corpus is kept. SettingError, with what to do, for a
    name that is none, a key that is not set, or corpora beside a backend that has no use for them.
    """
    kind, _, address = spec.partition(":")
    if corpora and kind != "offline":
        raise SettingError(f"a corpus is for the offline backend, not for {spec!r}; name one only")
    if kind == "offline" and not address:
        from clinseek.toolkits.browser.backends.offline import OfflineWeb

        return OfflineWeb(corpora, folder=folder)
    from clinseek.toolkits.browser.backends.services import LocalService, SearXng, Serper

    fetcher = Fetcher(addresses=guards.addresses, denied=guards.denied, caps=caps)
    if kind == "serper" and not address:
        key = environment.get(SERPER_KEY)
        if not key:
            raise SettingError(f"the serper backend needs {SERPER_KEY} in the environment; set it")
        return Serper(key, fetcher)
    if kind == "searxng":
        return SearXng(_service_url(address, spec), fetcher)
    if kind == "local":
        return LocalService(_service_url(address or _LOCAL, spec))
    raise SettingError(
        f"there is no web backend {spec!r}; use offline, serper, searxng:http://HOST:PORT, "
        "or local:http://HOST:PORT"
    )


def missing_libraries() -> tuple[str, ...]:
    """The libraries of the extra `web` that are not installed: without them there is no browser."""
    return tuple(name for name in _NEEDED if find_spec(name) is None)


def _service_url(address: str, spec: str) -> str:
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        raise SettingError(f"the web backend {spec!r} needs an address, as in searxng:http://HOST")
    return address.rstrip("/")
