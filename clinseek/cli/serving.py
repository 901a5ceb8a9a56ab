"""What the commands of `clinseek serve` share: how clients come in, and how many."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.output import say
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.serve.http import Door
    from clinseek.serve.service import Binding, Opened, Service
    from clinseek.serve.session import Limits

NEEDED = ("mcp", "uvicorn", "starlette")
IDLE_SECONDS = 1800.0
CALLS_A_MINUTE = 600


class Transport(StrEnum):
    """How clients reach the server."""

    STDIO = "stdio"
    HTTP = "http"


TransportOption = Annotated[
    Transport, typer.Option("--transport", help="stdio: one session; http: many.")
]
HostOption = Annotated[
    str, typer.Option("--host", metavar="HOST", help="Not loopback: needs --token-file.")
]
PortOption = Annotated[
    int, typer.Option("--port", metavar="P", min=0, max=65_535, help="0 takes a free one.")
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="F",
        envvar="CLINSEEK_TOKEN_FILE",
        help="A file with the token that clients must send.",
    ),
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="Another Host header to answer to, behind a proxy; may be repeated.",
    ),
]
SessionsOption = Annotated[
    int, typer.Option("--sessions", metavar="N", min=1, max=1_000, help="Open at once.")
]
IdleOption = Annotated[
    float,
    typer.Option(
        "--idle",
        metavar="SECONDS",
        min=0,
        help="Close a session not used for so long; 0 never. Over stdio, never.",
    ),
]
CallsAMinuteOption = Annotated[
    int, typer.Option("--calls-a-minute", metavar="N", min=1, help="Of one session over http.")
]


def begin_serving() -> None:
    """Before anything is opened: SettingError without the extra; what is logged goes to stderr."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingError(
            f"`clinseek serve` needs {', '.join(missing)}; install them with: "
            "pip install 'clinseek[mcp]'"
        )
    from clinseek.serve.log import log_handler

    logging.basicConfig(level=logging.WARNING, handlers=[log_handler()])


def over_stdio(service: Service, opened: Opened, *, underscores: bool) -> None:
    """Serve the one session until its client goes, and close what it had open."""
    try:
        from clinseek.serve.session import Limits
        from clinseek.serve.stdio import run_stdio, take_over_stdio

        run_stdio(service, opened, Limits(), take_over_stdio(), underscores=underscores)
    finally:
        opened.close()


def door_at(host: str, port: int, token_file: Path | None, allow_hosts: Sequence[str]) -> Door:
    """Where to listen and whom to let in; SettingError for a door that others find open."""
    from clinseek.serve.gate import read_token
    from clinseek.serve.http import Door

    door = Door(host=host, port=port, token=read_token(token_file), allow_hosts=tuple(allow_hosts))
    door.check()
    return door


def limits_of(calls_a_minute: int, idle: float) -> Limits:
    """What one session over http may do."""
    from clinseek.serve.session import Limits

    return Limits(calls_a_minute=calls_a_minute, idle=idle or None)


def over_http(
    service: Service,
    bound: Binding | None,
    door: Door,
    limits: Limits,
    *,
    most: int,
    underscores: bool,
) -> None:
    """Serve many sessions until the server is stopped."""
    from clinseek.serve.gate import is_loopback
    from clinseek.serve.http import address_of, listen, run_http
    from clinseek.serve.sessions import Sessions

    sessions = Sessions(service, binding=bound, most=most, limits=limits, underscores=underscores)
    listening = listen(door)

    def ready() -> None:
        say(f"serving {service.name} at {address_of(door, listening)} (Ctrl-C stops it)")
        if not is_loopback(door.host):
            say("warning: what is served travels unencrypted; put a proxy with TLS before it")

    run_http(sessions, door, listening, most=most, idle=limits.idle, ready=ready)
