"""Fixtures that more than one folder of the suite needs."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of open data (MIMIC-IV demo and others), named by CLINSEEK_OPEN_DATA."""
    named = os.environ.get("CLINSEEK_OPEN_DATA")
    if not named:
        pytest.skip("CLINSEEK_OPEN_DATA is not set: the open MIMIC-IV demo is not at hand")
    folder = Path(named)
    if not (folder / "mimic-iv-demo").is_dir():
        pytest.fail(f"CLINSEEK_OPEN_DATA={named} holds no mimic-iv-demo folder")
    return folder
