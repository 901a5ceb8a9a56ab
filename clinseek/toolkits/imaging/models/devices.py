"""Where a model runs, on how many threads, and what happens when the device's memory ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch

from clinseek.errors import SettingError

T = TypeVar("T")

DEVICE = "CLINSEEK_IMAGING_DEVICE"
"""For every tool; CLINSEEK_IMAGING_DEVICE_CLASSIFIER, _SEGMENTER and _REPORT for one of them."""
THREADS = "CLINSEEK_IMAGING_THREADS"


def device_named(model: str, environment: Mapping[str, str] | None = None) -> torch.device:
    """The device of a model: cpu, cuda, cuda:1, mps; `auto`, the default, takes a GPU if there is.

    SettingError for a device that cannot be or is not here.
    """
    settings = os.environ if environment is None else environment
    name = f"{DEVICE}_{model.upper()}"
    named = settings.get(name) or settings.get(DEVICE) or "auto"
    if named == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(named)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise SettingError(
            f"{name} or {DEVICE}: there is no device {named!r} here; use cpu, or auto"
        ) from None
    return device


def use_threads(environment: Mapping[str, str] | None = None) -> None:
    """Let torch use one thread here, or as many as CLINSEEK_IMAGING_THREADS says.

    On a few busy cores two threads wait for each other far longer than they work.
    """
    settings = os.environ if environment is None else environment
    named = settings.get(THREADS) or "1"
    if not named.isdecimal() or not 1 <= int(named) <= 256:
        raise SettingError(f"{THREADS}={named}: write a whole number from 1 to 256")
    torch.set_num_threads(int(named))


class Placed:
    """A network on a device. When the device's memory ends, it moves to the processor and stays.

    `notes` are sentences on what happened, for the answers that follow.
    """

    def __init__(self, network: Any, device: torch.device) -> None:
        self._network = network.eval()
        self._device = torch.device("cpu")
        self.notes: tuple[str, ...] = ()
        self._place(device)

    def run(self, work: Callable[[Any, torch.device], T]) -> T:
        """What `work` makes of the network and its device, without gradients."""
        with torch.inference_mode():
            try:
                return work(self._network, self._device)
            except torch.OutOfMemoryError:
                if self._device.type == "cpu":
                    raise
                self._fall_back()
                return work(self._network, self._device)

    def _place(self, device: torch.device) -> None:
        try:
            self._network = self._network.to(device)
            self._device = device
        except torch.OutOfMemoryError:
            self._device = device
            self._fall_back()

    def _fall_back(self) -> None:
        named = self._device
        self._device = torch.device("cpu")
        self._network = self._network.to(self._device)
        self.notes = (f"the memory of {named} was full, so this ran on the processor, slower",)
        if named.type == "cuda" and torch.cuda.is_available():
            torch.cuda.empty_cache()
