"""The entry point: which commands there are, and what a failure looks like.

Exit codes: 0 done; 1 a check failed; 2 the user must change something; 70 a fault of ours;
130 stopped with Ctrl-C.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import typer

from clinseek import __version__
from clinseek.cli import (
    ask,
    audit,
    availability,
    bench,
    candidates,
    compare,
    demo,
    doctor,
    evaluate,
    export,
    imaging,
    ingest,
    merge,
    models,
    probe,
    purge,
    report,
    score,
    serve,
    show,
    synth,
    tool,
    traces,
    train,
    validity,
    view,
    web,
)
from clinseek.cli.faults import sentence_for, sentence_of_usage
from clinseek.cli.output import say
from clinseek.deaf import Deaf
from clinseek.errors import Interruption, Refusal, UserError, is_interrupt

USER_ERROR = 2
OUR_FAULT = 70
INTERRUPTED = 130
_FOR_THE_OWNER_ALONE = 0o077
_SOON = 0.01
"""Seconds after which an interrupt that was dropped comes again: the callback has ended."""
GO_ON_BY_THEMSELVES = frozenset({"candidates", "ingest", "demo", "eval", "train"})

app = typer.Typer(
    name="clinseek",
    help=(
        "Seek clinical evidence: one patient, one moment, a cited answer.\n\n"
        "New here? [bold]clinseek demo[/bold] needs no key and no data. "
        "[bold]clinseek doctor[/bold] says what works on this machine.\n\n"
        "Research only: not a medical device."
    ),
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    rich_markup_mode="rich",
    add_completion=False,
)
for group in (
    demo,
    synth,
    ingest,
    candidates,
    show,
    ask,
    bench,
    evaluate,
    merge,
    score,
    compare,
    report,
    view,
    export,
    models,
    purge,
    tool,
    serve,
    imaging,
    audit,
    probe,
    doctor,
    availability,
    web,
    validity,
    traces,
    train,
):
    group.register(app)
COMMANDS = frozenset(
    name
    for name in (
        *(command.name for command in app.registered_commands),
        *(group.name for group in app.registered_groups),
    )
    if name
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


def run(
    arguments: Sequence[str] | None = None, *, replaced: Mapping[str, str] | None = None
) -> int:
    """Run one command line and return its exit code; no exception escapes.

    `replaced` is what `settings.stay_home` gave, for `--trace`.

    >>> run(["--version"])
    0.1.0
    0
    """
    typed = sys.argv[1:] if arguments is None else list(arguments)
    logging.getLogger("clinseek").addHandler(logging.NullHandler())  # said as steps already
    if sys.stdout is None:
        say("clinseek: stdout is closed, so no result could be told; to hide it, add > /dev/null")
        return USER_ERROR
    try:
        ended = app(
            args=typed or ["--help"],
            prog_name="clinseek",
            standalone_mode=False,
            obj=dict(replaced or {}),
        )
    except SystemExit:  # typer's word for a reader that has seen enough, as `| head` has
        return 0
    except (Exception, BaseExceptionGroup) as error:
        return _told(error, typed)
    if ended == INTERRUPTED:
        _say_interrupted(_command(typed))
    return ended if isinstance(ended, int) else 0


def _told(error: BaseException, typed: Sequence[str]) -> int:
    if isinstance(error, Interruption):
        say(f"\n{error}")
        return INTERRUPTED
    if isinstance(error, UserError | Refusal):
        say(f"clinseek: {error}")
        return USER_ERROR
    if isinstance(error, typer.TyperException):
        say(f"clinseek: {sentence_of_usage(error)}; see {_help_of(error, typed)}")
        return USER_ERROR
    return _fault(error, typed)


def _command(typed: Sequence[str]) -> str | None:
    return next((word for word in typed if word in COMMANDS), None)


def _help_of(error: typer.TyperException, typed: Sequence[str]) -> str:
    """The command line that tells the options of what was typed, a group's command included."""
    context, command = getattr(error, "ctx", None), _command(typed)
    if context is not None:
        return f"{context.command_path} --help"
    return f"clinseek {command} --help" if command else "clinseek --help"


def _say_interrupted(command: str | None) -> None:
    goes_on = command in GO_ON_BY_THEMSELVES
    say("\nInterrupted; run the same command again" + (", it goes on" if goes_on else ""))


def _fault(error: BaseException, typed: Sequence[str]) -> int:
    sentence = sentence_for(error)
    if sentence is not None and not os.environ.get("CLINSEEK_TRACEBACK"):
        say(f"clinseek: {sentence}")
        return USER_ERROR
    if is_interrupt(error):
        _say_interrupted(_command(typed))
        return INTERRUPTED
    return _own_fault(error)


def _own_fault(error: BaseException) -> int:
    if os.environ.get("CLINSEEK_TRACEBACK"):
        traceback.print_exception(error)
        return OUR_FAULT
    first = (str(error).splitlines() or [""])[0]
    say(f"clinseek: unexpected {type(error).__name__}: {first}")
    say("This is a fault of clinseek. Set CLINSEEK_TRACEBACK=1 and run it again to see where.")
    return OUR_FAULT


def main() -> None:
    """The `clinseek` command: nothing of a patient leaves this machine unless asked to.

    What it writes can be read by its owner alone, whatever the shell's umask says.
    """
    from clinseek.settings import stay_home

    signal.signal(signal.SIGTERM, _as_ctrl_c)
    sys.unraisablehook = hearing_interrupts(sys.unraisablehook)
    replaced = stay_home()
    os.umask(_FOR_THE_OWNER_ALONE)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    try:
        ended = run(replaced=replaced)
        _leave_nothing_unwritten()
    except KeyboardInterrupt:  # before a command began, or after it ended
        say("\nInterrupted; run the same command again")
        ended = INTERRUPTED
    if any(isinstance(each, Deaf) for each in threading.enumerate()):
        _leave_nothing_unwritten()
        os._exit(ended)  # it is in code that hears nothing: the end of Python would meet it there
    sys.exit(ended)


def _as_ctrl_c(*_: object) -> None:
    """SIGTERM, by which Slurm and others announce the end of a process, stops as Ctrl-C does."""
    if callable(signal.getsignal(signal.SIGINT)):
        signal.raise_signal(signal.SIGINT)
    else:  # begun in the background, where Ctrl-C is not heard
        raise KeyboardInterrupt


def hearing_interrupts(
    before: Callable[[sys.UnraisableHookArgs], object],
) -> Callable[[sys.UnraisableHookArgs], None]:
    """What Python calls for exceptions that it drops: an interrupt among them is sent once more.

    One that falls into a callback, as there is one in every import, would stop nothing.
    """

    def heard(dropped: sys.UnraisableHookArgs) -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            before(dropped)
            return
        again = threading.Timer(_SOON, os.kill, (os.getpid(), signal.SIGINT))
        again.daemon = True
        again.start()

    return heard


def _leave_nothing_unwritten() -> None:
    """What a full disk or a closed pipe did not take would fail a second time at the exit."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
