"""`clinseek imaging`: what works, and how weights come here."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from clinseek.cli.main import run
from clinseek.toolkits.imaging.weights import CLASSIFIER, EVERY

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

    def status(self) -> dict[str, dict[str, object]]:
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
    held = {name: np.ones(shape, np.float32) for name, shape in CLASSIFIER.shapes}
    safetensors.save_file(held, tmp_path / "mine.safetensors")
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
    assert "another hash" in str(imaging.status()["classifier"]["state"])


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
