"""The model that is trained, as its folder tells it: nothing is loaded for that."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.training.rendering.tokenizer import Tokenizer
from clinseek.whole_file import sha256_of

_HASHED_WHOLE = 8 * 2**30
"""Bytes of weights up to which the weights themselves are hashed, not their headers alone."""


@dataclass(frozen=True)
class Student:
    """A folder in Hugging Face's form: config.json, safetensors, tokenizer.json."""

    folder: Path
    config: Mapping[str, Any] = field(repr=False)
    shapes: Mapping[str, tuple[int, ...]] = field(repr=False)
    """The shape of each tensor, by its name."""

    @classmethod
    def of_folder(cls, folder: Path) -> Student:
        """The model in `folder`. SettingError where it is not whole."""
        file = folder / "config.json"
        if not file.is_file():
            raise SettingError(f"{folder}: no model (config.json is not there)")
        if not (folder / "tokenizer.json").is_file():
            raise SettingError(f"{folder}: the model has no tokenizer (tokenizer.json)")
        weights = sorted(folder.glob("*.safetensors"))
        if not weights:
            raise SettingError(f"{folder}: no weights (*.safetensors)")
        try:
            config = json.loads(file.read_bytes())
        except ValueError:
            raise SettingError(f"{file}: is no JSON; copy the model again") from None
        _check_all_there(folder)
        shapes: dict[str, tuple[int, ...]] = {}
        for each in weights:
            shapes |= _shapes(each)
        return cls(folder, config, shapes)

    @property
    def text_config(self) -> Mapping[str, Any]:
        """What the config says of the language model; of some models it is a part of it."""
        held = self.config.get("text_config")
        return held if isinstance(held, Mapping) else self.config

    @property
    def vocabulary(self) -> int:
        """How many tokens the model knows."""
        return int(self.text_config.get("vocab_size") or 0)

    @cached_property
    def parameters(self) -> int:
        """All that are in the files."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @cached_property
    def active(self) -> int:
        """Those that work on one token: of a mixture of experts, the experts that are asked."""
        chosen = self.text_config.get("num_experts_per_tok")
        experts = self.text_config.get("num_experts") or self.text_config.get("num_local_experts")
        if not chosen or not experts:
            return self.parameters
        held = sum(math.prod(shape) for name, shape in self.shapes.items() if ".experts." in name)
        return self.parameters - held + round(held * int(chosen) / int(experts))

    def lora_parameters(self, rank: int) -> int:
        """Of adapters on every linear layer but the last: rank x (rows + columns) of each matrix.

        Estimated from the names of the tensors; of experts in one tensor it tells too few.
        """
        return sum(
            rank * sum(shape)
            for name, shape in self.shapes.items()
            if len(shape) == 2 and name.endswith("_proj.weight")
        )

    @cached_property
    def tokenizer_hash(self) -> str:
        """SHA-256 of tokenizer.json."""
        return sha256_of(self.folder / "tokenizer.json")

    @cached_property
    def sha256(self) -> str:
        """Of config and weights; above 8 GiB of the weights' names, shapes and sizes alone."""
        files = sorted(self.folder.glob("*.safetensors"))
        whole = sum(file.stat().st_size for file in files) <= _HASHED_WHOLE
        told = [
            self.config,
            *(sha256_of(file) if whole else [file.name, file.stat().st_size] for file in files),
            None if whole else {name: list(shape) for name, shape in sorted(self.shapes.items())},
        ]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def stops(self, tokenizer: Tokenizer) -> frozenset[int]:
        """The tokens at which a served answer ends: the tokenizer's own, and generation's."""
        own = tokenizer.id_of(tokenizer.special.get("eos_token", ""))
        named = _ids(self._generation.get("eos_token_id"))
        return frozenset(named if own is None else [*named, own])

    @property
    def _generation(self) -> Mapping[str, Any]:
        file = self.folder / "generation_config.json"
        try:
            held = json.loads(file.read_bytes()) if file.is_file() else self.text_config
        except ValueError:
            raise SettingError(f"{file}: is no JSON; copy the model again") from None
        return held if isinstance(held, Mapping) else {}


def _check_all_there(folder: Path) -> None:
    """SettingError where the index names a file of weights that is not in the folder."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return
    try:
        named = {str(name) for name in json.loads(index.read_bytes())["weight_map"].values()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingError(f"{index}: cannot be read; copy the model again") from None
    if missing := sorted(name for name in named if not (folder / name).is_file()):
        raise SettingError(f"{folder}: {missing[0]} is missing; copy all files of the model")


def _ids(told: Any) -> list[int]:
    return [int(each) for each in (told if isinstance(told, list) else [told]) if each is not None]


def _shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """What the header of a safetensors file says: eight bytes of its length, then JSON.

    SettingError where the file is not as long as its header says.
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(min(length, size)))
        tensors = {name: told for name, told in header.items() if name != "__metadata__"}
        shapes = {name: tuple(told["shape"]) for name, told in tensors.items()}
        end = max((int(told["data_offsets"][1]) for told in tensors.values()), default=0)
    except (OSError, ValueError, struct.error, LookupError, TypeError, AttributeError):
        raise SettingError(f"{file}: is not whole; copy the model again") from None
    if size != 8 + length + end:
        raise SettingError(
            f"{file}: is not whole ({size:,} bytes, and its header tells of {8 + length + end:,}); "
            "copy the model again"
        )
    return shapes
