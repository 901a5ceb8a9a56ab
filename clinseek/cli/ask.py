"""`clinseek ask`, `resume` and `threads`: a question, its run, and going on with one."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from clinseek.cli.answer import show_answer
from clinseek.cli.approving import Person
from clinseek.cli.options import (
    ArchiveOption,
    AskedCutoffOption,
    AskedStoreOption,
    AskedSubjectOption,
    ImageOption,
    ImageRootOption,
    JsonOption,
    ProfileOption,
    ReportOption,
    ReportsOption,
    RoleOption,
    WebBackendOption,
    WebCorpusOption,
    WebDenyOption,
    WebGuardOption,
    WebOption,
)
from clinseek.cli.output import emit, emit_json, say, table, warn_of, with_warning
from clinseek.cli.steps import say_step
from clinseek.cli.values import candidates_from, servers_from
from clinseek.errors import Interruption, SettingError
from clinseek.settings import let_trace

if TYPE_CHECKING:
    from clinseek.nodes.steps import Step

TOLD = (
    "answer", "citations", "salvaged", "evidence", "status", "stop_reason", "repairs", "usage",
    "timings", "errors",
    "attached",
)  # fmt: skip
"""What `--json` says of a run, beside its thread and the warning of its profile."""

AnswerForm = Literal["text", "list", "yes_no", "number", "choice"]
Trace = Literal["langsmith"]
HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Also write the run as one HTML page."),
]
PANEL = "Ask"


def register(app: typer.Typer) -> None:
    """Add `ask`, `resume` and `threads`."""
    app.command("ask", rich_help_panel=PANEL)(ask)
    app.command("resume", rich_help_panel=PANEL)(resume)
    app.command("threads", rich_help_panel=PANEL)(threads)


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In plain words.")],
    store: AskedStoreOption = None,
    subject: AskedSubjectOption = None,
    at: AskedCutoffOption = None,
    image: ImageOption = None,
    image_root: ImageRootOption = None,
    report: ReportOption = None,
    reports: ReportsOption = "inlined",
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            envvar="CLINSEEK_MODEL",
            help="offline, openai:NAME, openai:NAME@http://host:port/v1, vllm:http://host:port, "
            "bedrock:ID?region=R, hf:FOLDER or @FILE.toml; see `clinseek models forms`.",
        ),
    ] = "offline",
    candidates: Annotated[
        list[str] | None,
        typer.Option(
            "--candidates",
            "-c",
            metavar="LIST",
            help="The only answers allowed: parted by commas, a JSON list, or @FILE with one a "
            "line. May be given more than once.",
        ),
    ] = None,
    answer_form: Annotated[
        AnswerForm | None, typer.Option(help="What an answer must look like.")
    ] = None,
    profile: ProfileOption = "available",
    tools: Annotated[
        str,
        typer.Option(metavar="TOOLS", help="all, paper20, or names parted by commas."),
    ] = "all",
    role: RoleOption = "clinseek",
    mcp: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WHERE",
            help="Tools of another MCP server: NAME=URL, NAME=command, or @FILE.toml with a "
            "table [mcp] (repeatable).",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST",
            help="A host that may get the patient's rows without a warning (repeatable).",
        ),
    ] = None,
    web: WebOption = None,
    web_backend: WebBackendOption = None,
    web_corpus: WebCorpusOption = None,
    archive: ArchiveOption = None,
    web_guard: WebGuardOption = None,
    web_deny: WebDenyOption = None,
    approve: Annotated[
        Literal["web"] | None,
        typer.Option(help="web: show each query and address before it leaves; you send or edit."),
    ] = None,
    trace: Annotated[
        Trace | None,
        typer.Option(help="Send every message of the run, patient rows included, to LangSmith."),
    ] = None,
    max_rounds: Annotated[int, typer.Option(min=1, help="Model turns.")] = 200,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Tokens over the run.")] = None,
    max_dollars: Annotated[
        float | None,
        typer.Option(metavar="DOLLARS", help="Dollars over the run, by the price file; above 0."),
    ] = None,
    max_seconds: Annotated[float | None, typer.Option(min=0, help="Seconds of work.")] = None,
    max_browser_calls: Annotated[int, typer.Option(min=0, help="Calls of browser.* tools.")] = 40,
    max_revisions: Annotated[
        int, typer.Option(min=0, help="Times that an answer may be sent back to look again.")
    ] = 1,
    thread: Annotated[
        str | None, typer.Option(metavar="THREAD", help="A name for the run, for `resume`.")
    ] = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a question about one patient at one moment; the answer cites the rows it stands on.

    [dim]clinseek ask -s STORE -n 10000019 -t '2150-03-05 08:00:00' 'What was the latest
    potassium?'[/dim]
    [dim]clinseek ask --image chest.dcm 'Is the heart enlarged?'[/dim]

    The steps run by on stderr. Every step is kept: a run that was interrupted goes on with
    `clinseek resume THREAD`. Ends with 1 where the run failed.
    """
    from clinseek import api
    from clinseek.toolkits.ehr.availability import profile_named

    _check_writable(html)
    _check_asked(store, subject, at, image)
    clock = profile_named(profile)
    warn_of(clock)
    if trace is not None:
        say(let_trace(context.obj or {}))
    named = thread or f"ask-{uuid.uuid4().hex[:8]}"
    with _interruptible(named):
        record = api.ask(
            question,
            store=store,
            subject_id=subject,
            cutoff=at,
            images=[each.absolute() if each.exists() else each for each in image or ()],
            image_root=image_root,
            reports=report or (),
            reports_inlined=reports == "inlined",
            candidates=candidates_from(candidates or []),
            answer_form=answer_form,
            model=model,
            profile=clock,
            tools=tools,
            role=role,
            mcp=servers_from(mcp or []),
            allow_hosts=",".join(allow_host or ()),
            web=web,
            web_backend=web_backend,
            web_corpora=web_corpus or (),
            web_archive=archive,
            web_guard=web_guard,
            web_deny=web_deny,
            approve=approve,
            thread=named,
            max_rounds=max_rounds,
            max_tokens=max_tokens,
            max_dollars=max_dollars,
            max_seconds=max_seconds,
            max_browser_calls=max_browser_calls,
            max_revisions=max_revisions,
            on_step=_naming(named),
            on_approval=Person(named),
        )
    _close(record.as_json(), thread=named, html=html, as_json=as_json)


