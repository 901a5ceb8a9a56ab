"""`doctor` says what works, what is broken, and what to type."""

import json
from pathlib import Path

import pytest

from clinseek.nodes.toolset import IMAGE_TOOLS
from tests.cli.conftest import CommandLine


def findings(clinseek: CommandLine) -> dict[str, dict[str, str]]:
    return {
        finding["what"]: finding
        for finding in json.loads(clinseek("doctor", "--json").out)["findings"]
    }


def test_all_is_well_where_nothing_is_broken(clinseek: CommandLine) -> None:
    ran = clinseek("doctor")
    assert ran.code == 0
    assert "Everything needed is there." in ran.out
    assert "clinseek demo" in ran.out


def test_a_store_that_can_be_read_is_told_with_its_patients(
    clinseek: CommandLine, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_STORE", str(store))
    assert "2 patients" in findings(clinseek)["CLINSEEK_STORE"]["found"]


def test_a_store_that_is_not_there_is_broken_and_ends_with_one(
    clinseek: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_STORE", str(tmp_path / "gone"))
    ran = clinseek("doctor")
    assert ran.code == 1
    assert "Something is broken" in ran.out
    assert findings(clinseek)["CLINSEEK_STORE"]["state"] == "broken"


def test_a_home_that_cannot_be_written_is_broken(
    clinseek: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "file" / "home"))
    found = findings(clinseek)["CLINSEEK_HOME"]
    assert found["state"] == "broken"
    assert "CLINSEEK_HOME" in found["to_do"]


def test_tracing_that_was_switched_on_is_told(
    clinseek: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert findings(clinseek)["tracing"]["state"] == "works"
    monkeypatch.setenv("CLINSEEK_TRACING", "1")
    assert "ON" in findings(clinseek)["tracing"]["found"]


def test_tools_for_images_are_told_with_what_they_lack(
    clinseek: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLINSEEK_IMAGING_WEIGHTS", raising=False)
    found = findings(clinseek)

    classifier = found["image.chest_xray_classifier"]
    assert classifier["state"] == "absent"
    assert "28 MB" in classifier["found"] or "clinseek[imaging]" in classifier["found"]
    assert {name for name in found if name.startswith("image.")} == set(IMAGE_TOOLS)
