"""Nothing that can be typed stands in --help without a word on what it is for."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from clinseek.cli.main import app


def commands_of(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The command, and all those below it, by what is typed to reach them."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands_of(below, *path, name)


COMMANDS = dict(commands_of(get_command(app), "clinseek"))


def test_every_command_and_group_says_what_it_does() -> None:
    assert ("clinseek", "traces", "show") in COMMANDS
    assert [path for path, command in COMMANDS.items() if not (command.help or "").strip()] == []


def test_every_option_and_argument_says_what_it_is_for() -> None:
    told = {
        f"{' '.join(path)} {parameter.opts[0]}": parameter.help
        for path, command in COMMANDS.items()
        for parameter in command.params
    }
    assert {"clinseek --version", "clinseek traces show --names", "clinseek show store"} <= set(
        told
    )
    assert [name for name, words in told.items() if not (words or "").strip()] == []
