"""The models of a process: which can work here, loaded when first asked, shared by all runs."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.imaging.arguments import IMAGE_TOOL_NAMES
from clinseek.toolkits.imaging.batching import Batches
from clinseek.toolkits.imaging.cache import Cache, Key
from clinseek.toolkits.imaging.reading.room import Room
from clinseek.toolkits.imaging.weights.catalogue import (
    CLASSIFIER,
    EVERY,
    FINDINGS,
    IMPRESSION,
    SEGMENTER,
    Weights,
)
from clinseek.toolkits.imaging.weights.folder import WeightsFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clinseek.toolkits.imaging.actions.answer import Answer
    from clinseek.toolkits.imaging.models.grounding import Grounder
    from clinseek.toolkits.imaging.weights.folder import Installed

    Floats = NDArray[np.float32]

_LOG = logging.getLogger(__name__)

Said = Callable[[str], None]

TIMEOUT = 180.0
GROUNDING = "image.xray_phrase_grounding"
GROUNDING_SERVER = "CLINSEEK_GROUNDING_URL"
_CALLS_AT_ONCE = 32
_SEEN_BYTES = 64 * 1024 * 1024
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "image.image_visualizer": ("PIL",),
    "image.dicom_processor": ("PIL", "pydicom"),
    CLASSIFIER.tool: ("PIL", "safetensors", "torch"),
    SEGMENTER.tool: ("PIL", "safetensors", "torch"),
    FINDINGS.tool: ("PIL", "safetensors", "torch", "transformers"),
    GROUNDING: ("PIL",),
}
_PACKAGES = {"PIL": "pillow"}


class _Seen(NamedTuple):
    """What the segmenter made of one picture."""

    chances: NDArray[np.float16]

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.chances.nbytes


class Engine:
    """The models behind the tools. Safe to use from several threads; nothing is loaded at once.

    `timeout` is how long one call may take in all of its models, in seconds. Without `environment`
    the process's own says which devices, threads and grounding server to use.
    """

    def __init__(
        self,
        weights: WeightsFolder,
        *,
        timeout: float = TIMEOUT,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.weights = weights
        self.timeout = timeout
        self.answers: Cache[Answer] = Cache()
        self.room = Room(patience=timeout)
        self._seen: Cache[_Seen] = Cache(_SEEN_BYTES)
        self._environment = os.environ if environment is None else environment
        self._models: dict[str, Any] = {}
        self._hashes: dict[str, str] = {}
        self._turn = threading.Lock()
        self._threads: Executor | None = None
        self._batches: dict[str, Batches[Floats, Any]] = {
            weights.name: Batches(weights.name, self._loader(weights)) for weights in EVERY
        }

    @property
    def threads(self) -> Executor:
        """Where calls wait for their models, off every event loop."""
        with self._turn:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_CALLS_AT_ONCE, "clinseek-imaging")
            return self._threads

    def absent(self) -> dict[str, str]:
        """The tools that cannot work here, each with the reason. Loads nothing."""
        reasons = ((tool, self.why_absent(tool)) for tool in IMAGE_TOOL_NAMES)
        return {tool: reason for tool, reason in reasons if reason is not None}

    def why_absent(self, tool: str) -> str | None:
        """Why a tool cannot work here; None where it can."""
        missing = [name for name in _NEEDS[tool] if importlib.util.find_spec(name) is None]
        if missing:
            named = ", ".join(_PACKAGES.get(name, name) for name in missing)
            return f"it needs {named}: pip install 'clinseek[imaging]'"
        if tool == GROUNDING:
            return None if self._environment.get(GROUNDING_SERVER) else _NO_GROUNDING
        reasons = (self.weights.why_absent(weights) for weights in EVERY if weights.tool == tool)
        return next((reason for reason in reasons if reason is not None), None)

    def weights_hash(self, tool: str) -> str:
        """The hash of all weights of a tool, checked against what was recorded; SettingError."""
        if tool == GROUNDING:
            return hashlib.sha256(self.grounder().url.encode()).hexdigest()
        hashes = [self._checked(weights)[1] for weights in EVERY if weights.tool == tool]
        return ".".join(hashes)

    def scores(self, picture: Floats) -> Floats:
        """The classifier's 18 scores for a prepared (1, 224, 224) picture."""
        scores: Floats = self._ask(CLASSIFIER, picture, self.timeout)
        return scores

    def chances(self, picture: Floats, content: str) -> NDArray[np.float16]:
        """The segmenter's (14, 512, 512) values for a prepared (1, 512, 512) picture.

        Those of the last pictures are kept by the hash of their `content`, so that other
        structures of the same picture cost nothing.
        """
        key = Key(content, SEGMENTER.tool, self.weights_hash(SEGMENTER.tool), "")
        if (seen := self._seen.get(key)) is None:
            chances: Floats = self._ask(SEGMENTER, picture, self.timeout)
            seen = _Seen(chances.astype("float16"))
            self._seen.put(key, seen)
        return seen.chances

    def report(self, pixels: Floats) -> tuple[str, str]:
        """Findings and impression for a picture's pixels."""
        begun = time.monotonic()
        findings: str = self._ask(FINDINGS, pixels, self.timeout)
        left = max(1.0, self.timeout - (time.monotonic() - begun))
        impression: str = self._ask(IMPRESSION, pixels, left)
        return findings, impression

    def device(self, model: str) -> str:
        """Where classifier, segmenter or report will run. Imports torch; SettingError."""
        from clinseek.toolkits.imaging.models.devices import device_named

        return str(device_named(model, self._environment))

    def to_load(self, tool: str) -> str | None:
        """The models that the next call of a tool loads, with their sizes; None for none."""
        if self.why_absent(tool) is not None:
            return None
        left = [each for each in EVERY if each.tool == tool and each.name not in self._models]
        return ", ".join(f"{each.name} ({each.megabytes} MB)" for each in left) or None

    def grounder(self) -> Grounder:
        """The server with MAIRA-2; Refusal where none is named."""
        from clinseek.toolkits.imaging.models.grounding import Grounder

        named = self._environment.get(GROUNDING_SERVER)
        if not named:
            raise Refusal(f"{GROUNDING} is absent: {_NO_GROUNDING}")
        return Grounder(named)

    def notes(self, tool: str) -> list[str]:
        """What a reader of a tool's answers should know of how its models ran."""
        names = [weights.name for weights in EVERY if weights.tool == tool]
        models = [self._models[name] for name in names if name in self._models]
        return list(dict.fromkeys(note for model in models for note in model.placed.notes))

    def warm_up(self, said: Said, *, until: threading.Event | None = None) -> None:
        """Load every model that can work here and run it once, telling each step.

        Stops between two models once `until` is set. A model that cannot be loaded is told as
        well, and is tried again when it is called.
        """
        for weights in EVERY:
            if until is not None and until.is_set():
                return
            if self.why_absent(weights.tool) is not None:
                continue
            said(f"loading {weights.name} ({weights.megabytes} MB) ...")
            begun = time.monotonic()
            try:
                self._ask(weights, _blank(weights), self.timeout)
            except (SettingError, Refusal) as error:
                said(f"{weights.name} cannot work: {error}")
                continue
            said(f"{weights.name} is ready after {time.monotonic() - begun:.1f} s")

    def close(self) -> None:
        """End the threads; the engine can be used again, and begins anew then."""
        for batches in self._batches.values():
            batches.close()
        with self._turn:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, weights: Weights, picture: Floats, timeout: float) -> Any:
        return self._batches[weights.name].ask(picture, timeout=timeout)

    def _checked(self, weights: Weights) -> tuple[Installed, str]:
        """The weights and their hash, which is read from the file once."""
        with self._turn:
            known = self._hashes.get(weights.name)
        found = self.weights.installed(weights)
        if known is None or found is None:
            found, known = self.weights.checked(weights)
            with self._turn:
                self._hashes[weights.name] = known
        return found, known

    def _loader(self, weights: Weights) -> Callable[[], Callable[[Sequence[Floats]], list[Any]]]:
        def load() -> Callable[[Sequence[Floats]], list[Any]]:
            from clinseek.toolkits.imaging.models.devices import use_threads

            use_threads(self._environment)
            installed, _ = self._checked(weights)
            model, work = _loaded(installed, self._environment)
            self._models[weights.name] = model
            _LOG.info("%s is loaded", weights.name)
            return work

        return load


