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
    with pytest.raises(SettingError, match=r"refused, because it names (posix|os)\.system"):
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
