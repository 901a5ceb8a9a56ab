"""Weights in their folder: converted once, known by their hash, never half there."""

import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.weights import (
    CLASSIFIER,
    EVERY,
    FINDINGS,
    SEGMENTER,
    WeightsFolder,
    named,
)
from clinseek.toolkits.imaging.weights.conversion import convert
from clinseek.toolkits.imaging.weights.folder import is_safetensors, weights_folder
from clinseek.toolkits.imaging.weights.pulling import pull
from clinseek.whole_file import sha256_of
from tests.toolkits.imaging.seeded import classifier_tensors

safetensors = pytest.importorskip(
    "safetensors.numpy", reason="weights need safetensors, of the imaging extra"
)


@pytest.fixture
def folder(tmp_path: Path) -> WeightsFolder:
    return WeightsFolder(tmp_path / "weights")


def tensors_file(path: Path, *, fill: float = 0.5) -> Path:
    safetensors.save_file(classifier_tensors(fill), path)
    return path


def report_folder(path: Path, *, kind: str = "vision-encoder-decoder") -> Path:
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"model_type": kind}))
    (path / "vocab.txt").write_text("[PAD]")
    (path / "modeling.py").write_text("raise SystemExit")
    safetensors.save_file({"w": np.ones(2, np.float32)}, path / "model.safetensors")
    return path


def test_converted_weights_are_recorded_with_their_hash_and_source(
    folder: WeightsFolder, tmp_path: Path
) -> None:
    source = tensors_file(tmp_path / "mine.safetensors")
    installed = convert(CLASSIFIER, source, folder)
    record = folder.record(CLASSIFIER)
    assert record["sha256"] == sha256_of(installed.tensors) == installed.recorded
    assert (record["source"], record["source_sha256"]) == (source.name, sha256_of(source))
    assert record["pinned"] is False
    assert folder.checked(CLASSIFIER)[1] == record["sha256"]
    assert folder.why_absent(CLASSIFIER) is None


def test_absent_weights_say_how_they_are_had(folder: WeightsFolder) -> None:
    for weights in EVERY:
        assert f"clinseek imaging pull {weights.name}" in str(folder.why_absent(weights))
    with pytest.raises(SettingError, match="is absent"):
        folder.checked(SEGMENTER)
    assert folder.left() == [weights.name for weights in EVERY]


def test_weights_that_were_changed_are_not_used(folder: WeightsFolder, tmp_path: Path) -> None:
    installed = convert(CLASSIFIER, tensors_file(tmp_path / "a.safetensors"), folder)
    content = bytearray(installed.tensors.read_bytes())
    content[-1] ^= 1
    installed.tensors.write_bytes(bytes(content))
    assert "has another hash" in str(folder.why_absent(CLASSIFIER))
    assert str(tmp_path) not in str(folder.why_absent(CLASSIFIER))
    with pytest.raises(SettingError, match="another hash"):
        folder.checked(CLASSIFIER)
    installed.tensors.write_bytes(bytes(content[:-4]))
    assert "were recorded" in str(folder.why_absent(CLASSIFIER))


def test_weights_put_there_by_hand_are_used_and_said_to_be_unrecorded(
    folder: WeightsFolder,
) -> None:
    folder.path.mkdir()
    tensors_file(folder.path / CLASSIFIER.place)
    installed, digest = folder.checked(CLASSIFIER)
    assert installed.recorded is None
    assert len(digest) == 64
    (folder.path / CLASSIFIER.place).write_bytes(b"no weights at all")
    assert "is broken" in str(folder.why_absent(CLASSIFIER))


def test_other_weights_are_refused_and_the_old_ones_stay(
    folder: WeightsFolder, tmp_path: Path
) -> None:
    kept = convert(CLASSIFIER, tensors_file(tmp_path / "a.safetensors"), folder)
    with pytest.raises(SettingError, match="holds other weights than segmenter"):
        convert(SEGMENTER, tmp_path / "a.safetensors", folder)
    (tmp_path / "b.pt").write_bytes(b"nothing")
    with pytest.raises(SettingError, match="no file of weights"):
        convert(CLASSIFIER, tmp_path / "b.pt", folder)
    with pytest.raises(SettingError, match="is no file"):
        convert(CLASSIFIER, tmp_path / "nowhere.pt", folder)
    assert folder.checked(CLASSIFIER)[1] == kept.recorded


