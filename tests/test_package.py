"""The package as a whole: light to import, typed, complete, and honest about its commands."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import clinseek
from clinseek.cli.main import COMMANDS, run
from clinseek.toolkits.ehr.availability import CaseProfile

ROOT = Path(__file__).parents[1]
HEAVY = ("langgraph", "langchain_core", "torch", "duckdb", "pyarrow", "sqlalchemy", "rich", "typer")


def loaded_after(statement: str) -> set[str]:
    """The modules that a fresh Python holds after `statement`."""
    listing = f"{statement}; import sys, json; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(ran.stdout))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_after("import clinseek").isdisjoint(HEAVY)


def test_the_command_line_starts_without_anything_that_only_a_command_needs() -> None:
    loaded = loaded_after("import clinseek.cli.main")
    assert loaded.isdisjoint({*HEAVY, "pydantic"} - {"typer"})


@pytest.mark.parametrize("name", sorted(set(clinseek.__all__) - {"__version__"}))
def test_every_name_that_the_package_promises_is_there(name: str) -> None:
    assert callable(getattr(clinseek, name))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        clinseek.nothing  # noqa: B018


def test_importing_changes_no_environment() -> None:
    tells = (
        "import os; before = dict(os.environ); import clinseek; "
        "clinseek.ask, clinseek.open_case, clinseek.ingest; assert before == dict(os.environ)"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", tells], check=True, cwd=ROOT)


def test_the_package_is_marked_as_typed() -> None:
    assert (Path(clinseek.__file__).parent / "py.typed").is_file()


def test_the_sdist_takes_no_settings_of_a_person() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert ".env" in built["targets"]["sdist"]["exclude"]


def commands_named_in(page: str) -> set[str]:
    """The clinseek commands that a page tells its reader to type."""
    text = (ROOT / page).read_text()
    code = re.findall(r"```(?:bash|console|sh)\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", text)
    return set(re.findall(r"(?:^|[\s|])clinseek ([a-z]+)", "\n".join(code + spans), re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "docs/commands.md", "CHANGELOG.md"])
def test_every_command_that_a_page_names_exists(
    page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = commands_named_in(page)
    assert named
    assert named <= COMMANDS
    for command in sorted(named):
        assert run([command, "--help"]) == 0
        assert "Usage: clinseek" in capsys.readouterr().out


def options_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    run([*command.split(), "--help"])
    return capsys.readouterr().out


def test_every_option_that_the_readme_uses_exists(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = re.findall(r"clinseek ([a-z]+)((?: [^\n`|]*)?)", (ROOT / "README.md").read_text())
    used = {(_whole(*line), option) for line in lines for option in OPTION.findall(line[1])}
    assert used
    for command, option in sorted(used):
        assert option in options_of(command, capsys), f"clinseek {command} {option}"


def _whole(command: str, rest: str) -> str:
    """A command of a group is told by two words."""
    return f"{command} {rest.split(maxsplit=1)[0]}" if command in GROUPS else command


GROUPS = {"bench", "traces"}
OPTION = re.compile(r"(?<=\s)--[a-z-]+")


def test_every_environment_default_of_an_option_is_in_the_example(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    example = (ROOT / ".env.example").read_text()
    helps = "".join(options_of(command, capsys) for command in sorted(COMMANDS))
    named = set(re.findall(r"CLINSEEK_[A-Z_]+", helps))
    assert named
    assert all(re.search(rf"^{name}=", example, re.MULTILINE) for name in named)


def test_the_example_of_the_environment_tells_every_profile() -> None:
    example = (ROOT / ".env.example").read_text()
    (told,) = re.findall(r"^# Whose clock .*(?=\nCLINSEEK_PROFILE=)", example, re.MULTILINE)
    assert all(re.search(rf"\b{profile}\b", told) for profile in get_args(CaseProfile))


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text()))
    assert {"demo", "test", "studio"} <= named
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in named)
