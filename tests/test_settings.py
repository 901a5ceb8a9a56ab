"""Where things lie, and what keeps patient data at home."""

from pathlib import Path

import pytest

from clinseek import settings
from clinseek.errors import SettingError


def test_the_store_is_the_one_named_else_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_STORE", str(tmp_path / "of-the-environment"))

    assert settings.store_path(tmp_path / "named") == tmp_path / "named"
    assert settings.store_path() == tmp_path / "of-the-environment"


def test_the_model_is_the_one_named_else_that_of_the_environment_else_offline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CLINSEEK_MODEL", raising=False)
    assert settings.model_spec() == "offline"
    monkeypatch.setenv("CLINSEEK_MODEL", "openai:tiny")
    assert (settings.model_spec(), settings.model_spec("offline")) == ("openai:tiny", "offline")


def test_without_a_store_the_demo_store_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path))
    monkeypatch.delenv("CLINSEEK_STORE", raising=False)
    monkeypatch.setattr(settings, "DEMO_PATIENTS", 1)
    (tmp_path / "demo-store").mkdir()  # of a process that died while it made the store

    first = settings.store_path()
    made = (first / "manifest.json").stat().st_mtime_ns

    assert first == tmp_path / "demo-store"
    assert settings.store_path() == first
    assert (first / "manifest.json").stat().st_mtime_ns == made
    assert not (tmp_path / "demo-raw").exists()


def test_the_home_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))

    assert settings.home().stat().st_mode & 0o777 == 0o700
    assert settings.case_folder().stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "file" / "home"))

    with pytest.raises(SettingError, match="set CLINSEEK_HOME"):
        settings.home()


def test_staying_home_switches_tracing_off_and_drops_the_keys() -> None:
    environment = {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "key", "HOME": "/h"}

    settings.stay_home(environment)

    assert environment["LANGSMITH_TRACING"] == environment["LANGCHAIN_TRACING_V2"] == "false"
    assert environment["LANGGRAPH_CLI_NO_ANALYTICS"] == "1"
    assert "LANGSMITH_API_KEY" not in environment
    assert environment["HOME"] == "/h"


def test_a_user_who_opted_in_is_left_alone() -> None:
    environment = {"LANGSMITH_TRACING": "true", "CLINSEEK_TRACING": "1"}

    settings.stay_home(environment)

    assert environment == {"LANGSMITH_TRACING": "true", "CLINSEEK_TRACING": "1"}