def resume(
    thread: Annotated[str, typer.Argument(metavar="THREAD", help="See `clinseek threads`.")],
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with a run that was interrupted; nothing that was finished runs again.

    [dim]clinseek resume THREAD[/dim]

    A run that had ended gives its answer again.
    """
    from clinseek import api

    _check_writable(html)
    for kept in api.threads():
        if kept["thread"] == thread:
            warn_of(kept["profile"])
    with _interruptible(thread):
        record = api.resume(thread, on_step=say_step, on_approval=Person(thread))
    _close(record.as_json(), thread=thread, html=html, as_json=as_json)


def threads(as_json: JsonOption = False) -> None:
    """List the runs that are kept, the newest first.

    [dim]clinseek threads[/dim]
    """
    from clinseek import api

    kept = api.threads()
    if as_json:
        emit_json({"threads": [with_warning(each, each["profile"]) for each in kept]})
        return
    if not kept:
        emit("No runs yet. Begin with: clinseek ask")
        return
    table(
        ("thread", "status", "patient", "record as of", "profile", "question", "begun"),
        [
            (
                each["thread"],
                each["status"],
                None if each["subject_id"] is None else str(each["subject_id"]),
                each["cutoff"],
                each["profile"],
                each["question"],
                each["begun"],
            )
            for each in kept
        ],
    )
    for profile in sorted({each["profile"] for each in kept}):
        warn_of(profile)


def _check_asked(
    store: Path | None, subject: int | None, at: str | None, images: list[Path] | None
) -> None:
    """Who is asked about, from which store, and when; images alone need none of it."""
    if images and subject is None and at is None:
        return
    for name, given in (("--store", store), ("--subject", subject), ("--at", at)):
        if given is None:
            raise typer.BadParameter(
                f"Missing option '{name}' (a question about images alone has no --subject, --at)"
            )


def _close(run: Mapping[str, Any], *, thread: str, html: Path | None, as_json: bool) -> None:
    if html is not None:
        _write_page(run, html)
    if as_json:
        told = {**{name: run[name] for name in TOLD}, "thread": thread}
        emit_json(with_warning(told, run["versions"]["profile"]))
    else:
        emit("")
        show_answer(run)
    if run["status"] == "failed":
        raise typer.Exit(1)


def _write_page(run: Mapping[str, Any], file: Path) -> None:
    from clinseek.evals.report.run_page import run_page
    from clinseek.whole_file import whole_file

    page = run_page(run)
    with whole_file(file) as making:
        making.write_text(page, encoding="utf-8")
    say(f"page: {file}")


def _check_writable(html: Path | None) -> None:
    """Before the run, not after it: an answer must not be lost to a mistyped folder."""
    from clinseek.whole_file import place_of

    if html is None:
        return
    folder = place_of(html).absolute().parent
    if not folder.is_dir():
        raise SettingError(f"--html {html}: there is no folder {folder}")


def _naming(thread: str) -> Callable[[Step], None]:
    """Steps as they happen; the thread's name with the first, since a refused one is not kept."""
    told: list[str] = []

    def tell(step: Step) -> None:
        if not told:
            told.append(thread)
            say(f"thread {thread}")
        say_step(step)

    return tell


@contextmanager
def _interruptible(thread: str) -> Iterator[None]:
    from clinseek import api

    try:
        yield
    except KeyboardInterrupt:
        if any(kept["thread"] == thread for kept in api.threads()):
            goes_on = f"nothing is lost. Go on with: clinseek resume {shlex.quote(thread)}"
            raise Interruption(f"Interrupted; {goes_on}") from None
        raise
