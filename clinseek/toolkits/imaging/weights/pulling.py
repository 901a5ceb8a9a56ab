"""Weights from where they are published, over HTTPS, and straight into the folder of weights."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.weights.catalogue import Weights
from clinseek.toolkits.imaging.weights.conversion import convert
from clinseek.toolkits.imaging.weights.folder import Installed, WeightsFolder

Said = Callable[[str], None]
_OPTIONAL = frozenset({"generation_config.json", "special_tokens_map.json"})
_STEP = 20 * 1024 * 1024
_MOST = 4 * 1024**3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TIMEOUT = httpx.Timeout(30.0, read=120.0)


def pull(
    weights: Weights, folder: WeightsFolder, *, said: Said, source: str | None = None
) -> Installed:
    """Fetch the weights and convert them; `said` gets a line now and then.

    `source` is another address under which the published file names are to be found (a mirror).
    SettingError, with the reason, where they cannot be had; nothing of what was there is lost.
    """
    base = _checked(source or weights.source)
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = Path(tempfile.mkdtemp(prefix=".pull-", dir=folder.path))
    try:
        if weights.form == "tensors":
            name = weights.published_as[0]
            _fetch(urljoin(base, name), place / name, said)
            return convert(weights, place / name, folder)
        for name in weights.published_as:
            _fetch(urljoin(base, name), place / name, said, may_miss=name in _OPTIONAL)
        return convert(weights, place, folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _checked(base: str) -> str:
    parts = urlsplit(base)
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if parts.scheme != "https" and not plain:
        raise SettingError(f"{base}: weights are fetched over https only; name such an address")
    return base if base.endswith("/") else f"{base}/"


def _fetch(url: str, place: Path, said: Said, *, may_miss: bool = False) -> None:
    try:
        with (
            httpx.Client(follow_redirects=True, timeout=_TIMEOUT) as web,
            web.stream("GET", url) as answer,
        ):
            _checked(str(answer.url))  # a redirect may not lead away from https
            if may_miss and answer.status_code == httpx.codes.NOT_FOUND:
                return
            if answer.status_code != httpx.codes.OK:
                raise SettingError(
                    f"{url} answers {answer.status_code}; get the file another way and use "
                    "`clinseek imaging convert`"
                )
            _write(answer, place, said)
    except httpx.HTTPError as error:
        raise SettingError(
            f"{url} cannot be reached ({type(error).__name__}); get the file another way and use "
            "`clinseek imaging convert`"
        ) from None


def _write(answer: httpx.Response, place: Path, said: Said) -> None:
    total = int(answer.headers.get("content-length") or 0)
    got, told = 0, 0
    with place.open("wb") as part:
        for chunk in answer.iter_bytes():
            got += len(chunk)
            if got > _MOST:
                raise SettingError(f"{place.name}: more than {_MOST:,} bytes come; this is wrong")
            part.write(chunk)
            if got - told >= _STEP:
                told = got
                said(f"{place.name}: {got / 1e6:,.0f} of {total / 1e6:,.0f} MB")
