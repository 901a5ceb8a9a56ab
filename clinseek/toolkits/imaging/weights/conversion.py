"""From what is published to what is loaded here: safetensors, with its hash written down."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.weights.catalogue import Weights
from clinseek.toolkits.imaging.weights.folder import (
    TENSORS,
    Installed,
    WeightsFolder,
    is_safetensors,
    read_beside,
    write_whole,
)
from clinseek.toolkits.imaging.weights.unpickling import Tensors, read_tensors
from clinseek.whole_file import sha256_of

PICKLED = "pytorch_model.bin"


def convert(weights: Weights, source: Path, folder: WeightsFolder) -> Installed:
    """Put the weights of a file (or, for transformers, a folder) into the folder of weights.

    SettingError, with the reason, where they are other weights, broken, or unsafe. Weights that
    were there before are replaced only once the new ones are whole.
    """
    if weights.form == "transformers":
        return _folder(weights, source, folder)
    if not source.is_file():
        raise SettingError(f"{source} is no file; name the file of {weights.name}")
    digest = sha256_of(source)
    _check_pin(weights, source, digest)
    tensors = _read(source)
    _check_shapes(weights, tensors, source)
    place = folder.path / weights.place
    write_whole(place, _safetensors(tensors))
    return _recorded(weights, folder, source, digest)


def _folder(weights: Weights, source: Path, folder: WeightsFolder) -> Installed:
    """Copy what transformers reads, converting pickled tensors; code in the folder is left."""
    place = folder.path / weights.place
    _check_folder(weights, source)
    held = source / TENSORS if (source / TENSORS).is_file() else source / PICKLED
    digest = sha256_of(held)
    content = held.read_bytes() if held.name == TENSORS else _safetensors(_read(held))
    for file in read_beside(source):
        if source != place:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(file, place / file.name)
    if held != place / TENSORS:
        write_whole(place / TENSORS, content)
    return _recorded(weights, folder, held, digest)


def _check_folder(weights: Weights, source: Path) -> None:
    try:
        config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SettingError(
            f"{source} is no folder of {weights.name}: it has no config.json that can be read"
        ) from None
    told = config.get("model_type") if isinstance(config, dict) else None
    if told != "vision-encoder-decoder":
        raise SettingError(
            f"{source} holds a {str(told)[:40]!r} model; {weights.name} is a "
            "'vision-encoder-decoder'"
        )
    if not any((source / name).is_file() for name in (TENSORS, PICKLED)):
        raise SettingError(f"{source} has neither {TENSORS} nor {PICKLED}")
    if (source / TENSORS).is_file() and not is_safetensors(source / TENSORS):
        raise SettingError(f"{source / TENSORS} is broken or cut off")


def _read(source: Path) -> Tensors:
    if not is_safetensors(source):
        return read_tensors(source)
    load_file = _library().load_file
    return dict(load_file(source))


def _check_pin(weights: Weights, source: Path, digest: str) -> None:
    """The file that is published under a pinned hash must have it; others are recorded."""
    if weights.sha256 is None or source.name != weights.published_as[0] or digest == weights.sha256:
        return
    raise SettingError(
        f"{source} has the hash {digest[:12]}..., but {weights.sha256[:12]}... is published for "
        f"{weights.published_as[0]} ({weights.pinned_by}): it is another file, or damaged"
    )


def _check_shapes(weights: Weights, tensors: Tensors, source: Path) -> None:
    """Every tensor of the network must be there with its shape, and none that it does not know."""
    known = _network_shapes(weights)
    for name, shape in (known or dict(weights.shapes)).items():
        held = tensors.get(name)
        if held is None or held.shape != shape:
            found = "it is not there" if held is None else f"its shape is {held.shape}"
            raise SettingError(
                f"{source} holds other weights than {weights.name}: {name} should have the shape "
                f"{shape}, but {found}"
            )
    strange = [name for name in tensors if known and name not in known and not _needless(name)]
    if strange:
        raise SettingError(
            f"{source} holds other weights than {weights.name}: it has {strange[0][:80]!r}, which "
            "the network does not have"
        )


def _network_shapes(weights: Weights) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a network's tensors; {} where torch is not installed."""
    try:
        from clinseek.toolkits.imaging.models.expected import network_shapes
    except ImportError:
        return {}
    return {name: shape for name, shape in network_shapes(weights).items() if not _needless(name)}


def _needless(name: str) -> bool:
    """Whether the network does without a tensor, which some files have and others have not."""
    return name == "op_threshs" or name.endswith("num_batches_tracked")


def _safetensors(tensors: Tensors) -> bytes:
    written: bytes = _library().save(tensors, metadata={"format": "pt"})
    return written


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise SettingError(
            "weights need safetensors; install it with: pip install 'clinseek[imaging]'"
        ) from None
    return safetensors.numpy


def _recorded(weights: Weights, folder: WeightsFolder, source: Path, digest: str) -> Installed:
    path = folder.path / weights.place
    tensors = path if weights.form == "tensors" else path / TENSORS
    folder.write_record(
        weights,
        {
            "sha256": sha256_of(tensors),
            "bytes": tensors.stat().st_size,
            "modified_ns": tensors.stat().st_mtime_ns,
            "beside": {file.name: sha256_of(file) for file in read_beside(path)},
            "source": source.name,
            "source_sha256": digest,
            "pinned": digest == weights.sha256,
        },
    )
    installed = folder.installed(weights)
    assert installed is not None
    return installed