_NO_GROUNDING = (
    f"no server with MAIRA-2 is named; it needs an environment of its own: start it as "
    f"docs/imaging.md says and set {GROUNDING_SERVER}"
)


def _loaded(
    installed: Installed, environment: Mapping[str, str]
) -> tuple[Any, Callable[[Sequence[Floats]], list[Any]]]:
    """A model of these weights, and what runs it."""
    from clinseek.toolkits.imaging.models.devices import device_named

    if installed.weights is CLASSIFIER:
        from clinseek.toolkits.imaging.models.classifier import Classifier

        classifier = Classifier(installed, device_named("classifier", environment))
        return classifier, classifier.scores
    if installed.weights is SEGMENTER:
        from clinseek.toolkits.imaging.models.segmenter import Segmenter

        segmenter = Segmenter(installed, device_named("segmenter", environment))
        return segmenter, segmenter.chances
    from clinseek.toolkits.imaging.models.report import Writer

    writer = Writer(installed, device_named("report", environment))
    return writer, writer.texts


def _blank(weights: Weights) -> Floats:
    """A grey picture of the size that a model takes."""
    import numpy as np

    shapes = {CLASSIFIER.name: (1, 224, 224), SEGMENTER.name: (1, 512, 512)}
    return np.zeros(shapes.get(weights.name, (512, 512)), np.float32)
