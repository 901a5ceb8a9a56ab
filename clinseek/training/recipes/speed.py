"""How fast the machine is, so that a time can be told: measured where it can be, else assumed."""

from __future__ import annotations

import time
from typing import NamedTuple

from clinseek.training.recipes.plan import Plan

PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "RTX 4090": 165e12}
"""Dense bf16 operations a second, as the makers' data sheets have them."""
_UTILISED = 0.35
"""Of a GPU's peak, in the training of a language model: what is usual, not measured here."""
_UTILISED_HERE = 0.5
"""Of a large product's speed on a processor, which a small model's layers do not reach."""
_SIDE, _SECONDS = 512, 0.2


class Speed(NamedTuple):
    """Operations a second of one process that a training will reach, and how that is known."""

    operations: float
    how: str


def speed_of(plan: Plan, *, gpus: int) -> Speed:
    """Of the device that the plan trains on; without it, of an H100, and that is said."""
    if plan.device == "cpu":
        return _of_processor(plan.recipe.threads)
    if not gpus:
        return Speed(
            PEAKS["H100"] * _UTILISED,
            f"assumed: H100s at {_UTILISED:.0%} of their peak, for no CUDA device is here",
        )
    import torch

    name = torch.cuda.get_device_name(0)
    peak = next((peak for known, peak in PEAKS.items() if known in name), PEAKS["A100"])
    return Speed(
        peak * _UTILISED, f"assumed: {name} at {_UTILISED:.0%} of {peak / 1e12:,.0f} TFLOP/s"
    )


def _of_processor(threads: int) -> Speed:
    """By products of matrices for a fifth of a second."""
    try:
        import torch
    except ModuleNotFoundError:
        return Speed(1e10, "assumed: 10 GFLOP/s, for torch is not installed")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        one = torch.ones(_SIDE, _SIDE)
        one @ one
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < _SECONDS:
            one @ one
            done += 1
        measured = done * 2 * _SIDE**3 / (time.perf_counter() - began)
    finally:
        torch.set_num_threads(before)
    return Speed(
        measured * _UTILISED_HERE,
        f"half of {measured / 1e9:,.0f} GFLOP/s, measured here with {threads} thread"
        + ("s" if threads != 1 else ""),
    )
