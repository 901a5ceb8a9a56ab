"""The entry point: which commands there are, and what a failure looks like.

Exit codes: 0 done; 1 a check failed; 2 the user must change something; 70 a fault of ours;
130 stopped with Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from clinseek import __version__
from clinseek.cli import ask, availability, demo, doctor, ingest, show, synth, tool
from clinseek.cli.output import say
from clinseek.errors import Refusal, UserError

USER_ERROR = 2
OUR_FAULT = 70

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
for group in (demo, synth, ingest, show, ask, tool, doctor, availability):
    group.register(app)
COMMANDS = frozenset(command.name for command in app.registered_commands if command.name)


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


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; no exception escapes.

    >>> run(["--version"])
    0.1.0
    0
    """
    typed = sys.argv[1:] if arguments is None else list(arguments)
    try:
        ended = app(args=typed or ["--help"], prog_name="clinseek", standalone_mode=False)
    except (UserError, Refusal) as error:
        say(f"clinseek: {error}")
        return USER_ERROR
    except typer.TyperException as error:
        say(f"clinseek: {_of_usage(error)}; see clinseek {_command(typed)}--help")
        return USER_ERROR
    except Exception as error:
        return _own_fault(error)
    return ended if isinstance(ended, int) else 0


def _of_usage(error: typer.TyperException) -> str:
    sentence = " ".join(error.format_message().split()).rstrip(".")
    return sentence[:1].lower() + sentence[1:]


def _command(typed: Sequence[str]) -> str:
    named = next((word for word in typed if word in COMMANDS), None)
    return f"{named} " if named else ""


def _own_fault(error: Exception) -> int:
    if os.environ.get("CLINSEEK_TRACEBACK"):
        traceback.print_exception(error)
        return OUR_FAULT
    first = (str(error).splitlines() or [""])[0]
    say(f"clinseek: unexpected {type(error).__name__}: {first}")
    say("This is a fault of clinseek. Set CLINSEEK_TRACEBACK=1 and run it again to see where.")
    return OUR_FAULT


def main() -> None:
    """The `clinseek` command: nothing of a patient leaves this machine unless asked to."""
    from clinseek.settings import stay_home

    stay_home()
    sys.exit(run())
