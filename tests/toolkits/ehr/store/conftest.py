"""A raw folder of three patients for each test of the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from .raw_folder import RawFolder


@pytest.fixture
def raw(tmp_path: Path) -> RawFolder:
    """Three patients (10, 20, 30) with an admission each, to which a test adds tables."""
    return RawFolder(tmp_path / "raw")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the store is to be made."""
    return tmp_path / "store"
