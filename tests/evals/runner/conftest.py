from pathlib import Path

import pytest

from tests.graphs.doubles import Ward


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("CLINSEEK_HOME", str(place))
    monkeypatch.delenv("CLINSEEK_STORE", raising=False)
    return place


@pytest.fixture
def ward(tmp_path: Path, home: Path) -> Ward:
    return Ward(tmp_path)
