"""Fixtures that more than one folder of the suite needs."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of open data (MIMIC-IV demo and others), named by CLINSEEK_OPEN_DATA.

    Without it a test is skipped, but fails where CI is set: there nothing may be left untested.
    """
    named = os.environ.get("CLINSEEK_OPEN_DATA")
    if not named:
        said = "CLINSEEK_OPEN_DATA is not set: the open MIMIC-IV demo is not at hand"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    folder = Path(named)
    if not (folder / "mimic-iv-demo").is_dir():
        pytest.fail(f"CLINSEEK_OPEN_DATA={named} holds no mimic-iv-demo folder")
    return folder