def test_a_file_of_a_published_name_must_have_the_published_hash(
    folder: WeightsFolder, tmp_path: Path
) -> None:
    source = tensors_file(tmp_path / CLASSIFIER.published_as[0])
    with pytest.raises(SettingError, match="another file, or damaged"):
        convert(CLASSIFIER, source, folder)
    assert folder.installed(CLASSIFIER) is None


def test_a_folder_of_transformers_is_taken_without_its_code(
    folder: WeightsFolder, tmp_path: Path
) -> None:
    installed = convert(FINDINGS, report_folder(tmp_path / "report"), folder)
    assert sorted(file.name for file in installed.path.iterdir()) == [
        "config.json",
        "model.safetensors",
        "vocab.txt",
    ]
    again = convert(FINDINGS, installed.path, folder)
    assert again.recorded == installed.recorded


def test_a_folder_of_another_model_is_refused(folder: WeightsFolder, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="holds a 'bert' model"):
        convert(FINDINGS, report_folder(tmp_path / "bert", kind="bert"), folder)
    with pytest.raises(SettingError, match=r"no config\.json"):
        convert(FINDINGS, tmp_path, folder)
    (tmp_path / "bert" / "config.json").write_text('{"model_type": "vision-encoder-decoder"}')
    (tmp_path / "bert" / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(SettingError, match="broken or cut off"):
        convert(FINDINGS, tmp_path / "bert", folder)
    (tmp_path / "bert" / "model.safetensors").unlink()
    with pytest.raises(SettingError, match="has neither"):
        convert(FINDINGS, tmp_path / "bert", folder)


def test_a_pickled_folder_is_converted(folder: WeightsFolder, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="a pickled folder is made with torch")
    source = report_folder(tmp_path / "report")
    (source / "model.safetensors").unlink()
    torch.save({"w": torch.ones(3)}, source / "pytorch_model.bin")
    installed = convert(FINDINGS, source, folder)
    assert safetensors.load_file(installed.tensors)["w"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "changed",
    [
        {"features.conv0.weight": None},
        {"features.norm5.bias": None},
        {"features.norm5.bias": (7,)},
        {"features.norm6.bias": (7,)},
    ],
)
def test_every_tensor_is_compared_with_those_of_the_network(
    folder: WeightsFolder, tmp_path: Path, changed: dict[str, tuple[int, ...] | None]
) -> None:
    pytest.importorskip("torch", reason="the network's own tensors are known with torch")
    held = classifier_tensors()
    for name, shape in changed.items():
        held.pop(name, None)
        if shape is not None:
            held[name] = np.zeros(shape, np.float32)
    safetensors.save_file(held, tmp_path / "w.safetensors")
    with pytest.raises(SettingError, match="holds other weights than classifier"):
        convert(CLASSIFIER, tmp_path / "w.safetensors", folder)
    assert folder.installed(CLASSIFIER) is None


@pytest.mark.parametrize("name", ["vocab.txt", "config.json", "added_tokens.json"])
def test_words_of_a_report_model_that_were_changed_are_not_used(
    folder: WeightsFolder, tmp_path: Path, name: str
) -> None:
    installed = convert(FINDINGS, report_folder(tmp_path / "report"), folder)
    assert folder.why_absent(FINDINGS) is None
    (installed.path / name).write_text('{"no": "effusion"}')
    assert f"{name} of report-findings is not the file" in str(folder.why_absent(FINDINGS))
    with pytest.raises(SettingError, match="is not the file that was recorded"):
        folder.checked(FINDINGS)


def test_a_folder_that_was_copied_is_read_once_and_works(
    folder: WeightsFolder, tmp_path: Path
) -> None:
    convert(CLASSIFIER, tensors_file(tmp_path / "a.safetensors"), folder)
    shutil.copytree(folder.path, tmp_path / "copy", copy_function=shutil.copyfile)
    copied = WeightsFolder(tmp_path / "copy")
    assert copied.why_absent(CLASSIFIER) is None
    assert len(copied._digests) == 1
    assert folder._digests == {}


def test_weights_whose_record_tells_no_time_are_read_before_they_are_offered(
    folder: WeightsFolder, tmp_path: Path
) -> None:
    installed = convert(CLASSIFIER, tensors_file(tmp_path / "a.safetensors"), folder)
    told = {name: said for name, said in folder.record(CLASSIFIER).items() if name != "modified_ns"}
    folder.write_record(CLASSIFIER, told)
    assert folder.why_absent(CLASSIFIER) is None
    content = bytearray(installed.tensors.read_bytes())
    content[-1] ^= 1
    installed.tensors.write_bytes(bytes(content))
    assert "has another hash" in str(folder.why_absent(CLASSIFIER))


def test_only_a_whole_safetensors_file_is_one(tmp_path: Path) -> None:
    whole = tensors_file(tmp_path / "w.safetensors").read_bytes()
    assert is_safetensors(tmp_path / "w.safetensors")
    for broken in (b"", whole[:4], whole[:50], whole[:-1], whole + b"x", b"\xff" * 64):
        (tmp_path / "w.safetensors").write_bytes(broken)
        assert not is_safetensors(tmp_path / "w.safetensors")


def test_the_folder_is_named_or_from_the_environment_or_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_IMAGING_WEIGHTS", str(tmp_path / "env"))
    assert weights_folder(tmp_path / "named", home=tmp_path).path == tmp_path / "named"
    assert weights_folder(home=tmp_path).path == tmp_path / "env"
    monkeypatch.delenv("CLINSEEK_IMAGING_WEIGHTS")
    assert weights_folder(home=tmp_path).path == tmp_path / "imaging-weights"


def test_weights_of_an_unknown_name_are_answered_with_those_there_are() -> None:
    with pytest.raises(SettingError, match="there are: classifier, segmenter, report-findings"):
        named("grounder")


class _Hub(ThreadingHTTPServer):
    """A loopback server of files; those it does not have are 404."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Files)
        self.files: dict[str, bytes] = {}
        self.url = f"http://127.0.0.1:{self.server_port}/weights"


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Hub)
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("content-length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[_Hub]:
    server = _Hub()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_report_model_is_pulled_from_a_hub(
    folder: WeightsFolder, tmp_path: Path, hub: _Hub
) -> None:
    source = report_folder(tmp_path / "report")
    for name in ("special_tokens_map.json", "tokenizer_config.json", "preprocessor_config.json"):
        (source / name).write_text("{}")
    hub.files = {f"/weights/{file.name}": file.read_bytes() for file in source.iterdir()}
    installed = pull(FINDINGS, folder, said=lambda _: None, source=hub.url)
    assert folder.checked(FINDINGS)[1] == installed.recorded
    assert [file.name for file in folder.path.iterdir() if file.name.startswith(".")] == []


def test_a_pull_that_fails_says_so_and_leaves_what_was_there(
    folder: WeightsFolder, tmp_path: Path, hub: _Hub
) -> None:
    kept = convert(CLASSIFIER, tensors_file(tmp_path / "a.safetensors"), folder)
    with pytest.raises(SettingError, match="answers 404"):
        pull(CLASSIFIER, folder, said=lambda _: None, source=hub.url)
    hub.files = {"/weights/model.pt": b"another file"}
    with pytest.raises(SettingError, match="another file, or damaged"):
        pull(CLASSIFIER, folder, said=lambda _: None, source=hub.url)
    with pytest.raises(SettingError, match="cannot be reached"):
        pull(CLASSIFIER, folder, said=lambda _: None, source="http://127.0.0.1:9/")
    assert folder.checked(CLASSIFIER)[1] == kept.recorded


def test_weights_are_fetched_over_https_only(folder: WeightsFolder) -> None:
    with pytest.raises(SettingError, match="over https only"):
        pull(CLASSIFIER, folder, said=lambda _: None, source="http://example.org/weights/")
