"""What a training will take: memory and time, reckoned from shapes before anything is loaded.

Memory, in bytes a parameter: AdamW over weights that are trained takes 16 (weight, gradient and two
moments in 32 bits; with DeepSpeed in bf16 2 + 2 + 12), frozen ones 4, in bf16 2, in four bits about
0.56. ZeRO-2 shares gradients and optimiser over the processes, ZeRO-3 the weights too; what is
offloaded lies in the host's memory. Activations, for `n` layers of width `h` and `t` tokens at
once in numbers of `b` bytes: 17 b t h a layer (Korthikanti et al. 2022, without the attention
matrix, which sdpa never keeps), with recomputation b t h a layer and one layer whole; and the
logits of a chunk.

Time, in operations a token: 6 a parameter that works (2 forward, 4 backward), 4 where it is frozen,
2 more with recomputation; attention 6 n h t besides, by half its tokens (8 with recomputation).

Not reckoned: the libraries, buffers of the network, fragmentation, padding, data loading. Take it
for the order of size.
"""

from __future__ import annotations

from typing import NamedTuple

from clinseek.training.recipes.plan import Plan
from clinseek.training.recipes.settings import DeepSpeedRecipe

_FOUR_BITS = 0.5625
"""Bytes of a weight in NF4 with its constants."""
_CHUNK = 32_768
"""Positions whose logits TRL makes at once."""


class Memory(NamedTuple):
    """In bytes, for one process; `host` is what is offloaded, of all processes of this machine."""

    weights: float
    gradients: float
    optimiser: float
    activations: float
    logits: float
    host: float

    @property
    def device(self) -> float:
        """All that lies on the device."""
        return self.weights + self.gradients + self.optimiser + self.activations + self.logits


class Work(NamedTuple):
    """Of the whole training: tokens that are gone through, and operations."""

    tokens: float
    operations: float


class Shares(NamedTuple):
    """Bytes of weights, gradients and optimiser on one device, and on the host."""

    weights: float
    gradients: float
    optimiser: float
    host: float = 0.0


def trained_parameters(plan: Plan) -> int:
    """How many parameters are trained; with adapters an estimate, by the rank."""
    if plan.recipe.method == "full":
        return plan.student.parameters
    return plan.student.lora_parameters(plan.recipe.lora_rank)


def memory(plan: Plan) -> Memory:
    """What one process needs for the longest row."""
    shares = _shares(plan)
    at_once = plan.recipe.micro_batch * longest_row(plan)
    width = 2 if plan.precision == "bf16" else 4
    activations, logits = _activations(plan, at_once, width)
    return Memory(
        weights=shares.weights,
        gradients=shares.gradients,
        optimiser=shares.optimiser,
        activations=activations,
        logits=logits,
        host=shares.host,
    )


def longest_row(plan: Plan) -> int:
    """The tokens of the longest row, which is as long as a packed one can be."""
    return plan.packed_tokens if plan.recipe.packing else plan.train.longest


def _shares(plan: Plan) -> Shares:
    recipe, every = plan.recipe, plan.student.parameters
    trained = trained_parameters(plan)
    if isinstance(recipe, DeepSpeedRecipe):
        return _zero_shares(recipe, every, trained, plan.processes, halves=plan.precision == "bf16")
    if recipe.method == "full":
        copies = 2 if plan.precision == "bf16" else 0  # autocast keeps them beside the weights
        return Shares((4 + copies) * every, 4 * every, 8 * every)
    frozen = _FOUR_BITS if recipe.method == "qlora" else (2 if plan.precision == "bf16" else 4)
    return Shares(frozen * every + 4 * trained, 4 * trained, 8 * trained)


def _zero_shares(
    recipe: DeepSpeedRecipe, every: int, trained: int, processes: int, *, halves: bool
) -> Shares:
    """In bf16 two bytes a weight and gradient and twelve for AdamW with its 32-bit weights."""
    width, moments = (2, 12) if halves else (4, 12)
    shared = processes if recipe.zero_stage == 3 else 1
    weights, gradients = width * every / shared, width * trained / processes
    optimiser = moments * trained / processes
    host = 0.0
    if recipe.offload_optimizer:
        host, optimiser = host + optimiser * processes, 0.0
    if recipe.offload_weights:
        host, weights = host + weights * processes, 0.0
    return Shares(weights, gradients, optimiser, host)


def _activations(plan: Plan, at_once: int, width: int) -> tuple[float, float]:
    config = plan.student.text_config
    hidden, layers = int(config.get("hidden_size", 0)), int(config.get("num_hidden_layers", 0))
    a_layer = 17 * width * at_once * hidden
    kept = (
        width * at_once * hidden * layers + a_layer if plan.recipe.recompute else a_layer * layers
    )
    logits = 2 * 4 * min(at_once, _CHUNK) * plan.student.vocabulary
    return kept, logits


def work(plan: Plan) -> Work:
    """What the whole training goes through."""
    config, recipe = plan.student.text_config, plan.recipe
    hidden, layers = int(config.get("hidden_size", 0)), int(config.get("num_hidden_layers", 0))
    tokens = plan.train.tokens * plan.epochs
    again = 2 if recipe.recompute else 0
    a_token = (6 if recipe.method == "full" else 4) + again
    mean = plan.train.tokens / plan.train.examples
    attention = (6 + again) * layers * hidden * mean
    return Work(tokens, tokens * (a_token * plan.student.active + attention))


def told_bytes(held: float) -> str:
    """Bytes as a person reads them.

    >>> told_bytes(1_234_567), told_bytes(80 * 2**30), told_bytes(900)
    ('1.2 MiB', '80.0 GiB', '0.0 MiB')
    """
    if held >= 2**30:
        return f"{held / 2**30:,.1f} GiB"
    return f"{held / 2**20:,.1f} MiB"
