"""What the tests of models share."""

from pathlib import Path

import pytest

from tests.models.tiny_model import make_tiny_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny real model, made once a session; skipped where torch is not there."""
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
