"""Tensors out of a file that torch pickled, without running anything that it holds.

A pickle may name any function of any module and have it called. Here a name means what this
module says or nothing: classes of layers become empty shells, a few words of tensors become
descriptions of them, everything else is refused before it is looked up. torch itself is not used:
both of its file forms, the zip of today and the plain one before version 1.6, are read here.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clinseek.errors import Refusal, SettingError

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_COUNT_BYTES = 8
_LONGEST_NAME = 120
_MOST_COPIES = 8
"""Tensors together take at most so many times the bytes of their file: some share a storage."""
_MOST_LAYERS = 20_000
_DTYPES: Mapping[str, str] = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "|b1",
}
_SHELLS = ("torch.nn.modules.", "torch.nn.parallel.", "torchxrayvision.")
_STATES = ("state_dict", "model_state", "model")

Tensors = dict[str, NDArray[Any]]


class _Kind(NamedTuple):
    """A storage class as it is named in a file; nothing that a file says can change it."""

    dtype: str


@dataclass
class _Storage:
    """A run of numbers; their bytes come after their description in the older form."""

    dtype: str
    count: int
    raw: bytes = b""

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.count * _itemsize(self.dtype)


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage: where it begins, its shape, and the steps along each axis."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


class _Shell:
    """A layer of a network without its code: what it held, and nothing else."""

    held: Mapping[str, Any] = {}

    def __new__(cls, *_: Any, **__: Any) -> _Shell:
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.held = state if isinstance(state, dict) else {}


class _RebuiltTensor:
    """Stands for torch._utils._rebuild_tensor_v2; it has no dict that a file could change."""

    __slots__ = ()

    def __call__(self, storage: Any, offset: Any, shape: Any, steps: Any, *_: Any) -> _Tensor:
        if not isinstance(storage, _Storage):
            raise Refusal("a tensor without a storage")
        whole = tuple(int(size) for size in shape), tuple(int(step) for step in steps)
        return _Tensor(storage, int(offset), *whole)


class _RebuiltParameter:
    """Stands for torch._utils._rebuild_parameter."""

    __slots__ = ()

    def __call__(self, tensor: Any, *_: Any) -> Any:
        return tensor


_MEANS: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _RebuiltTensor(),
    ("torch._utils", "_rebuild_parameter"): _RebuiltParameter(),
    ("torch", "Size"): tuple,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    **{("torch", name): _Kind(dtype) for name, dtype in _DTYPES.items()},
}


class _Reader(pickle.Unpickler):
    """An unpickler to which a name means what `_MEANS` says, or nothing."""

    def __init__(self, opened: IO[bytes], storages: dict[str, _Storage]) -> None:
        super().__init__(opened)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        """The meaning of a name; Refusal for all that weights do not need."""
        if (module, name) in _MEANS:
            return _MEANS[module, name]
        if f"{module}.".startswith(_SHELLS):
            return _Shell
        raise Refusal(repr(f"{module}.{name}"[:_LONGEST_NAME]))

    def persistent_load(self, pid: Any) -> Any:
        """A storage by its key, or the shell of a class that was saved with its source."""
        kind, *told = pid
        if kind == "module":
            return told[0]
        if kind != "storage":
            raise Refusal(f"a {str(kind)[:40]!r} by reference")
        named, key, _, count = told[:4]
        if len(told) > 4 and told[4] is not None:
            raise Refusal("a view of a storage")
        if not isinstance(named, _Kind):
            raise Refusal("a storage of an unknown kind")
        return self._storages.setdefault(str(key), _Storage(named.dtype, int(count)))


def read_tensors(path: Path) -> Tensors:
    """The tensors of a pickled state dict or module, by name.

    SettingError, with the reason, for a file that is no such thing, is broken, or names anything
    that weights have no need of; nothing of it has run then.
    """
    try:
        root = _zipped(path) if zipfile.is_zipfile(path) else _plain(path)
        held = _arrays(root, most=_MOST_COPIES * path.stat().st_size)
    except Refusal as refused:
        raise SettingError(
            f"{path}: refused, because it names {refused}, which no file of weights needs; do not "
            "open it with other programs either"
        ) from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise SettingError(f"{path} cannot be read ({reason})") from None
    except Exception:  # a broken pickle can raise anything
        raise SettingError(f"{path} is no file of weights that torch saved, or it is broken") from (
            None
        )
    if not held:
        raise SettingError(f"{path} holds no tensors")
    return _without_prefix(held)


def _arrays(root: Any, *, most: int) -> Tensors:
    """The tensors of what was read, by name; ValueError once they take more than `most` bytes."""
    held: Tensors = {}
    taken = 0
    for name, tensor in _walked(root):
        held[name] = _array(tensor)
        taken += held[name].nbytes
        if taken > most:
            raise ValueError("more tensors than the file has room for")
    return held


def _zipped(path: Path) -> Any:
    storages: dict[str, _Storage] = {}
    with zipfile.ZipFile(path) as held:
        if sum(entry.file_size for entry in held.infolist()) > path.stat().st_size:
            raise ValueError("torch compresses nothing, and no two entries share their bytes")
        pickled = next(name for name in held.namelist() if name.endswith("/data.pkl"))
        top = pickled.removesuffix("data.pkl")
        order = f"{top}byteorder"
        if order in held.namelist() and held.read(order) != b"little":
            raise Refusal("big-endian numbers")
        root = _Reader(io.BytesIO(held.read(pickled)), storages).load()
        for key, storage in storages.items():
            if held.getinfo(f"{top}data/{key}").file_size != storage.size:
                raise ValueError("another length")
            storage.raw = held.read(f"{top}data/{key}")
    return root


def _plain(path: Path) -> Any:
    storages: dict[str, _Storage] = {}
    with path.open("rb") as opened:
        if _Reader(opened, storages).load() != _MAGIC:
            raise ValueError("not torch's")
        if _Reader(opened, storages).load() != _PROTOCOL:
            raise ValueError("another protocol")
        if _Reader(opened, storages).load().get("little_endian") is not True:
            raise Refusal("big-endian numbers")
        root = _Reader(opened, storages).load()
        keys = _Reader(opened, {}).load()
        for key in keys:
            storage = storages[str(key)]
            count = int.from_bytes(opened.read(_COUNT_BYTES), "little")
            if count != storage.count:
                raise ValueError("another length")
            storage.raw = opened.read(storage.size)
    return root


def _walked(root: Any) -> Iterator[tuple[str, _Tensor]]:
    """Names and tensors of a state dict, of one inside a checkpoint, or of a module."""
    if isinstance(root, _Shell):
        yield from _of_module(root)
        return
    if not isinstance(root, dict):
        return
    inside = next((root[name] for name in _STATES if isinstance(root.get(name), dict | _Shell)), 0)
    if inside:
        yield from _walked(inside)
        return
    for name, value in root.items():
        if isinstance(value, _Tensor):
            yield str(name), value


def _of_module(module: _Shell) -> Iterator[tuple[str, _Tensor]]:
    """The tensors of a module and of those inside it; ValueError for more than any network has."""
    left: list[tuple[str, _Shell]] = [("", module)]
    for _ in range(_MOST_LAYERS):
        if not left:
            return
        before, layer = left.pop()
        for part in ("_parameters", "_buffers"):
            for name, value in (layer.held.get(part) or {}).items():
                if isinstance(value, _Tensor):
                    yield f"{before}{name}", value
        inner = (layer.held.get("_modules") or {}).items()
        left += [(f"{before}{name}.", each) for name, each in inner if isinstance(each, _Shell)]
    raise ValueError("more layers than any network has")


def _itemsize(dtype: str) -> int:
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def _array(tensor: _Tensor) -> NDArray[Any]:
    """The numbers of a tensor; a view that reaches outside its storage is an error."""
    storage, shape, steps = tensor.storage, tensor.shape, tensor.steps
    flat = _numbers(storage)
    if len(shape) != len(steps) or min((*shape, *steps, tensor.offset), default=0) < 0:
        raise ValueError("no shape")
    if 0 in shape:
        return np.zeros(shape, dtype=flat.dtype)
    if math.prod(shape) > flat.size:
        raise ValueError("more numbers than its storage")
    last = tensor.offset + sum((size - 1) * step for size, step in zip(shape, steps, strict=True))
    if last >= flat.size:
        raise ValueError("outside its storage")
    in_bytes = tuple(step * flat.itemsize for step in steps)
    view = np.lib.stride_tricks.as_strided(flat[tensor.offset :], shape, in_bytes)
    return np.ascontiguousarray(view).reshape(shape)


def _numbers(storage: _Storage) -> NDArray[Any]:
    if storage.dtype != "bfloat16":
        return np.frombuffer(storage.raw, dtype=storage.dtype, count=storage.count)
    halves = np.frombuffer(storage.raw, dtype="<u2", count=storage.count)
    return (halves.astype("<u4") << 16).view("<f4")


def _without_prefix(held: Tensors) -> Tensors:
    """Without the `module.` that DataParallel puts before every name."""
    prefix = "module."
    if all(name.startswith(prefix) for name in held):
        return {name.removeprefix(prefix): value for name, value in held.items()}
    return held
