"""Which servers the user named, read from `--mcp NAME=URL|command` or a `[mcp]` table."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from clinseek.errors import SettingError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URL = re.compile(r"https?://", re.IGNORECASE)
_FORM = "write NAME=URL or NAME=command, e.g. cxr=http://127.0.0.1:5203/mcp"


@dataclass(frozen=True, kw_only=True)
class OutsideServer:
    """An MCP server: at a `url`, or a `command` that is started for the run and ends with it.

    `timeout` is in seconds a call, `opening` in seconds until the server must have answered at
    all. `prefixed` names every tool NAME.tool. `bind` sends it the run's patient and cutoff, so
    that a clinseek server opens the same case. `token_env` names the environment variable whose
    value is sent as a bearer token.
    """

    name: str
    url: str | None = None
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    token_env: str | None = None
    timeout: float = 120.0
    opening: float = 60.0
    max_chars: int = 100_000
    prefixed: bool = False
    bind: bool = False

    @property
    def host(self) -> str | None:
        """The host that calls are sent to; None for a process on this machine."""
        return urlsplit(self.url).hostname if self.url else None


def read_server(text: str) -> OutsideServer:
    """The server that `NAME=URL` or `NAME=command` names; SettingError with what is wrong.

    >>> read_server("cxr=http://127.0.0.1:5203/mcp").url
    'http://127.0.0.1:5203/mcp'
    >>> read_server("notes=python -m notes --root '/my notes'").command
    ('python', '-m', 'notes', '--root', '/my notes')
    """
    name, equals, where = (part.strip() for part in text.partition("="))
    if not (equals and where):
        raise SettingError(f"--mcp {text!r} names no server; {_FORM}")
    said = f"--mcp {name}"
    _check_name(name, said)
    if _URL.match(where):
        return OutsideServer(name=name, url=_url(where, said))
    return OutsideServer(name=name, command=_command(where, said))


def servers_of(table: Mapping[str, Any]) -> tuple[OutsideServer, ...]:
    """The servers of a `[mcp]` table: each a string as after `--mcp NAME=`, or a table.

    >>> table = {"cxr": "http://127.0.0.1:5203/mcp", "ehr": {"command": ["serve"], "bind": True}}
    >>> [(server.name, server.url, server.command, server.bind) for server in servers_of(table)]
    [('cxr', 'http://127.0.0.1:5203/mcp', (), False), ('ehr', None, ('serve',), True)]
    """
    return tuple(_server(name, entry) for name, entry in table.items())


def _server(name: str, entry: object) -> OutsideServer:
    said = f"[mcp] {name}"
    if isinstance(entry, str):
        return read_server(f"{name}={entry}")
    _check_name(name, said)
    if not isinstance(entry, Mapping):
        raise SettingError(f"{said}: write a URL, a command or a table, not {entry!r}")
    unknown = [key for key in entry if key not in _READERS]
    if unknown:
        raise SettingError(f"{said}: no key {unknown[0]!r}; keys: {', '.join(_READERS)}")
    read: dict[str, Any] = {
        key: _READERS[key](value, f"{said}.{key}") for key, value in entry.items()
    }
    if ("url" in read) == ("command" in read):
        raise SettingError(f"{said}: give it either a url or a command")
    if "command" in read and ("headers" in read or "token_env" in read):
        raise SettingError(f"{said}: headers and token_env go with a url; a command takes env")
    if "url" in read and "env" in read:
        raise SettingError(f"{said}: env goes with a command; a url takes headers")
    return OutsideServer(name=name, **read)


def _check_name(name: str, said: str) -> None:
    if not _NAME.fullmatch(name):
        raise SettingError(
            f"{said}: {name!r} is no name for a server; use letters, digits, - and _, at most 32"
        )


def _url(value: object, said: str) -> str:
    if not isinstance(value, str) or not _URL.match(value):
        raise SettingError(f"{said}: {value!r} is no URL; write http://host:port/mcp")
    try:
        parts = urlsplit(value)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound:
        raise SettingError(f"{said}: {value!r} is no URL; write http://host:port/mcp")
    if parts.username or parts.password:
        raise SettingError(f"{said}: a password does not belong in a URL; use token_env")
    return value


def _command(value: object, said: str) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and value and all(isinstance(part, str) for part in value):
        return tuple(value)
    if not isinstance(value, str):
        raise SettingError(f"{said}: {value!r} is no command; write a string or a list of strings")
    try:
        words = tuple(shlex.split(value))
    except ValueError as error:
        raise SettingError(f"{said}: the command cannot be read ({error}): {value!r}") from None
    if not words:
        raise SettingError(f"{said}: the command is empty")
    return words


def _words(value: object, said: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(key, str) and isinstance(held, str) for key, held in value.items()
    ):
        raise SettingError(f"{said}: a table of strings is needed, not {value!r}")
    return dict(value)


def _variable(value: object, said: str) -> str:
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise SettingError(f"{said}: {value!r} is no name of an environment variable")
    return value


def _seconds(value: object, said: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86_400:
        raise SettingError(f"{said}: {value!r} is no number of seconds")
    return float(value)


def _count(value: object, said: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise SettingError(f"{said}: {value!r} is no whole number above 0")
    return value


def _truth(value: object, said: str) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"{said}: true or false is needed, not {value!r}")
    return value


_READERS: Mapping[str, Callable[[object, str], Any]] = {
    "url": _url,
    "command": _command,
    "env": _words,
    "headers": _words,
    "token_env": _variable,
    "timeout": _seconds,
    "opening": _seconds,
    "max_chars": _count,
    "prefixed": _truth,
    "bind": _truth,
}
