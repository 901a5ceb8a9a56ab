"""Whether tools can truly work here: slower than asking the engine, as it tries what may fail."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import NamedTuple

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.arguments import IMAGE_TOOL_NAMES
from clinseek.toolkits.imaging.engine import Engine
from clinseek.toolkits.imaging.weights.catalogue import CLASSIFIER, FINDINGS, SEGMENTER

_MODELS: Mapping[str, str] = {
    CLASSIFIER.tool: "classifier",
    SEGMENTER.tool: "segmenter",
    FINDINGS.tool: "report",
}
_TORCHVISION = (
    "torchvision is installed but cannot be imported, which breaks transformers; uninstall it: "
    "nothing here needs it"
)


class Readiness(NamedTuple):
    """A tool, why it cannot work, and the device of its models; None where there is no such."""

    tool: str
    why_not: str | None
    device: str | None


def readiness(engine: Engine, broken: Mapping[str, str]) -> list[Readiness]:
    """What can be said of each tool; `broken` are tools whose weights were found to be damaged.

    Imports torch where weights are there, and torchvision where it is installed.
    """
    return [_of(tool, engine, broken.get(tool)) for tool in IMAGE_TOOL_NAMES]


def _of(tool: str, engine: Engine, damage: str | None) -> Readiness:
    why = engine.why_absent(tool) or damage
    if why is not None or tool not in _MODELS:
        return Readiness(tool, why, None)
    try:
        device = engine.device(_MODELS[tool])
    except SettingError as error:
        return Readiness(tool, str(error), None)
    if tool == FINDINGS.tool and not _torchvision_loads():
        return Readiness(tool, _TORCHVISION, device)
    return Readiness(tool, None, device)


def _torchvision_loads() -> bool:
    if importlib.util.find_spec("torchvision") is None:
        return True
    try:
        importlib.import_module("torchvision")
    except Exception:  # one that does not match torch fails in many ways
        return False
    return True
