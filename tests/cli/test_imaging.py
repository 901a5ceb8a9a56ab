"""`clinseek imaging`: what works, and how weights come here."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from clinseek.cli.main import run
from clinseek.toolkits.imaging import Engine
from clinseek.toolkits.imaging.readiness import readiness
from clinseek.toolkits.imaging.weights import CLASSIFIER, EVERY, WeightsFolder
from tests.toolkits.imaging.seeded import classifier_tensors

safetensors = pytest.importorskip(
    "safetensors.numpy", reason="weights need safetensors, of the imaging extra"
)


class Imaging:
    """`clinseek imaging` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = run(["imaging", *map(str, arguments)])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def status(self) -> dict[str, Any]:
        code, out, _ = self("status", "--json")
        assert code == 0
        told = json.loads(out)
        return {"tools": told["tools"], **{one["name"]: one for one in told["weights"]}}


@pytest.fixture
def imaging(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Imaging:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    for name in ("IMAGING_WEIGHTS", "GROUNDING_URL"):
        monkeypatch.delenv(f"CLINSEEK_{name}", raising=False)
    return Imaging(capsys)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Tensors that pass for the classifier's by their names and shapes."""
    safetensors.save_file(classifier_tensors(), tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


def test_status_says_of_each_tool_why_it_is_absent_and_of_weights_their_licence(
    imaging: Imaging,
) -> None:
    told = imaging.status()
    assert "clinseek imaging pull" in str(told["tools"]["image.chest_xray_classifier"])
    assert told["tools"]["image.image_visualizer"] is None
    for weights in EVERY:
        assert told[weights.name]["state"] == "not here"
        assert told[weights.name]["licence"] == weights.licence
    code, out, _ = imaging("status")
    assert code == 0
    assert "image.xray_phrase_grounding" in out


def test_weights_that_were_converted_work_and_changed_ones_are_broken(
    imaging: Imaging, mine: Path, tmp_path: Path
) -> None:
    code, out, _ = imaging("convert", "classifier", mine)
    assert code == 0
    assert out.startswith("classifier is in ")
    told = imaging.status()["classifier"]
    assert told["state"] == "works"
    assert str(told["sha256"]) in out
    place = Path(str(told["path"]))
    content = bytearray(place.read_bytes())
    content[-1] ^= 1
    place.write_bytes(bytes(content))
    told = imaging.status()
    assert "another hash" in str(told["classifier"]["state"])
    assert "another hash" in str(told["tools"]["image.chest_xray_classifier"])


def test_status_tells_devices_and_what_a_hash_was_compared_with(
    imaging: Imaging, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="devices are told where torch is")
    monkeypatch.setenv("CLINSEEK_IMAGING_DEVICE", "cpu")
    imaging("convert", "classifier", mine)
    lines = imaging("status")[1].splitlines()
    assert any(line.split()[:3] == ["ok", "image.chest_xray_classifier", "cpu"] for line in lines)
    assert any("recorded" in line for line in lines if line.startswith("classifier"))
    monkeypatch.setenv("CLINSEEK_IMAGING_DEVICE", "abacus")
    why = imaging.status()["tools"]["image.chest_xray_classifier"]
    assert "no device 'abacus'" in str(why)


def test_a_torchvision_that_cannot_be_imported_is_told_of_the_report_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="the report tool needs torch")
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text("raise RuntimeError('no nms')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    monkeypatch.setattr(Engine, "why_absent", lambda *_: None)
    engine = Engine(WeightsFolder(tmp_path), environment={"CLINSEEK_IMAGING_DEVICE": "cpu"})
    told = {one.tool: one.why_not for one in readiness(engine, {})}
    assert "uninstall it" in str(told["image.chest_xray_report_generator"])
    assert told["image.chest_xray_segmentation"] is None


def test_the_folder_of_weights_can_be_named(imaging: Imaging, mine: Path, tmp_path: Path) -> None:
    assert imaging("convert", "classifier", mine, "--weights", tmp_path / "w")[0] == 0
    assert (tmp_path / "w" / CLASSIFIER.place).is_file()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["convert", "classifier", "/no/such/file"], "is no file"),
        (["convert", "radiologist", "x"], "there are no weights called 'radiologist'"),
        (["pull", "radiologist"], "there are no weights called 'radiologist'"),
        (["pull", "classifier", "--from", "http://example.org/"], "over https only"),
        (["pull", "classifier", "--from", "http://127.0.0.1:9/"], "cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    imaging: Imaging, arguments: Sequence[str], reason: str
) -> None:
    code, out, err = imaging(*arguments)
    assert code == 2
    assert out == ""
    assert reason in err
    assert "Traceback" not in err
