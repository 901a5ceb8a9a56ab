"""`clinseek serve`: a toolkit as an MCP server, for agents outside this graph."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.options import ProfileOption, read_subject
from clinseek.cli.output import say, warn_of
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.serve.http import Door
    from clinseek.serve.service import Binding, Service
    from clinseek.serve.session import Limits

NEEDED = ("mcp", "uvicorn", "starlette")
IDLE_SECONDS = 1800.0
CALLS_A_MINUTE = 600

serve_app = typer.Typer(
    help="Serve a toolkit over MCP, to agents outside this graph.", no_args_is_help=True
)


class Transport(StrEnum):
    """How clients reach the server."""

    STDIO = "stdio"
    HTTP = "http"


def register(app: typer.Typer) -> None:
    """Add `serve`."""
    app.add_typer(serve_app, name="serve", rich_help_panel="Ask")


@serve_app.callback()
def serve() -> None:
    """Serve a toolkit over MCP, to agents outside this graph."""


@serve_app.command("ehr")
def ehr(
    store: Annotated[
        Path | None,
        typer.Option(
            "--store",
            "-s",
            metavar="STORE",
            envvar="CLINSEEK_STORE",
            help="Store made by ingest (default: the demo store).",
        ),
    ] = None,
    subject: Annotated[
        int | None,
        typer.Option(
            "--subject",
            "-n",
            metavar="N",
            parser=read_subject,
            envvar="CLINSEEK_SUBJECT",
            help="Bind the server to this patient.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            "-t",
            metavar="T",
            envvar="CLINSEEK_CUTOFF",
            help="The moment of the binding: '2150-03-05 08:00:00'.",
        ),
    ] = None,
    profile: ProfileOption = "available",
    transport: Annotated[
        Transport, typer.Option("--transport", help="stdio: one session; http: many.")
    ] = Transport.STDIO,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="Not loopback: needs --token-file.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="P", min=0, max=65_535, help="0 takes a free one.")
    ] = 5003,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="F",
            envvar="CLINSEEK_TOKEN_FILE",
            help="A file with the token that clients must send.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Another Host header to answer to, behind a proxy; may be repeated.",
        ),
    ] = None,
    sessions: Annotated[
        int, typer.Option("--sessions", metavar="N", min=1, max=1_000, help="Open at once.")
    ] = 50,
    idle: Annotated[
        float,
        typer.Option(
            "--idle",
            metavar="SECONDS",
            min=0,
            help="Close the case of a session not used for so long; 0 never. Over stdio, never.",
        ),
    ] = IDLE_SECONDS,
    calls_a_minute: Annotated[
        int, typer.Option("--calls-a-minute", metavar="N", min=1, help="Of one session over http.")
    ] = CALLS_A_MINUTE,
    underscores: Annotated[
        bool,
        typer.Option(
            "--underscores",
            help="Publish ehr_load_ehr for ehr.load_ehr, for hosts that take no dot in a name.",
        ),
    ] = False,
) -> None:
    """Serve the ehr.* tools: one patient's record as it stood at one moment, a session each.

    [dim]clinseek serve ehr -s STORE -n 10000019 -t '2150-03-05 08:00:00'[/dim]
    [dim]clinseek serve ehr -s STORE --transport http --port 5003[/dim]

    Over stdio the options bind the one session. Over http they bind all sessions; without them
    each client binds its own by the headers X-Clinseek-Subject and X-Clinseek-Cutoff (and
    -Profile) of the request that opens it. No argument of a tool ever changes a binding.
    """  # fmt: skip
    _check_installed()
    bound = _binding(subject, at, profile)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="clinseek: %(message)s")
    with _ehr_service(store) as service:
        if transport is Transport.STDIO:
            _over_stdio(service, bound, underscores=underscores)
            return
        door = _door(host, port, token_file, tuple(allow_host or ()))
        limits = _limits(calls_a_minute, idle)
        _over_http(service, bound, door, limits, most=sessions, underscores=underscores)


def _check_installed() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingError(
            f"`clinseek serve` needs {', '.join(missing)}; install them with: "
            "pip install 'clinseek[mcp]'"
        )


def _binding(subject: int | None, at: str | None, profile: str) -> Binding | None:
    from clinseek.serve.service import Binding

    if subject is None and at is None:
        return None
    if subject is None or at is None:
        given, missing = ("--at", "--subject") if subject is None else ("--subject", "--at")
        raise SettingError(f"{given} is given without {missing}; a case needs both")
    warn_of(profile)
    return Binding(subject, at, profile)


@contextmanager
def _ehr_service(store: Path | None) -> Iterator[Service]:
    from clinseek.serve.ehr import ehr_service
    from clinseek.settings import case_folder, store_path

    with ehr_service(store_path(store), cases=case_folder()) as service:
        yield service


def _over_stdio(service: Service, bound: Binding | None, *, underscores: bool) -> None:
    if bound is None:
        raise SettingError(
            "over stdio the server is bound when it starts: give --subject and --at (or "
            "CLINSEEK_SUBJECT and CLINSEEK_CUTOFF), or serve many with --transport http"
        )
    opened = service.open(bound)  # a patient or moment that cannot be is told before a client asks
    try:
        from clinseek.serve.session import Limits
        from clinseek.serve.stdio import run_stdio, take_over_stdio

        run_stdio(service, opened, Limits(), take_over_stdio(), underscores=underscores)
    finally:
        opened.close()


def _door(host: str, port: int, token_file: Path | None, allow_hosts: tuple[str, ...]) -> Door:
    from clinseek.serve.gate import read_token
    from clinseek.serve.http import Door

    door = Door(host=host, port=port, token=read_token(token_file), allow_hosts=allow_hosts)
    door.check()
    return door


def _limits(calls_a_minute: int, idle: float) -> Limits:
    from clinseek.serve.session import Limits

    return Limits(calls_a_minute=calls_a_minute, idle=idle or None)


def _over_http(
    service: Service,
    bound: Binding | None,
    door: Door,
    limits: Limits,
    *,
    most: int,
    underscores: bool,
) -> None:
    from clinseek.serve.gate import is_loopback
    from clinseek.serve.http import address_of, listen, run_http
    from clinseek.serve.sessions import Sessions

    if bound is not None:
        service.open(bound).close()  # a patient or moment that cannot be is told now
    sessions = Sessions(service, binding=bound, most=most, limits=limits, underscores=underscores)
    listening = listen(door)
    say(f"serving {service.name} at {address_of(door, listening)} (Ctrl-C stops it)")
    if not is_loopback(door.host):
        say("warning: records travel unencrypted; put a proxy with TLS before this server")
    run_http(sessions, door, listening, most=most, idle=limits.idle)
