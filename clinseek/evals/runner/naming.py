"""Names of folders for models."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


def folder_names(specs: Sequence[str]) -> list[str]:
    """A folder name for each model spec: short, plain, and each another.

    >>> folder_names(["offline", "openai:org/qwen3@http://127.0.0.1:8000/v1?seed=1",
    ...               "openai:org/qwen3@http://127.0.0.1:8000/v1?seed=2"])
    ['offline', 'openai-org-qwen3', 'openai-org-qwen3-2']
    """
    names: list[str] = []
    for spec in specs:
        plain = spec.partition("?")[0].partition("@http")[0].removeprefix("@")
        name = first = _NOT_PLAIN.sub("-", plain).strip("-.")[:60] or "model"
        number = 1
        while name in names:
            number += 1
            name = f"{first}-{number}"
        names.append(name)
    return names
