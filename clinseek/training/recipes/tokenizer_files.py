"""How a trained model takes over the files of its tokenizer.

They are copied byte for byte, so that tokens of a dataset stay those of the trained model; the chat
template alone becomes the one that it was trained with.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

_COPIED = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "special_tokens_map.json",
)
_CONFIG, _TEMPLATE = "tokenizer_config.json", "chat_template.jinja"


def copy_tokenizer(source: Path, target: Path, *, template: str) -> None:
    """The files of the tokenizer in `source`, with `template` for its chat template."""
    for name in _COPIED:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    config = _json(source / _CONFIG)
    config.pop("chat_template", None)
    (target / _CONFIG).write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", "utf-8")
    (target / _TEMPLATE).write_text(template, encoding="utf-8")


def stop_at(folder: Path, stops: Collection[int]) -> None:
    """What generates from the model in `folder` ends at each of the tokens `stops`."""
    file = folder / "generation_config.json"
    if file.is_file():
        held = {**_json(file), "eos_token_id": sorted(stops)}
        file.write_text(json.dumps(held, indent=2) + "\n", "utf-8")


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    held = json.loads(file.read_text(encoding="utf-8"))
    return held if isinstance(held, dict) else {}
