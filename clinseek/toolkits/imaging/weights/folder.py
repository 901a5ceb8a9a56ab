"""What lies in the folder of weights. Nothing here loads torch."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.weights.catalogue import EVERY, Weights
from clinseek.whole_file import sha256_of

PLACE = "CLINSEEK_IMAGING_WEIGHTS"
TENSORS = "model.safetensors"
_RECORD = ".json"
_READ_BY_TRANSFORMERS = (".json", ".txt", ".model")
_HEADER_BYTES = 8
_LONGEST_HEADER = 100_000_000


class Installed(NamedTuple):
    """Weights that lie here: the file of tensors, its size, and the hash recorded for it."""

    weights: Weights
    path: Path
    tensors: Path
    size: int
    recorded: str | None
    source: str | None


class WeightsFolder:
    """A folder of weights: what `clinseek imaging pull` and `convert` fill, or a user by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._digests: dict[tuple[Path, int, int], str] = {}

    def installed(self, weights: Weights) -> Installed | None:
        """Where the weights lie; None where they do not. Looks at names and sizes only."""
        path = self.path / weights.place
        tensors = path if weights.form == "tensors" else path / TENSORS
        if not tensors.is_file():
            return None
        record = self.record(weights)
        recorded, source = record.get("sha256"), record.get("source")
        return Installed(weights, path, tensors, tensors.stat().st_size, recorded, source)

    def why_absent(self, weights: Weights) -> str | None:
        """Why the weights cannot be used; None where they can.

        Tensors are read to the end only where they were written since their hash was recorded.
        """
        found = self.installed(weights)
        if found is None:
            return (
                f"its weights ({weights.name}, {weights.megabytes} MB) are not here; get them with "
                f"`clinseek imaging pull {weights.name}`, or `clinseek imaging convert "
                f"{weights.name} FILE` from a file that you have (folder: {self.path})"
            )
        record = self.record(weights)
        size = record.get("bytes")
        if size is not None and size != found.size:
            return f"{found.tensors.name} has {found.size:,} bytes, but {size:,} were recorded"
        if not is_safetensors(found.tensors):
            return f"{found.tensors.name} is broken"
        untouched = record.get("modified_ns") == found.tensors.stat().st_mtime_ns
        looks = found.recorded is not None and not untouched
        why = _changed(found, self._digest(found.tensors)) if looks else None
        return why or self._why_beside(found, record.get("beside"))

    def checked(self, weights: Weights) -> tuple[Installed, str]:
        """The weights and their hash; SettingError where it is not the one recorded."""
        why = self.why_absent(weights)
        found = self.installed(weights)
        if found is None or why is not None:
            raise SettingError(f"{weights.tool} is absent: {why}")
        digest = sha256_of(found.tensors)
        if (why := _changed(found, digest)) is not None:
            raise SettingError(f"{weights.tool} is absent: {why} (folder: {self.path})")
        return found, digest

    def record(self, weights: Weights) -> Mapping[str, Any]:
        """What was written down when the weights were converted; empty where nothing was."""
        try:
            held = json.loads(self._record(weights).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}

    def write_record(self, weights: Weights, told: Mapping[str, Any]) -> None:
        """Write down what the weights are and where they came from."""
        write_whole(self._record(weights), json.dumps(dict(told), indent=1).encode())

    def left(self) -> list[str]:
        """The names of weights that are not here."""
        return [weights.name for weights in EVERY if self.installed(weights) is None]

    def _why_beside(self, found: Installed, recorded: object) -> str | None:
        """Why the words and settings beside the tensors are not those recorded; else None."""
        if not isinstance(recorded, dict):
            return None
        held = {file.name: self._digest(file) for file in read_beside(found.path)}
        changed = sorted(
            name for name in {*held, *recorded} if held.get(name) != recorded.get(name)
        )
        if not changed:
            return None
        return (
            f"{changed[0]} of {found.weights.name} is not the file that was recorded; get it again "
            f"with `clinseek imaging pull {found.weights.name}`"
        )

    def _digest(self, path: Path) -> str:
        """The hash of a file, of one that did not change since without reading it again."""
        told = path.stat()
        known = (path, told.st_mtime_ns, told.st_size)
        if known not in self._digests:
            self._digests[known] = sha256_of(path)
        return self._digests[known]

    def _record(self, weights: Weights) -> Path:
        return self.path / f"{weights.place}{_RECORD}"


def weights_folder(named: Path | None = None, *, home: Path) -> WeightsFolder:
    """The folder named, else CLINSEEK_IMAGING_WEIGHTS, else `imaging-weights` below `home`."""
    chosen = named or os.environ.get(PLACE)
    return WeightsFolder(Path(chosen).expanduser() if chosen else home / "imaging-weights")


def read_beside(folder: Path) -> list[Path]:
    """What transformers reads of a model's folder beside its tensors; code is not among it."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [file for file in files if file.is_file() and file.suffix in _READ_BY_TRANSFORMERS]


def _changed(found: Installed, digest: str) -> str | None:
    if found.recorded is None or found.recorded == digest:
        return None
    return (
        f"{found.tensors.name} has another hash ({digest[:12]}...) than was recorded for it "
        f"({found.recorded[:12]}...): it was changed or damaged; get it again with "
        f"`clinseek imaging pull {found.weights.name}`"
    )


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors does and is as long as its header says."""
    try:
        size = path.stat().st_size
        with path.open("rb") as opened:
            length = int.from_bytes(opened.read(_HEADER_BYTES), "little")
            if not 2 <= length <= min(size - _HEADER_BYTES, _LONGEST_HEADER):
                return False
            header = json.loads(opened.read(length))
        ends = [told["data_offsets"][1] for name, told in header.items() if name != "__metadata__"]
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return False
    return bool(ends) and size == _HEADER_BYTES + length + max(ends)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
