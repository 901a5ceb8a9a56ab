"""Imports run one way, and the contracts that say so would notice if one did not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over the package in `folder`."""
    check = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", check, "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its contracts, to be broken."""
    shutil.copytree(
        ROOT / "clinseek", tmp_path / "clinseek", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_run_one_way() -> None:
    ran = lint(ROOT)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("module", "imports", "contract"),
    [
        ("toolkits/ehr/tools/wrong.py", "clinseek.graphs.state", "one way"),
        ("nodes/wrong.py", "clinseek.graphs.seek", "one way"),
        ("toolkits/other/__init__.py", "clinseek.toolkits.ehr.case", "No toolkit knows another"),
        (
            "toolkits/ehr/synthetic/wrong.py",
            "clinseek.toolkits.ehr.availability",
            "never reads the availability rules",
        ),
        ("nodes/wrong.py", "clinseek.cli.output", "Nothing imports the command line"),
        ("offline/wrong.py", "clinseek.cli.output", "Nothing imports the command line"),
    ],
)
def test_an_import_in_the_wrong_direction_is_found(
    copy: Path, module: str, imports: str, contract: str
) -> None:
    wrong = copy / "clinseek" / module
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_text(f"import {imports}\n")
    ran = lint(copy)
    assert ran.returncode == 1
    broken = [line for line in ran.stdout.splitlines() if " BROKEN" in line]
    assert any(contract in line for line in broken)
