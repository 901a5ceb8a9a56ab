"""`clinseek serve`: a toolkit as an MCP server, for agents outside this graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinseek.cli.options import (
    ArchiveOption,
    ProfileOption,
    WebBackendOption,
    WebCorpusOption,
    WebDenyOption,
    WebOption,
    read_subject,
)
from clinseek.cli.output import warn_of
from clinseek.cli.serving import (
    CALLS_A_MINUTE,
    IDLE_SECONDS,
    AllowHostOption,
    CallsAMinuteOption,
    HostOption,
    IdleOption,
    PortOption,
    SessionsOption,
    TokenFileOption,
    Transport,
    TransportOption,
    begin_serving,
    door_at,
    limits_of,
    over_http,
    over_stdio,
)
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.graphs.state import Context
    from clinseek.serve.service import Binding, Service

serve_app = typer.Typer(
    help="Serve a toolkit over MCP, to agents outside this graph.", no_args_is_help=True
)
UnderscoresOption = Annotated[
    bool,
    typer.Option(
        "--underscores",
        help="Publish ehr_load_ehr for ehr.load_ehr, for hosts that take no dot in a name.",
    ),
]


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
    transport: TransportOption = Transport.STDIO,
    host: HostOption = "127.0.0.1",
    port: PortOption = 5003,
    token_file: TokenFileOption = None,
    allow_host: AllowHostOption = None,
    sessions: SessionsOption = 50,
    idle: IdleOption = IDLE_SECONDS,
    calls_a_minute: CallsAMinuteOption = CALLS_A_MINUTE,
    underscores: UnderscoresOption = False,
) -> None:
    """Serve the ehr.* tools: one patient's record as it stood at one moment, a session each.

    [dim]clinseek serve ehr -s STORE -n 10000019 -t '2150-03-05 08:00:00'[/dim]
    [dim]clinseek serve ehr -s STORE --transport http --port 5003[/dim]

    Over stdio the options bind the one session. Over http they bind all sessions; without them
    each client binds its own by the headers X-Clinseek-Subject and X-Clinseek-Cutoff (and
    -Profile) of the request that opens it. No argument of a tool ever changes a binding.
    """  # fmt: skip
    begin_serving()
    bound = _binding(subject, at, profile)
    with _ehr_service(store) as service:
        if transport is Transport.STDIO:
            over_stdio(service, service.open(_one_binding(bound)), underscores=underscores)
            return
        door = door_at(host, port, token_file, allow_host or ())
        limits = limits_of(calls_a_minute, idle)
        if bound is not None:
            service.open(bound).close()  # a patient or moment that cannot be is told now
        over_http(service, bound, door, limits, most=sessions, underscores=underscores)


@serve_app.command("browser")
def browser(
    web: WebOption = None,
    web_backend: WebBackendOption = None,
    web_corpus: WebCorpusOption = None,
    archive: ArchiveOption = None,
    web_deny: WebDenyOption = None,
    calls: Annotated[
        int, typer.Option("--calls", metavar="N", min=1, help="Calls of one session in all.")
    ] = 40,
    transport: TransportOption = Transport.STDIO,
    host: HostOption = "127.0.0.1",
    port: PortOption = 5004,
    token_file: TokenFileOption = None,
    allow_host: AllowHostOption = None,
    sessions: SessionsOption = 50,
    idle: IdleOption = IDLE_SECONDS,
    calls_a_minute: CallsAMinuteOption = CALLS_A_MINUTE,
    underscores: UnderscoresOption = False,
) -> None:
    """Serve browser.search, open and find; no store is needed, and by default nothing leaves.

    [dim]clinseek serve browser --web-corpus FOLDER[/dim]
    [dim]clinseek serve browser --web replay --archive FILE --transport http[/dim]

    Each session has its own pages and cursors. No record is open here, so that nothing compares
    the queries of clients with one.
    """  # fmt: skip
    from clinseek.graphs.state import Context

    begin_serving()
    context = Context(
        web=web,
        web_backend=web_backend,
        web_corpora=[str(each) for each in web_corpus or ()],
        web_archive=None if archive is None else str(archive),
        web_deny=web_deny,
    )
    with _browser_service(context, most_calls=calls) as service:
        if transport is Transport.STDIO:
            over_stdio(service, service.open(None), underscores=underscores)
            return
        door = door_at(host, port, token_file, allow_host or ())
        limits = limits_of(calls_a_minute, idle)
        over_http(service, None, door, limits, most=sessions, underscores=underscores)


def _binding(subject: int | None, at: str | None, profile: str) -> Binding | None:
    from clinseek.serve.service import Binding

    if subject is None and at is None:
        return None
    if subject is None or at is None:
        given, missing = ("--at", "--subject") if subject is None else ("--subject", "--at")
        raise SettingError(f"{given} is given without {missing}; a case needs both")
    warn_of(profile)
    return Binding(subject, at, profile)


def _one_binding(bound: Binding | None) -> Binding:
    if bound is None:
        raise SettingError(
            "over stdio the server is bound when it starts: give --subject and --at (or "
            "CLINSEEK_SUBJECT and CLINSEEK_CUTOFF), or serve many with --transport http"
        )
    return bound


@contextmanager
def _ehr_service(store: Path | None) -> Iterator[Service]:
    from clinseek.serve.ehr import ehr_service
    from clinseek.settings import case_folder, store_path

    with ehr_service(store_path(store), cases=case_folder()) as service:
        yield service


@contextmanager
def _browser_service(context: Context, *, most_calls: int) -> Iterator[Service]:
    """The service over the web that was chosen; SettingError where that cannot be had."""
    from clinseek.nodes.webs import Webs, guards_over, web_choice

    choice, webs = web_choice(context), Webs()
    webs.check(choice)
    from clinseek.serve.browser import BrowserService

    leaves = choice.mode != "replay" and choice.backend != "offline"
    with webs.held():
        reader = webs.reader(choice, guards_over(None, choice))
        yield BrowserService(reader, webs.threads(), leaves=leaves, most_calls=most_calls)
