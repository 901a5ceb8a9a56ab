"""A sentence-embedding model of this process: texts in, unit vectors out.

Pooling, width and the longest text are read from the model's own files, as sentence-transformers
writes them (modules.json, 1_Pooling/config.json, sentence_bert_config.json), so that BioLORD-2023
and MiniLM go the same road.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from clinseek.errors import ModelError
from clinseek.whole_file import sha256_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pooling = Literal["mean", "cls", "max"]
_READ = frozenset({"Transformer", "Pooling", "Normalize"})
_LONGEST = 512
_AT_ONCE = 64
"""Texts in one batch; of like length they fill it without waste."""


class Embedder:
    """A model folder, loaded. `digest` changes with any byte that changes a vector."""

    def __init__(self, folder: Path) -> None:
        """Load `folder`; ModelError with what is missing or cannot be read."""
        self.folder = folder
        self.pooling = pooling_of(folder)
        self.digest = _digest(folder)
        self._reading = threading.Lock()
        with _quietly():
            self._tokenizer, self._model = _loaded(folder)
        self.width = int(self._model.config.hidden_size)
        self._longest = _longest(folder, self._tokenizer, self._model)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, `width` wide, each of length 1; texts of like length are cheapest.

        ModelError where the model cannot: its tokenizer has words that its weights have not.
        """
        import numpy as np

        rows = np.empty((len(texts), self.width), dtype=np.float32)
        for start in range(0, len(texts), _AT_ONCE):
            try:
                rows[start : start + _AT_ONCE] = self._batch(list(texts[start : start + _AT_ONCE]))
            except (RuntimeError, IndexError) as error:
                raise ModelError(
                    f"the embedding model {self.folder} cannot embed ({_first_line(error)}); do "
                    "its tokenizer and its weights belong together?"
                ) from error
        return rows

    def _batch(self, texts: list[str]) -> Any:
        import torch

        with self._reading:  # a fast tokenizer may be used by one thread at a time
            given = self._tokenizer(
                texts,
                padding=True,
                truncation=True,
                max_length=self._longest,
                return_tensors="pt",
            )
        with torch.inference_mode():
            states = self._model(**given).last_hidden_state
            pooled = _pooled(states, given["attention_mask"], self.pooling)
            return torch.nn.functional.normalize(pooled, dim=1).numpy()


def load_embedder(folder: Path) -> Embedder:
    """The model of `folder`, loaded once a process and again when its weights change."""
    newest = max(file.stat().st_mtime_ns for file in folder.iterdir() if file.is_file())
    return _embedder(folder.resolve(), newest)


@lru_cache(maxsize=2)
def _embedder(folder: Path, _: int) -> Embedder:
    return Embedder(folder)


def pooling_of(folder: Path) -> Pooling:
    """How token vectors become one, by the model's own files; mean where it says nothing.

    ModelError for a pooling or a further layer that is not read here: its vectors would be wrong.
    """
    for module in _json(folder / "modules.json", default=[]):
        kind = str(module["type"]).rpartition(".")[2]
        if kind not in _READ:
            raise ModelError(
                f"{folder} has a layer {kind!r} after its transformer, which clinseek does not "
                "read; name a model of transformer, pooling and normalisation only"
            )
    said: dict[str, Any] = _json(folder / "1_Pooling" / "config.json", default={})
    chosen = [
        name.removeprefix("pooling_mode_").removesuffix("_tokens").removesuffix("_token")
        for name, on in said.items()
        if name.startswith("pooling_mode_") and on is True
    ] or [str(said.get("pooling_mode", "mean"))]
    for pooling in get_args(Pooling):
        if chosen == [pooling]:
            return pooling  # type: ignore[no-any-return]
    raise ModelError(
        f"{folder} pools by {' and '.join(chosen)}; clinseek reads {', '.join(get_args(Pooling))}"
    )


def _pooled(states: Any, mask: Any, pooling: Pooling) -> Any:
    if pooling == "cls":
        return states[:, 0]
    spread = mask.unsqueeze(-1).to(states.dtype)
    if pooling == "max":
        return states.masked_fill(spread == 0, float("-inf")).max(dim=1).values
    return (states * spread).sum(dim=1) / spread.sum(dim=1).clamp(min=1e-9)


def _loaded(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    except Exception as error:  # each library that reads a part of the folder has its own
        raise ModelError(
            f"the embedding model {folder} cannot be loaded ({_first_line(error)}); fetch it "
            "again, or name another by CLINSEEK_EMBEDDER"
        ) from error
    return tokenizer, model.eval()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _longest(folder: Path, tokenizer: Any, model: Any) -> int:
    said: dict[str, Any] = _json(folder / "sentence_bert_config.json", default={})
    limits = (
        said.get("max_seq_length"),
        tokenizer.model_max_length,
        # RoBERTa and MPNet count positions from 2.
        getattr(model.config, "max_position_embeddings", _LONGEST + 2) - 2,
        _LONGEST,
    )
    return min(int(limit) for limit in limits if limit)


def _json(file: Path, *, default: Any) -> Any:
    if not file.is_file():
        return default
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{file} is not JSON: {error}") from error


def _digest(folder: Path) -> str:
    """SHA-256 over every file of the model that bears on a vector, names included."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if not file.is_file() or name.startswith(".") or not name.endswith(_BEARING):
            continue
        digest.update(f"{name} {sha256_of(file)}\n".encode())
    return digest.hexdigest()


_BEARING = (".safetensors", ".bin", ".json", ".txt", ".model")


@contextmanager
def _quietly() -> Iterator[None]:
    """No bar on stderr while weights are read: a server's streams are not for drawing on."""
    from transformers.utils import logging as notices

    drawn = notices.is_progress_bar_enabled()
    notices.disable_progress_bar()
    try:
        yield
    finally:
        if drawn:
            notices.enable_progress_bar()
