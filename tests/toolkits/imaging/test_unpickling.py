"""Pickled weights give their tensors, and run nothing."""

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.weights import unpickling
from clinseek.toolkits.imaging.weights.unpickling import read_tensors

torch = pytest.importorskip("torch", reason="files of torch are made with torch")

FORMS = {"zip": True, "plain": False}


class _Hostile:
    """Pickles to a call of a function of the machine."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.system, (self.command,)


def network() -> Any:
    torch.manual_seed(3)
    inner = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU())
    return torch.nn.Sequential(inner, torch.nn.Flatten(), torch.nn.Linear(4, 2))


def save(held: Any, path: Path, form: str) -> Path:
    torch.save(held, path, _use_new_zipfile_serialization=FORMS[form])
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("held", ["module", "state", "checkpoint", "parallel"])
def test_every_way_of_saving_gives_the_same_tensors(tmp_path: Path, form: str, held: str) -> None:
    net = network()
    state = net.state_dict()
    ways = {
        "module": net,
        "state": state,
        "checkpoint": {"epoch": 3, "state_dict": state},
        "parallel": {f"module.{name}": value for name, value in state.items()},
    }
    tensors = read_tensors(save(ways[held], tmp_path / "w.pt", form))
    assert tensors.keys() == state.keys()
    for name, value in state.items():
        assert np.array_equal(tensors[name], value.numpy()), name


@pytest.mark.parametrize("form", FORMS)
def test_views_and_every_kind_of_number_are_read(tmp_path: Path, form: str) -> None:
    grid = torch.arange(24.0).reshape(4, 6)
    held = {
        "turned": grid.T,
        "part": grid[1:3, ::2],
        "half": grid.half(),
        "brain": grid.bfloat16(),
        "whole": grid.long(),
        "truth": grid > 3,
        "none": torch.zeros(0, 3),
        "one": torch.tensor(5.0),
    }
    tensors = read_tensors(save(held, tmp_path / "w.pt", form))
    for name, value in held.items():
        assert np.array_equal(tensors[name], value.float().numpy()), name
        assert tensors[name].shape == tuple(value.shape)


@pytest.mark.parametrize("form", [*FORMS, "bare"])
def test_a_hostile_file_is_refused_and_nothing_in_it_runs(tmp_path: Path, form: str) -> None:
    canary, path = tmp_path / "canary", tmp_path / "w.pt"
    hostile = {"weight": torch.ones(2), "x": _Hostile(f"touch {canary}")}
    if form == "bare":
        path.write_bytes(pickle.dumps(_Hostile(f"touch {canary}")))
    else:
        save(hostile, path, form)
    with pytest.raises(SettingError, match=r"refused, because it names '(posix|os)\.system'"):
        read_tensors(path)
    assert not canary.exists()


@pytest.mark.parametrize(
    "named",
    [
        "builtins eval",
        "builtins getattr",
        "torch.nn.modulesx y",
        "torch.hub load",
        "torch load",
        "torch._utils _rebuild_device_tensor_from_numpy",
        "pickle loads",
        "collections namedtuple",
    ],
)
def test_a_name_that_weights_do_not_need_is_refused(tmp_path: Path, named: str) -> None:
    module, name = named.split()
    pickled = f"c{module}\n{name}\n(S'x'\ntR.".encode()
    with zipfile.ZipFile(tmp_path / "w.pt", "w") as made:
        made.writestr("w/data.pkl", pickled)
    with pytest.raises(SettingError, match="refused"):
        read_tensors(tmp_path / "w.pt")


def test_a_layer_of_a_name_that_is_let_pass_is_an_empty_shell(tmp_path: Path) -> None:
    pickled = b"ctorch.nn.modules.container\nos.system\n(S'touch /nowhere'\ntR."
    with zipfile.ZipFile(tmp_path / "w.pt", "w") as made:
        made.writestr("w/data.pkl", pickled)
    with pytest.raises(SettingError, match="holds no tensors"):
        read_tensors(tmp_path / "w.pt")


def test_a_tensor_that_reaches_outside_its_numbers_is_refused(tmp_path: Path) -> None:
    path = save({"w": torch.arange(4.0)}, tmp_path / "w.pt", "zip")
    with zipfile.ZipFile(path) as held:
        parts = {name: held.read(name) for name in held.namelist()}
    with zipfile.ZipFile(path, "w") as made:
        for name, content in parts.items():
            longer = content.replace(b"K\x04\x85", b"K\xff\x85")  # a shape of 255 for 4 numbers
            made.writestr(name, longer if name.endswith("data.pkl") else content)
    with pytest.raises(SettingError, match="broken"):
        read_tensors(path)


@given(content=st.binary(max_size=200), begins=st.sampled_from([b"", b"PK\x03\x04", b"\x80\x02"]))
def test_whatever_a_file_holds_the_answer_is_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, begins: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "spoilt.pt"
    path.write_bytes(begins + content)
    with pytest.raises(SettingError):
        read_tensors(path)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, form: str) -> None:
    path = save(network().state_dict(), tmp_path / "w.pt", form)
    whole = path.read_bytes()
    for part in (0.1, 0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(SettingError):
            read_tensors(path)


def _zip(
    path: Path, root: bytes, stored: dict[str, bytes], *, how: int = zipfile.ZIP_STORED
) -> Path:
    with zipfile.ZipFile(path, "w", how) as made:
        made.writestr("w/data.pkl", root)
        for key, content in stored.items():
            made.writestr(f"w/data/{key}", content)
    return path


def _tensors_of_one_storage(*, count: int, shape: int, steps: int, tensors: int = 1) -> bytes:
    """A state dict of so many square tensors, written out by hand."""

    def whole(number: int) -> bytes:
        return b"\x8a\x08" + number.to_bytes(8, "little")

    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu"
    storage += whole(count) + b"tQ"
    sizes = b"(" + whole(shape) * 2 + b"t(" + whole(steps) * 2 + b"t"
    one = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + whole(0) + sizes + b"\x89}tR"
    named = [f"X\x04\0\0\0{number:04}".encode() + one + b"s" for number in range(tensors)]
    return b"\x80\x02}" + b"".join(named) + b"."


@pytest.mark.parametrize(
    ("root", "content"),
    [
        (_tensors_of_one_storage(count=1, shape=100_000, steps=0), bytes(4)),
        (_tensors_of_one_storage(count=10**9, shape=1, steps=1), bytes(4)),
        (_tensors_of_one_storage(count=250_000, shape=500, steps=1, tensors=99), bytes(10**6)),
    ],
)
def test_a_small_file_takes_no_large_memory(tmp_path: Path, root: bytes, content: bytes) -> None:
    with pytest.raises(SettingError, match="broken"):
        read_tensors(_zip(tmp_path / "w.pt", root, {"0": content}))


def test_a_zip_that_inflates_is_refused_before_it_does(tmp_path: Path) -> None:
    root = _tensors_of_one_storage(count=10**6, shape=1, steps=1)
    bomb = _zip(tmp_path / "w.pt", root, {"0": bytes(4 * 10**6)}, how=zipfile.ZIP_DEFLATED)
    with pytest.raises(SettingError, match="broken"):
        read_tensors(bomb)
    plain = _zip(tmp_path / "w.pt", root, {"0": bytes(4 * 10**6)})
    assert read_tensors(plain)["0000"].shape == (1, 1)


def test_layers_that_hold_one_another_many_times_over_end(tmp_path: Path) -> None:
    layer = b"ctorch.nn.modules.linear\nLinear\n)\x81"
    inner = layer
    for _ in range(40):  # each holds the one before twice: 2 ** 40 ways lead to the first
        inner = layer + b"}X\x08\0\0\0_modules}(X\x01\0\0\0a" + inner + b"q\x00X\x01\0\0\0bh\x00usb"
    with pytest.raises(SettingError, match="broken"):
        read_tensors(_zip(tmp_path / "w.pt", b"\x80\x02" + inner + b".", {}))


@pytest.mark.parametrize(
    "named", ["torch FloatStorage", "torch._utils _rebuild_tensor_v2", "builtins set"]
)
def test_no_file_changes_what_a_name_means_for_the_next(tmp_path: Path, named: str) -> None:
    module, name = named.split()
    state = b"}X\x05\0\0\0dtypeX\x03\0\0\0<f8s"
    begun = f"c{module}\n{name}\n".encode()
    for hostile in (begun + state + b"b.", begun + b"N" + state + b"\x86b."):
        with pytest.raises(SettingError):
            read_tensors(_zip(tmp_path / "bad.pt", b"\x80\x02" + hostile, {}))
    path = save({"w": torch.arange(4.0)}, tmp_path / "w.pt", "zip")
    assert read_tensors(path)["w"].tolist() == [0, 1, 2, 3]
    meant = unpickling._MEANS[module, name]
    assert not hasattr(meant, "dtype") or meant.dtype == "<f4"


def test_a_name_cannot_write_a_line_of_its_own(tmp_path: Path) -> None:
    pickled = b"\x80\x04\x8c\x13os\nclinseek: all ok\x8c\x01x\x93."
    with pytest.raises(SettingError, match="refused") as told:
        read_tensors(_zip(tmp_path / "w.pt", pickled, {}))
    assert len(str(told.value).splitlines()) == 1
